"""What was exported is what was in the store: the same bytes, the same labels, in forms that others read."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pyarrow import parquet

from hunmin.data.clean import Ledger
from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.formats import SOURCES
from hunmin.data.store.export import Format, export_store
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.errors import InputError, StoreError
from hunmin.evaluation.labelled import labelled_crops
from hunmin.text.charset import load_charset
from tests.data.lines import line, lines, store_of
from tests.data.pages import CONFIG, SPLIT, imported
from tests.data.store.test_lmdb_store import write_published

NO_SPLIT = replace(CONFIG, split=replace(SPLIT, validation=0.0, test=0.0))


def rows_of(folder: Path) -> list[dict[str, object]]:
    return [row for path in sorted((folder / "data").iterdir()) for row in parquet.read_table(path).to_pylist()]


def odd_store(path: Path) -> Store:
    """A published set in which everything that could break a table does its best."""
    jpeg = BytesIO()
    Image.new("RGB", (40, 20), "red").save(jpeg, "JPEG")
    pairs = {
        b"num-samples": b"2",
        b"image-000000001": jpeg.getvalue(),
        b"label-000000001": "\ufeff\t가\n나 | <b>".encode(),
        b"meta-000000001": json.dumps({"id": "../../a\tb\nc", "kind": "<script>|", "group": "문서\n1"}).encode(),
        b"image-000000002": jpeg.getvalue(),
        b"label-000000002": b"",
    }
    write_published(path, pairs)
    return open_store(path)


def test_a_table_and_its_files_are_read_back_as_they_were(tmp_path: Path) -> None:
    store = store_of(30, tmp_path / "store")
    export_store(store, tmp_path / "out", "tsv")
    crops = list(labelled_crops(tmp_path / "out"))
    assert len(crops) == 30
    for index, crop in enumerate(crops):
        sample = store.sample(index)
        assert (crop.label, crop.kind) == (sample.text, sample.kind)
        assert (crop.image == sample.image).all()
        assert (tmp_path / "out" / crop.path).read_bytes() == store.encoded_image(index)
    header, *rows = [row.split("\t") for row in (tmp_path / "out" / "labels.tsv").read_text("utf-8").split("\n")[:-1]]
    assert header == ["path", "text", "kind", "group", "id"]
    assert [row[:3] for row in rows] == [[crop.path, crop.label, crop.kind] for crop in crops]


@pytest.mark.parametrize("source", ["lmdb", "tsv", "parquet"])
def test_what_is_imported_again_has_its_documents_and_kinds(source: str, tmp_path: Path) -> None:
    given = [replace(line(number), group=f"문서 {number // 3}" if number < 20 else "") for number in range(30)]
    write_store(given, tmp_path / "store")
    if source in ("tsv", "parquet"):
        export_store(open_store(tmp_path / "store"), tmp_path / "out", source)
    files = open_files([tmp_path / ("store" if source == "lmdb" else "out")])
    done = imported(SOURCES[source](files), tmp_path / "again", NO_SPLIT)
    assert (done.ledger.seen, done.ledger.kept) == (30, 30)
    again = open_store(tmp_path / "again" / "train")
    for index, sample in enumerate(given):
        found = again.sample(index)
        assert (found.text, found.kind, found.group) == (sample.text, sample.kind, sample.group)
        assert (found.image == sample.image).all()
        # Neither a table nor parquet has a place for boxes.
        if source == "lmdb":
            assert found.boxes is not None and sample.boxes is not None
            assert abs(found.boxes - sample.boxes).max() < 0.1


def test_parquet_is_read_back_as_it_was_and_says_which_column_is_a_picture(tmp_path: Path) -> None:
    store = store_of(30, tmp_path / "store")
    export_store(store, tmp_path / "out", "parquet", max_file_bytes=1)
    rows = rows_of(tmp_path / "out")
    assert [row["image"] for row in rows] == [
        {"bytes": store.encoded_image(index), "path": f"images/00000/{index + 1:09d}.png"} for index in range(30)
    ]
    wanted = [store.note(index) for index in range(30)]
    assert [(row["text"], row["id"], row["kind"], row["group"]) for row in rows] == [
        (note.text, note.id, note.kind, note.group) for note in wanted
    ]
    schema = parquet.read_schema(tmp_path / "out" / "data" / "00000.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert list(features) == schema.names == ["image", "text", "id", "kind", "group"]


def test_parquet_goes_out_in_row_groups_and_files_of_bounded_size(tmp_path: Path) -> None:
    store = store_of(2400, tmp_path / "store")
    export_store(store, tmp_path / "out", "parquet", max_file_bytes=12_000_000)
    files = [parquet.ParquetFile(path) for path in sorted((tmp_path / "out" / "data").iterdir())]
    groups = [[file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)] for file in files]
    assert groups == [[1000, 1000], [400]]


@pytest.mark.parametrize("form", ["tsv", "parquet"])
def test_labels_and_ids_that_would_break_a_table_or_a_page_stay_one_harmless_line(form: Format, tmp_path: Path) -> None:
    export_store(odd_store(tmp_path / "store"), tmp_path / "out", form)
    if form == "tsv":
        lines_written = (tmp_path / "out" / "labels.tsv").read_text("utf-8").split("\n")
        assert lines_written[1].split("\t") == [
            "images/00000/000000001.jpg", "가 나 | <b>", "<script>|", "문서 1", "../../a b c",
        ]  # fmt: skip
        images = sorted(path.name for path in (tmp_path / "out" / "images" / "00000").iterdir())
        assert images == ["000000001.jpg", "000000002.jpg"]
        assert [crop.label for crop in labelled_crops(tmp_path / "out")] == ["가 나 | <b>", ""]
    else:
        assert [row["text"] for row in rows_of(tmp_path / "out")] == ["가 나 | <b>", ""]
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "<script>" not in card
    assert "| &#60;script&#62;&#124; | 1 |" in card
    assert "| empty labels | 1 |" in card
    assert "| documents, writers or pages | 1 |" in card


def test_the_card_counts_what_is_there_and_what_was_left_out_and_asks_for_the_licence(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.keep()
    ledger.keep()
    ledger.drop("too wide", "page|1: 아주 긴 글")
    write_store([line(0, text="가나다"), line(1, text="가 1")], tmp_path / "store", ledger=ledger)
    export_store(open_store(tmp_path / "store"), tmp_path / "out", "parquet")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert card.startswith("---\nlicense: unknown  # TO FILL IN\nlanguage:\n- ko\n")
    assert "size_categories:\n- n<1K\nconfigs:\n- config_name: default\n  data_files: data/*.parquet\n---\n" in card
    for part in (
        "| lines | 2 |",
        "| characters a line | median 3, 90 % at most 3, longest 3 |",
        "| document | 1 |",
        "| hangul | 4 |",
        "Of 3 lines that were looked at, 2 were kept.",
        "| too wide | 1 | page&#124;1: 아주 긴 글 |",
        open_store(tmp_path / "store").manifest.content_digest,  # type: ignore[union-attr]
    ):
        assert part in card


def test_the_charset_that_lies_beside_can_be_trained_with(tmp_path: Path) -> None:
    write_store([line(0, text="가나가"), line(1, text="a b")], tmp_path / "store")
    export_store(open_store(tmp_path / "store"), tmp_path / "out", "tsv")
    assert set(load_charset(tmp_path / "out" / "charset.txt").characters) == set("가나ab ")


def test_an_empty_store_gives_an_empty_table(tmp_path: Path) -> None:
    for form in ("tsv", "parquet"):
        export_store(store_of(0, tmp_path / form), tmp_path / f"{form}_out", form)
    assert rows_of(tmp_path / "parquet_out") == []
    assert (tmp_path / "tsv_out" / "labels.tsv").read_text() == "path\ttext\tkind\tgroup\tid\n"


def test_nothing_is_left_of_an_export_that_fails(tmp_path: Path) -> None:
    pairs = {b"num-samples": b"2", b"label-000000001": b"1", b"image-000000001": b"garbage", b"label-000000002": b"2"}
    write_published(tmp_path / "store", pairs)
    for form in ("tsv", "parquet"):
        with pytest.raises(StoreError, match="image-000000001 is none of png, jpg"):
            export_store(open_store(tmp_path / "store"), tmp_path / "out", form)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    write_store(lines(1), tmp_path / "store")
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="out: exists already"):
        export_store(open_store(tmp_path / "store"), tmp_path / "out", "tsv")
