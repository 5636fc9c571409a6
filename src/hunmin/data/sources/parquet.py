"""Hugging Face parquet: a column `image` of file bytes, {bytes, path} or bytes alone, and a column of text.

Rows come by row groups, a few at a time. The bytes are only ever decoded as an image; nothing is unpickled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hunmin.data.sources.files import File, Files
from hunmin.data.sources.folder import FolderFile
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError, require_extra

IMAGE_COLUMNS: Final = ("image", "img", "jpg", "png")
TEXT_COLUMNS: Final = ("text", "label", "transcription", "ground_truth", "txt")
OPTIONAL_COLUMNS: Final = ("kind", "group")
ROWS_AT_ONCE: Final = 16
MAX_ROW_GROUP_BYTES: Final = 4 << 30
"""The largest row group, unpacked, as its header says; parquet readers unpack a column's pages of it as a whole."""


@dataclass(frozen=True, slots=True)
class TableImage:
    """An image from a table, carried along: reading one row again would unpack a thousand."""

    name: str
    content: bytes

    def read(self) -> bytes:
        """The file's bytes."""
        return self.content


def read_parquet(files: Files) -> Iterator[Page]:
    """A page for every row.

    Raises:
        InputError: there is no parquet file, one is damaged, or lacks a column of images or texts.
    """
    require_extra("parquet", ("pyarrow",))
    tables = list(files.with_suffix(".parquet"))
    if not tables:
        raise InputError(f"{files.given}: this is no parquet data: it has no .parquet file, only {files.contents()}")
    for table in tables:
        if not isinstance(table, FolderFile):
            raise InputError(f"{table.name}: parquet is not read inside an archive; unpack it first")
        yield from _pages(files, table)


def _pages(files: Files, table: FolderFile) -> Iterator[Page]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(table.disk_location, pre_buffer=False) as opened:
            names = opened.schema_arrow.names
            image_column, text_column = (_column(names, of, table) for of in (IMAGE_COLUMNS, TEXT_COLUMNS))
            columns = [image_column, text_column, *(name for name in OPTIONAL_COLUMNS if name in names)]
            number = 0
            for group in range(opened.num_row_groups):
                num_bytes = opened.metadata.row_group(group).total_byte_size
                if num_bytes > MAX_ROW_GROUP_BYTES:
                    raise InputError(
                        f"{table.name}: row group {group} has {num_bytes:,} bytes, the limit is {MAX_ROW_GROUP_BYTES:,}; "
                        "write it in smaller row groups"
                    )
                for batch in opened.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=columns, use_threads=False):
                    for row in batch.to_pylist():
                        yield _page(files, table, number, row, image_column, text_column)
                        number += 1
    except (pyarrow.ArrowException, OSError) as error:
        problem = " ".join(str(error).split())
        raise InputError(f"{table.name}: cannot be read as parquet ({problem}); download it again") from error


def _column(names: list[str], known: tuple[str, ...], table: File) -> str:
    for name in known:
        if name in names:
            return name
    raise InputError(
        f"{table.name}: expected a column {' or '.join(map(repr, known))}, found {', '.join(map(repr, names))}"
    )


def _page(
    files: Files, table: FolderFile, number: int, row: dict[str, Any], image_column: str, text_column: str
) -> Page:
    name = f"{page_id(table)}/{number}"
    where = f"{table.name}, row {number}"
    value, text = row[image_column], row[text_column]
    image: TableImage | File | None = None
    content = value.get("bytes") if isinstance(value, dict) else value
    path = value.get("path") if isinstance(value, dict) else None
    if isinstance(content, bytes):
        image = TableImage(where, content)
    elif content is not None:
        raise InputError(
            f"{where}: column {image_column!r} should hold an image's bytes, found {type(content).__name__}"
        )
    elif isinstance(path, str):
        image = files.named_by(table, path)
    if text is not None and not isinstance(text, str):
        raise InputError(f"{where}: column {text_column!r} should hold texts, found {type(text).__name__}")
    kind, group = (str(row.get(column) or "") for column in OPTIONAL_COLUMNS)
    return Page(name, image, (Region(text),), group or name, kind, part_of(table))
