"""`verify_store` finds what is wrong and says where."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from hunmin.data.store.lmdb_store import open_store, write_store
from hunmin.data.store.verify import verify_store
from hunmin.errors import StoreError
from tests.data.lines import lines
from tests.data.store.test_lmdb_store import write_published


def test_a_sound_store_has_no_damage(tmp_path: Path) -> None:
    write_store(lines(20), tmp_path / "store")
    assert verify_store(tmp_path / "store") == []


def test_one_changed_byte_is_found_and_located(tmp_path: Path) -> None:
    write_store(lines(20), tmp_path / "store")
    data = tmp_path / "store" / "data.mdb"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    (damage,) = verify_store(tmp_path / "store")
    assert damage.where == "data.mdb"
    assert damage.problem.startswith("bytes 0 to 8388608 differ")
    with pytest.raises(StoreError, match="bytes 0 to 8388608 differ"):
        open_store(tmp_path / "store")


def test_a_manifest_whose_account_does_not_add_up_is_found(tmp_path: Path) -> None:
    manifest = write_store(lines(3), tmp_path / "store")
    replace(manifest, seen=4).write(tmp_path / "store")
    (damage,) = verify_store(tmp_path / "store")
    assert (damage.where, damage.problem) == ("manifest.json", "seen differs from what data.mdb holds")


def test_every_bad_sample_of_a_published_set_is_listed(tmp_path: Path) -> None:
    png = BytesIO()
    Image.new("L", (30, 20)).save(png, "PNG")
    write_published(
        tmp_path / "set",
        {
            b"num-samples": b"4",
            b"image-000000001": png.getvalue(),
            b"label-000000001": "가".encode(),
            b"image-000000002": b"no image",
            b"label-000000002": "나".encode("cp949"),
            b"image-000000003": png.getvalue(),
            b"label-000000004": b"4",
        },
    )
    found = [(damage.where, damage.problem) for damage in verify_store(tmp_path / "set")]
    assert [where for where, _ in found] == [
        "image-000000002",
        "label-000000002",
        "label-000000003",
        "image-000000004",
    ]
    assert [damage.kind for damage in verify_store(tmp_path / "set")] == ["image", "label", "label", "image"]
    assert found[1][1].startswith("not UTF-8")
    assert found[2][1] == found[3][1] == "missing"


def test_a_folder_that_is_no_store_is_an_error_and_no_damage(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no data\.mdb"):
        verify_store(tmp_path)


def test_the_check_tells_how_far_it_is(tmp_path: Path) -> None:
    manifest = write_store(lines(20), tmp_path / "store")
    told: list[tuple[str, int, int]] = []
    verify_store(tmp_path / "store", lambda *progress: told.append(progress))
    size = manifest.file.num_bytes
    assert told == [("bytes", 0, size), ("bytes", size, size), ("samples", 0, 20), ("samples", 20, 20)]


def test_a_broken_page_inside_a_published_set_is_named_by_whatever_reads_it(tmp_path: Path) -> None:
    png = BytesIO()
    Image.new("L", (30, 20)).save(png, "PNG")
    pairs = {b"num-samples": b"400"}
    for number in range(1, 401):
        pairs |= {b"image-%09d" % number: png.getvalue(), b"label-%09d" % number: "가".encode()}
    write_published(tmp_path / "set", pairs)
    data = tmp_path / "set" / "data.mdb"
    content = bytearray(data.read_bytes())
    page = content.index(b"image-000000200") // 4096 * 4096
    content[page + 10] = 0  # The flags in its header: no leaf any more, nor anything else.
    data.write_bytes(content)
    damage = verify_store(tmp_path / "set")
    assert [one.where for one in damage] == ["data.mdb"]
    assert "set: LMDB cannot read image-000000" in damage[0].problem
    store = open_store(tmp_path / "set")
    for read in (store.sample, store.raw, store.encoded_image):
        with pytest.raises(StoreError, match=r"set: LMDB cannot read image-000000200 .*copy the store again"):
            read(199)
