import json
from importlib.resources import files
from pathlib import Path

import pytest

from hunmin.bulk.shards import failed_row, page_row, shard_format
from hunmin.errors import InputError
from hunmin.text.printable import json_text
from tests.documents.paper import page_of_lines

parquet = pytest.importorskip("pyarrow.parquet")


def test_parquet_has_a_column_for_everything_that_json_knows_of_a_page(tmp_path: Path) -> None:
    schema = json.loads(files("hunmin.documents").joinpath("schema/document-1.schema.json").read_text("utf-8"))
    shard_format("parquet").write(tmp_path / "a.parquet", [])
    table = parquet.read_table(tmp_path / "a.parquet")
    assert set(table.column_names) == {"path", "num_pages", "text", *schema["$defs"]["page"]["properties"]}
    lines = table.schema.field("lines").type.value_type
    # Characters are there where they were asked for, and for folders nobody can.
    assert {field.name for field in lines} == set(schema["$defs"]["line"]["properties"]) - {"characters"}
    words = lines.field("words").type.value_type
    assert {field.name for field in words} == set(schema["$defs"]["word"]["properties"])


def test_both_formats_hold_the_same(tmp_path: Path) -> None:
    page = page_of_lines(("가나다 라마", 1, 1, 9), ("글", 5, 40, 9))
    rows = [page_row("a/쪽.png", 1, page), failed_row("b\udcff.png", "unreadable", "b.png: a\x1b[2J", 3, 9)]
    written = [f"{json_text(row)}\n".encode() for row in rows]
    for name in ("jsonl", "parquet"):
        shard_format(name).write(tmp_path / f"a.{name}", iter(written))
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert lines == rows
    for row, values in zip(rows, parquet.read_table(tmp_path / "a.parquet").to_pylist(), strict=True):
        assert {key: values[key] for key in ("path", "num_pages", "number", "text")} == {
            key: row[key] for key in ("path", "num_pages", "number", "text")
        }
        assert values["error"] == row.get("error")
        assert [line["text"] for line in values["lines"]] == [line["text"] for line in row["lines"]]
        for line, wanted in zip(values["lines"], row["lines"], strict=True):
            assert line["box"] == wanted["box"]
            assert [word["text"] for word in line["words"]] == [word["text"] for word in wanted["words"]]
    assert lines[0]["text"] == "가나다 라마\n글"
    assert lines[1]["path"] == "b\\udcff.png"
    assert lines[1]["error"]["message"] == "b.png: a\\x1b[2J"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="there is no format 'csv' for folders; there are jsonl, parquet"):
        shard_format("csv")
