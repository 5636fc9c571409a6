"""An import accounts for every text, gives the same stores wherever it runs, and goes on where it was."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from hunmin.data.clean import Rules
from hunmin.data.imports.run import Imported, import_pages
from hunmin.data.imports.shard import Chunk, ImportConfig, chunks
from hunmin.data.imports.split import SPLITS, split_of
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.parquet import TableImage
from hunmin.data.store.assemble import TASKS_IN_HAND, in_processes
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import Store, open_store
from hunmin.data.store.verify import verify_store
from hunmin.errors import InputError
from tests.data.lines import SPEC
from tests.data.pages import (
    CONFIG,
    NO_SPLIT,
    ORIGIN,
    SPLIT,
    HeldImage,
    box,
    crop_page,
    here,
    imported,
    page,
    pages,
    without_image,
)

NUM_PAGES = 120


def content(done: Imported) -> dict[str, object]:
    """Everything but how LMDB laid out its pages."""
    stores = {split: asdict(manifest) | {"file": None} for split, manifest in done.manifests.items()}
    return {"stores": stores, "ledger": done.ledger.to_dict()}


def kept(store: Store) -> list[str]:
    return [store.sample(index).id for index in range(len(store))]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Imported]:
    out = tmp_path_factory.mktemp("unbroken") / "set"
    return out, imported(pages(NUM_PAGES), out)


def test_every_split_is_a_sound_store_with_whole_documents(unbroken: tuple[Path, Imported]) -> None:
    out, done = unbroken
    assert sorted(path.name for path in out.iterdir()) == ["ledger.json", "test", "train", "validation"]
    assert (done.ledger.seen, done.ledger.kept) == (NUM_PAGES * 6, NUM_PAGES * 6)
    num = 0
    for split in SPLITS:
        assert verify_store(out / split) == []
        store = open_store(out / split)
        samples = [store.sample(index) for index in range(len(store))]
        assert {split_of(sample.group, "", SPLIT) for sample in samples} == {split}
        assert samples[0].kind == "document"
        num += len(samples)
    assert num == done.ledger.kept
    noted = json.loads((out / "ledger.json").read_text("utf-8"))
    assert noted["source"] == "rendered"
    assert noted["kept"] == sum(part["kept"] for part in noted["splits"].values()) == num


def test_a_crop_shows_its_word_with_a_margin(unbroken: tuple[Path, Imported]) -> None:
    store = open_store(unbroken[0] / "train")
    sample = store.sample(0)
    assert sample.image.shape == (25, 81)  # a word of 24 × 80 px and 0.96 px on every side
    number = int(sample.id.removeprefix("page-").removesuffix("#0"))
    assert sample.text == f"한글 {number}"


def test_two_processes_make_the_stores_that_one_makes(unbroken: tuple[Path, Imported], tmp_path: Path) -> None:
    done = imported(pages(NUM_PAGES), tmp_path / "set", engine=partial(in_processes, workers=2))
    assert content(done) == content(unbroken[1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_an_import_that_was_stopped_goes_on_with_what_is_there(unbroken: tuple[Path, Imported], tmp_path: Path) -> None:
    def stop(_task: str, num: int) -> None:
        if num:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pages(pages(NUM_PAGES), tmp_path / "set", CONFIG, origin=ORIGIN, engine=here, report=stop)
    done_before = list((tmp_path / "set.partial" / "shards").iterdir())
    assert len(done_before) == 1
    told: list[tuple[str, int]] = []
    done = import_pages(
        pages(NUM_PAGES),
        tmp_path / "set",
        CONFIG,
        origin=ORIGIN,
        engine=here,
        report=lambda task, num: told.append((task, num)),
    )
    assert content(done) == content(unbroken[1])
    assert [task for task, _ in told] == sorted(task for task, _ in told)
    assert told[-1] == ("storing", NUM_PAGES * 6)


def defective() -> Iterator[Page]:
    """Two sound pages, and one of everything that can be wrong."""
    yield from pages(2)
    yield page(
        2,
        Region(None, box(20, 20, 80, 24)),
        Region(" ", box(20, 20, 80, 24)),
        Region("xxx", box(20, 20, 80, 24), "illegible mark"),
        Region("뷁", box(20, 20, 80, 24)),
        Region("가나다라마바사아자", box(20, 20, 80, 24)),
        Region("가", box(20, 20, 4, 24)),
        Region("가", box(390, 20, 80, 24)),
        Region("가", box(20, 20, -80, 24)),
        Region("가", box(0, 20, 400, 24)),
        Region("한글 2", box(20, 20, 80, 24)),
    )
    yield without_image(page(3))
    yield replace(page(4), image=HeldImage("damaged.jpg", b"\xff\xd8\xff\xe0 no more"))
    yield replace(page(5), image=HeldImage("gone.jpg", b"gone"))
    yield replace(page(6), regions=())
    yield replace(page(0), id="copy of page-0", group="copies")


def test_every_text_is_kept_or_dropped_for_a_reason(tmp_path: Path) -> None:
    done = imported(defective(), tmp_path / "set")
    assert done.ledger.dropped == {
        "empty label": 2,
        "illegible mark": 1,
        "unknown character": 1,
        "too long": 1,
        "too small": 1,
        "box outside": 1,
        "malformed box": 1,
        "too wide": 1,
        "duplicate": 7,
        "no image": 6,
        "unreadable image": 12,
        "no label": 1,
    }
    assert (done.ledger.kept, done.ledger.seen) == (18, 18 + 35)
    assert done.ledger.examples["no label"] == ["page-6"]
    assert done.ledger.examples["too small"] == ["page-2#11: 가"]
    assert "damaged.jpg: " in done.ledger.examples["unreadable image"][0]
    for split, manifest in done.manifests.items():
        assert verify_store(tmp_path / "set" / split) == []
        assert manifest.seen == manifest.num_samples + sum(manifest.dropped.values())


def test_half_a_surrogate_pair_in_a_label_drops_it_and_in_a_name_is_escaped(tmp_path: Path) -> None:
    odd = [
        crop_page(0),
        crop_page(1, "가\ud83d나"),
        crop_page(2, "가" * 99 + "\ud83d"),
        replace(crop_page(3), kind="\ud83d"),
        replace(crop_page(4), group="\udc00"),
        replace(crop_page(5), id="crop\udc00"),
        replace(crop_page(6), image=HeldImage("\udc00.png", b"gone")),
    ]
    done = imported(odd, tmp_path / "set", NO_SPLIT)
    assert done.ledger.dropped == {"unknown character": 1, "too long": 1, "unreadable image": 1}
    assert done.ledger.examples["unknown character"] == ["crop-1: 가\\ud83d나"]
    assert verify_store(tmp_path / "set" / "train") == []
    store = open_store(tmp_path / "set" / "train")
    assert kept(store) == ["crop-0", "crop-3", "crop-4", "crop\\udc00"]
    assert [store.note(1).kind, store.note(2).group] == ["\\ud83d", "\\udc00"]


def test_a_path_that_is_no_utf8_is_imported_from(tmp_path: Path) -> None:
    origin = {"source": "rendered", "from": [os.fsdecode(b"\xff")]}
    import_pages(pages(1), tmp_path / "set", NO_SPLIT, origin=origin, engine=here)
    assert json.loads((tmp_path / "set" / "ledger.json").read_text("utf-8"))["from"] == ["?"]


def test_the_first_of_two_crops_alike_stays_even_across_shards_and_splits(tmp_path: Path) -> None:
    copies = (replace(page(number), id=f"copy-{number}", group=f"copy-{number}") for number in range(NUM_PAGES))
    done = imported([*pages(NUM_PAGES), *copies], tmp_path / "set")
    assert done.ledger.dropped == {"duplicate": NUM_PAGES * 6}
    assert done.ledger.examples["duplicate"][0].startswith("copy-")
    ids = [id_ for split in done.manifests for id_ in kept(open_store(tmp_path / "set" / split))]
    assert len(ids) == NUM_PAGES * 6
    assert not any(id_.startswith("copy") for id_ in ids)


def test_crops_that_look_alike_and_say_something_else_are_no_duplicates(tmp_path: Path) -> None:
    looks = crop_page(0).image
    crops = [replace(crop_page(number, text), image=looks) for number, text in enumerate(("가", "나", "가"))]
    done = imported(crops, tmp_path / "set", NO_SPLIT)
    assert done.ledger.dropped == {"duplicate": 1}
    assert kept(open_store(tmp_path / "set" / "train")) == ["crop-0", "crop-1"]


def test_an_image_that_is_a_crop_keeps_its_bytes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 60), dtype=np.uint8)
    jpeg = encode_image(pixels, 50)
    bitmap = cv2.imencode(".bmp", pixels)[1].tobytes()
    imported([crop_page(0), crop_page(1, image=jpeg), crop_page(2, image=bitmap)], tmp_path / "set", NO_SPLIT)
    store = open_store(tmp_path / "set" / "train")
    assert kept(store) == ["crop-0", "crop-1", "crop-2"]
    given = crop_page(0).image
    assert given is not None
    assert [store.raw(index)[0] for index in range(2)] == [given.read(), jpeg]
    # Readers of the field's layout know PNG and JPEG.
    assert (store.raw(2)[0] or b"").startswith(b"\x89PNG")
    np.testing.assert_array_equal(store.sample(2).image[:, :, 0], pixels)


def test_crops_of_no_known_document_are_parted_by_their_keys_and_share_none(tmp_path: Path) -> None:
    given = [replace(crop_page(number), group="", key=f"img/{number}.png") for number in range(40)]
    done = imported(given, tmp_path / "set")
    for split in done.manifests:
        store = open_store(tmp_path / "set" / split)
        samples = [store.sample(index) for index in range(len(store))]
        assert {split_of(f"img/{sample.id.removeprefix('crop-')}.png", "", SPLIT) for sample in samples} == {split}
        assert {sample.group for sample in samples} == {""}


def test_pages_are_taken_as_they_are_needed(tmp_path: Path) -> None:
    num_taken = num_done = most_ahead = 0

    def counted() -> Iterator[Page]:
        nonlocal num_taken
        for number in range(30_000):
            num_taken += 1
            yield Page(f"crop-{number}", None, (Region("가"),), group="one")

    def report(_task: str, num: int) -> None:
        nonlocal num_done, most_ahead
        num_done, most_ahead = num, max(most_ahead, num_taken - num_done)

    with pytest.raises(InputError, match=r"no text can be used \(kept 0 of 30000; dropped no image 30000\), such as "):
        import_pages(
            counted(),
            tmp_path / "set",
            CONFIG,
            origin=ORIGIN,
            engine=partial(in_processes, workers=1),
            report=report,
        )
    one_chunk = len(next(chunks(counted(), tmp_path)).pages)
    assert most_ahead <= (TASKS_IN_HAND + 1) * one_chunk
    assert list(tmp_path.iterdir()) == []


def test_images_that_travel_with_their_pages_bound_a_chunk(tmp_path: Path) -> None:
    image = TableImage("a.parquet, row 1", bytes(8 << 20))
    given = (Page(f"a/{number}", image, (Region("가"),), "", key=f"{number}") for number in range(10))
    assert [len(chunk.pages) for chunk in chunks(given, tmp_path)] == [4, 4, 2]


@pytest.mark.parametrize("file", ["shard.json", "hashes.npy", "train/data.mdb"])
def test_a_damaged_shard_is_named_and_made_again_once_it_is_deleted(
    file: str, unbroken: tuple[Path, Imported], tmp_path: Path
) -> None:
    def stop(task: str, _num: int) -> None:
        if task == "storing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pages(pages(NUM_PAGES), tmp_path / "set", CONFIG, origin=ORIGIN, engine=here, report=stop)
    shard = tmp_path / "set.partial" / "shards" / "000001"
    with (shard / file).open("r+b") as damaged:
        damaged.truncate(60)
    with pytest.raises(InputError, match=f"{shard}.*elete.*{'' if file != 'train/data.mdb' else shard}"):
        imported(pages(NUM_PAGES), tmp_path / "set")
    shutil.rmtree(shard)
    assert content(imported(pages(NUM_PAGES), tmp_path / "set")) == content(unbroken[1])


def test_labels_that_changed_since_are_refused(tmp_path: Path) -> None:
    def stop(_task: str, num: int) -> None:
        if num:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pages(pages(NUM_PAGES), tmp_path / "set", CONFIG, origin=ORIGIN, engine=here, report=stop)
    others = [page(0, Region("가", box(20, 20, 80, 24))), *[page(number) for number in range(1, NUM_PAGES)]]
    with pytest.raises(InputError, match=r"set\.partial: begun with other labels than those that are there now"):
        imported(others, tmp_path / "set")


OTHER_SPEC = replace(SPEC, characters=SPEC.characters.replace("하", "허"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (replace(CONFIG, cut=replace(CONFIG.cut, jpeg_quality=80)), r"cut\.jpeg_quality=92, now it is cut\..*=80"),
        (replace(CONFIG, split=replace(SPLIT, validation=0.1)), r"split\.validation=0\.2, now it is split\..*=0\.1"),
        (replace(CONFIG, split=replace(SPLIT, by="publisher")), r"split\.by=group, now it is split\.by=publisher"),
        (replace(CONFIG, rules=Rules(OTHER_SPEC, "drop")), r"charset=test \(.*\), now it is charset=test \("),
    ],
    ids=["cut", "split", "split by", "as many other characters"],
)
def test_settings_that_changed_since_are_refused(config: ImportConfig, message: str, tmp_path: Path) -> None:
    def stop(_task: str, _num: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pages(pages(1), tmp_path / "set", CONFIG, origin=ORIGIN, engine=here, report=stop)
    with pytest.raises(InputError, match=f"begun with {message}"):
        imported(pages(1), tmp_path / "set", config)


@pytest.mark.parametrize(
    "change", [{"id": "b"}, {"group": "b"}, {"kind": "b"}, {"part": "b"}, {"image": None}, {"regions": ()}]
)
def test_a_shard_is_of_all_that_label_files_say(change: dict[str, object], tmp_path: Path) -> None:
    one = page(0)
    other = replace(one, **change)  # type: ignore[arg-type]
    assert Chunk(tmp_path, (one,)).fingerprint() == Chunk(tmp_path, (page(0),)).fingerprint()
    assert Chunk(tmp_path, (one,)).fingerprint() != Chunk(tmp_path, (other,)).fingerprint()


def test_a_source_that_fails_at_once_leaves_nothing_behind(tmp_path: Path) -> None:
    def wrong() -> Iterator[Page]:
        raise InputError("downloads: is no aihub-88")
        yield page(0)

    with pytest.raises(InputError, match=r"^downloads: is no aihub-88$"):
        imported(wrong(), tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_character_ends_the_import_where_that_is_asked_for(tmp_path: Path) -> None:
    strict = replace(CONFIG, rules=replace(CONFIG.rules, on_unknown_character="error"))
    with pytest.raises(InputError, match=r"crop-7: label '뷁' has '뷁', not in charset"):
        imported([crop_page(7, "뷁")], tmp_path / "set", strict)


def test_a_store_that_exists_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(InputError, match="set: exists already"):
        imported(pages(1), tmp_path / "set")
