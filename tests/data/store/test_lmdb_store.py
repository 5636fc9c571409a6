"""Stores: what is written is read back, published sets open, damage and misuse get a typed error."""

import gc
import json
import multiprocessing
import pickle
import shutil
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import count
from pathlib import Path

import lmdb
import numpy as np
import pytest
from PIL import Image

from hunmin.data.clean import Ledger
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.data.store.manifest import FORMAT_VERSION, Manifest
from hunmin.data.store.merge import merge_stores
from hunmin.data.store.verify import verify_store
from hunmin.errors import ImageError, InputError, StoreError
from tests.data.lines import keep_fit, line, lines, store_of


def write_published(path: Path, pairs: dict[bytes, bytes]) -> None:
    """An LMDB folder as others write it, without a manifest."""
    path.mkdir()
    with lmdb.open(str(path), map_size=1 << 24) as environment, environment.begin(write=True) as transaction:
        for key, value in pairs.items():
            transaction.put(key, value)


def encoded(image: Image.Image, image_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, image_format)
    return buffer.getvalue()


def test_what_was_written_is_read_back_in_order(tmp_path: Path) -> None:
    store = store_of(30, tmp_path / "store")
    assert len(store) == 30
    for index, wanted in enumerate(lines(30)):
        found = store.sample(index)
        assert (found.text, found.id, found.kind) == (wanted.text, wanted.id, wanted.kind)
        np.testing.assert_array_equal(found.image, wanted.image)
        assert wanted.boxes is not None
        assert found.boxes is not None
        np.testing.assert_allclose(found.boxes, wanted.boxes, atol=0.051)
    assert list(store.labels()) == [wanted.text for wanted in lines(30)]


def test_grey_crops_stay_grey_and_need_neither_boxes_nor_kind(tmp_path: Path) -> None:
    image = np.arange(600, dtype=np.uint8).reshape(20, 30)
    write_store([Sample(image, "가", "a")], tmp_path / "store")
    found = open_store(tmp_path / "store").sample(0)
    np.testing.assert_array_equal(found.image, image)
    assert found.boxes is None
    assert found.kind == ""


def test_jpeg_is_smaller_and_nearly_the_same(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], 32, axis=0).repeat(3, axis=2)
    write_store([Sample(ramp, "가", "a")], tmp_path / "store", jpeg_quality=95)
    assert np.abs(open_store(tmp_path / "store").sample(0).image.astype(int) - ramp).max() < 8


def test_a_published_set_opens_as_it_is_and_its_labels_become_nfc(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 20), (10, 200, 30))
    write_published(
        tmp_path / "mine",
        {
            b"num-samples": b"3",
            b"image-000000001": encoded(picture, "JPEG"),
            b"label-000000001": unicodedata.normalize("NFD", "한글").encode(),
            b"image-000000002": encoded(picture.convert("P"), "PNG"),
            b"label-000000002": "두\t단어 ".encode(),
            b"image-000000003": encoded(picture.convert("LA"), "PNG"),
            b"label-000000003": b"3",
        },
    )
    store = open_store(tmp_path / "mine")
    assert store.manifest is None
    samples = [store.sample(index) for index in range(3)]
    assert [sample.text for sample in samples] == ["한글", "두 단어", "3"]
    assert [sample.image.shape for sample in samples] == [(20, 40, 3)] * 3
    assert samples[0].id == "mine/000000001"


