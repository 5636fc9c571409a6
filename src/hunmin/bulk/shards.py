"""Rows and shards: what is known of a page, and files of a thousand of them, as JSON lines or parquet."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hunmin.documents.page import DocumentPage
from hunmin.errors import InputError, require_extra
from hunmin.files import new_file
from hunmin.text.normalize import escape_lone_surrogates
from hunmin.text.printable import printable

if TYPE_CHECKING:
    import pyarrow

ROWS_PER_GROUP: Final = 50
"""Of a parquet file; a page of a newspaper takes some megabytes while it is converted."""

Row = dict[str, Any]


@dataclass(frozen=True)
class ShardFormat:
    """How rows are written."""

    suffix: str
    write: Callable[[Path, Iterable[bytes]], None]
    """Writes rows, a line of JSON each, into a file, whole or not at all."""


def page_row(path: str, num_pages: int, page: DocumentPage) -> Row:
    """The row of a page, read or not: what `DocumentPage.to_dict` gives, with path, number of pages, and text."""
    values = page.to_dict()
    if page.error:
        values["error"] = _error(page.error.code, str(page.error))
    return {"path": escape_lone_surrogates(path), "num_pages": num_pages, "text": page.text, **values}


def failed_row(path: str, code: str, message: str, number: int | None = None, num_pages: int | None = None) -> Row:
    """The row of a file that cannot be opened, or of a page that could not even be tried."""
    return {
        "path": escape_lone_surrogates(path),
        "num_pages": num_pages,
        "text": "",
        "number": number,
        "error": _error(code, message),
        "lines": [],
    }


def _error(code: str, message: str) -> Row:
    return {"code": code, "message": printable(message)}


def shard_format(name: str) -> ShardFormat:
    """The format of that name.

    Raises:
        InputError: there is none.
        ExtraMissingError: parquet, and pyarrow is missing.
    """
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r} for folders; there are {', '.join(FORMATS)}")
    if name == "parquet":
        require_extra("parquet", ("pyarrow",))
    return FORMATS[name]


def _write_json_lines(path: Path, rows: Iterable[bytes]) -> None:
    with new_file(path) as partial, partial.open("wb") as file:
        file.writelines(rows)


def _write_parquet(path: Path, rows: Iterable[bytes]) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = _schema()
    values = map(json.loads, rows)
    with new_file(path) as partial, parquet.ParquetWriter(partial, schema) as writer:
        while group := list(islice(values, ROWS_PER_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))


def _schema() -> "pyarrow.Schema":
    import pyarrow

    box = pyarrow.list_(pyarrow.list_(pyarrow.float32()))
    text = [("text", pyarrow.string()), ("confidence", pyarrow.float32()), ("box", box)]
    words = pyarrow.list_(pyarrow.struct(text))
    line = [*text, ("truncated", pyarrow.bool_()), ("words", words), ("role", pyarrow.string())]
    place = [(name, pyarrow.int32()) for name in ("row", "column", "row_span", "column_span")]
    cell = [*place, ("text", pyarrow.string()), ("box", box), ("lines", pyarrow.list_(pyarrow.int32()))]
    size = [("num_rows", pyarrow.int32()), ("num_columns", pyarrow.int32())]
    table = [*size, ("box", box), ("cells", pyarrow.list_(pyarrow.struct(cell)))]
    return pyarrow.schema(
        [
            ("path", pyarrow.string()),
            ("num_pages", pyarrow.int32()),
            ("number", pyarrow.int32()),
            ("text", pyarrow.string()),
            ("error", pyarrow.struct([("code", pyarrow.string()), ("message", pyarrow.string())])),
            ("dpi", pyarrow.float32()),
            ("from_text_layer", pyarrow.bool_()),
            ("width_px", pyarrow.int32()),
            ("height_px", pyarrow.int32()),
            ("rotation_deg", pyarrow.int16()),
            ("skew_deg", pyarrow.float32()),
            ("lines", pyarrow.list_(pyarrow.struct(line))),
            ("tables", pyarrow.list_(pyarrow.struct(table))),
        ]
    )


FORMATS: Final = {
    "jsonl": ShardFormat(".jsonl", _write_json_lines),
    "parquet": ShardFormat(".parquet", _write_parquet),
}
"""By the names of the command line."""