def test_a_reader_of_the_shared_layout_reads_our_stores(tmp_path: Path) -> None:
    write_store(lines(2), tmp_path / "store")
    with (
        lmdb.open(str(tmp_path / "store"), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        assert transaction.get(b"num-samples") == b"2"
        assert transaction.get(b"label-000000002") == "한글 1".encode()
        with Image.open(BytesIO(transaction.get(b"image-000000002") or b"")) as image:
            np.testing.assert_array_equal(np.asarray(image), line(1).image)


def test_the_manifest_says_what_is_inside_and_what_was_left_out(tmp_path: Path) -> None:
    ledger = Ledger()
    samples = [*lines(4), line(4, text=""), line(5, text="한글 한글 한글 한글")]
    manifest = write_store(keep_fit(samples, ledger), tmp_path / "store", ledger=ledger)
    assert manifest == Manifest.read(tmp_path / "store")
    assert (manifest.num_samples, manifest.seen) == (4, 6)
    assert manifest.dropped == {"empty label": 1, "too long": 1}
    assert manifest.drop_examples["too long"] == ["line/0/5: 한글 한글 한글 한글"]
    assert manifest.characters == {" ": 4, "0": 1, "1": 1, "2": 1, "3": 1, "글": 4, "한": 4}
    assert manifest.label_lengths == {"4": 4}
    assert manifest.kinds == {"document": 2, "sign": 2}


def test_the_content_digest_tells_contents_apart_and_not_files(tmp_path: Path) -> None:
    first = write_store(lines(5), tmp_path / "a").content_digest
    assert write_store(lines(5), tmp_path / "b").content_digest == first
    assert write_store(lines(6), tmp_path / "c").content_digest != first


def test_num_takes_so_many_of_an_endless_stream(tmp_path: Path) -> None:
    manifest = write_store((line(number) for number in count()), tmp_path / "store", num=7)
    assert manifest.num_samples == 7


def test_too_few_samples_are_an_error_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only 3 of the 5 samples"):
        write_store(lines(3), tmp_path / "store", num=5)
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_whole_or_absent(tmp_path: Path) -> None:
    seen_while_writing: list[list[Path]] = []

    def interrupted() -> Iterator[Sample]:
        yield from lines(600)
        seen_while_writing.append(list(tmp_path.iterdir()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(interrupted(), tmp_path / "store")
    assert [path.name.partition("-")[0] for path in seen_while_writing[0]] == ["store.partial"]
    assert list(tmp_path.iterdir()) == []


def test_an_existing_target_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with pytest.raises(InputError, match="exists already"):
        write_store(lines(1), tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def test_a_store_larger_than_the_first_map_is_written_whole(tmp_path: Path) -> None:
    store = store_of(600, tmp_path / "store")
    assert (tmp_path / "store" / "data.mdb").stat().st_size > 3 << 20
    np.testing.assert_array_equal(store.sample(599).image, line(599).image)


def test_a_store_can_be_opened_twice_and_pickled(tmp_path: Path) -> None:
    first = store_of(3, tmp_path / "store")
    second, third = open_store(tmp_path / "store"), pickle.loads(pickle.dumps(first))  # noqa: S301 - as workers get it
    assert first.sample(1).id == second.sample(1).id == third.sample(1).id


def read_in_child(store: Store, queue: "multiprocessing.Queue[str]") -> None:
    queue.put(store.sample(2).id)


def test_a_store_in_use_is_usable_in_a_forked_child_and_afterwards(tmp_path: Path) -> None:
    store = store_of(3, tmp_path / "store")
    store.sample(0)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=read_in_child, args=(store, queue))
    child.start()
    assert queue.get(timeout=20) == "line/0/2"
    child.join()
    assert store.sample(1).id == "line/0/1"


def test_a_replaced_store_is_read_anew_although_the_old_one_is_in_use(tmp_path: Path) -> None:
    old = store_of(3, tmp_path / "store")
    shutil.rmtree(tmp_path / "store")
    new = store_of(3, tmp_path / "store", seed=5)
    assert (old.sample(0).id, new.sample(0).id) == ("line/0/0", "line/5/0")


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere: there is no such folder"):
        open_store(tmp_path / "nowhere")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "data.mdb").write_text("no database")
    with pytest.raises(StoreError, match="not those of an LMDB file"):
        open_store(tmp_path / "text")
    write_published(tmp_path / "other", {b"something": b"else"})
    with pytest.raises(StoreError, match="num-samples is None"):
        open_store(tmp_path / "other")


def test_a_truncated_published_set_is_refused_before_lmdb_maps_it(tmp_path: Path) -> None:
    write_published(
        tmp_path / "set", {b"num-samples": b"1", b"image-000000001": bytes(100_000), b"label-000000001": b"x"}
    )
    data = tmp_path / "set" / "data.mdb"
    open_store(tmp_path / "set")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(StoreError, match="cut short"):
        open_store(tmp_path / "set")


def test_a_store_of_a_newer_version_asks_for_an_update(tmp_path: Path) -> None:
    write_store(lines(1), tmp_path / "store")
    path = tmp_path / "store" / "manifest.json"
    values = json.loads(path.read_text("utf-8")) | {"format_version": FORMAT_VERSION + 1, "new_key": 1}
    path.write_text(json.dumps(values), "utf-8")
    with pytest.raises(StoreError, match="update hunmin"):
        open_store(tmp_path / "store")


def test_a_lost_manifest_is_noticed(tmp_path: Path) -> None:
    write_store(lines(1), tmp_path / "store")
    (tmp_path / "store" / "manifest.json").unlink()
    with pytest.raises(StoreError, match=r"manifest\.json is missing"):
        open_store(tmp_path / "store")


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        (b"not json", "is not a JSON object"),
        (b"\xff\xfe\xfd", "is not a JSON object"),
        (b"[1]", "is not a JSON object"),
        (b"[" * 200_000, "is not a JSON object"),
        (b'{"id": 7}', "its id is not a text"),
        (b'{"kind": null}', "its kind is not a text"),
        (b'{"group": "\\ud83d"}', "its group is not a text"),
        (b'{"boxes": "x"}', "its boxes are not four numbers for each of 1 characters"),
        (b'{"boxes": [[1, 2, 3]]}', "its boxes are not"),
        (b'{"boxes": [[1, 2, 3, NaN]]}', "its boxes are not"),
        (b'{"boxes": [[1, 2, 3, 1e39]]}', "its boxes are not"),
        (b'{"boxes": [[1, 2, 3, 1%s]]}' % (b"0" * 400), "its boxes are not"),
        (b'{"boxes": [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]}', "its boxes are not"),
    ],
)
def test_metadata_that_hunmin_did_not_write_is_refused_by_all_who_read_it(
    meta: bytes, problem: str, tmp_path: Path
) -> None:
    image = encoded(Image.new("RGB", (40, 20)), "PNG")
    pairs = {b"num-samples": b"1", b"image-000000001": image, b"label-000000001": "가".encode()}
    write_published(tmp_path / "set", pairs | {b"meta-000000001": meta})
    write_store(lines(1), tmp_path / "other")
    store = open_store(tmp_path / "set")
    message = f"set: meta-000000001.* {problem}.*hunmin data import lmdb makes a store without it"
    with pytest.raises(StoreError, match=message):
        store.sample(0)
    with pytest.raises(StoreError, match=message):
        store.note(0)
    with pytest.raises(StoreError, match=message):
        merge_stores([tmp_path / "other", tmp_path / "set"], tmp_path / "both")
    (damage,) = verify_store(tmp_path / "set")
    assert (damage.where, damage.kind) == ("meta-000000001", "meta")
    assert problem in damage.problem


def test_missing_keys_and_broken_images_are_named(tmp_path: Path) -> None:
    broken = encoded(Image.new("RGB", (40, 20)), "PNG")[:60]
    write_published(tmp_path / "set", {b"num-samples": b"3", b"image-000000001": broken, b"label-000000001": b"x"})
    store = open_store(tmp_path / "set")
    with pytest.raises(ImageError, match="set, image-000000001: damaged"):
        store.sample(0)
    with pytest.raises(StoreError, match="image-000000002 is missing"):
        store.sample(1)
    with pytest.raises(IndexError):
        store.sample(3)


def test_threads_that_open_one_store_at_once_share_it(tmp_path: Path) -> None:
    store_of(3, tmp_path / "store")
    for _ in range(20):
        with ThreadPoolExecutor(8) as threads:
            ids = threads.map(lambda _: open_store(tmp_path / "store").sample(1).id, range(8))
            assert set(ids) == {"line/0/1"}
        gc.collect()


def test_a_store_that_is_named_by_a_dot_has_its_folders_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_of(1, tmp_path / "store")
    monkeypatch.chdir(tmp_path / "store")
    assert open_store(Path()).name == "store"
    with pytest.raises(InputError, match="exists already"):
        store_of(1, Path())
