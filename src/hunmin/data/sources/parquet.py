"""Hugging Face parquet: a column `image` of file bytes, {bytes, path} or bytes alone, and a column of text.

Rows come by row groups, a few at a time. The bytes are only ever decoded as an image; nothing is unpickled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import File, Files, plain_path
from hunmin.data.sources.downloads.folder import FolderFile
from hunmin.data.sources.labels import group_text, optional_text
from hunmin.data.sources.page import Page, Region, content_key
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError, require_extra

if TYPE_CHECKING:
    import pyarrow

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
    found = list(files.with_suffix(".parquet"))
    tables: list[FolderFile] = []
    if not found:
        raise InputError(f"{files.given}: this is no parquet data: it has no .parquet file, only {files.contents()}")
    for table in found:
        if not isinstance(table, FolderFile):
            raise InputError(f"{table.name}: parquet is not read inside an archive; unpack it first")
        tables.append(table)
    attempts = chain.from_iterable(_attempts(files, table) for table in tables)
    yield from after_a_good_one(attempts, f"{files.given}: this is no parquet data of images and texts, or damaged")


def _attempts(files: Files, table: FolderFile) -> Iterator[Attempt]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(table.disk_location, pre_buffer=False) as opened:
            names = opened.schema_arrow.names
            wanted = _column(names, IMAGE_COLUMNS, table), _column(names, TEXT_COLUMNS, table)
            columns = [*wanted, *(name for name in OPTIONAL_COLUMNS if name in names)]
            number = 0
            for group in range(opened.num_row_groups):
                num_bytes = opened.metadata.row_group(group).total_byte_size
                if num_bytes > MAX_ROW_GROUP_BYTES:
                    raise InputError(
                        f"{table.name}: row group {group} has {num_bytes:,} bytes, the limit is {MAX_ROW_GROUP_BYTES:,}; "
                        "write it in smaller row groups"
                    )
                for batch in opened.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=columns, use_threads=False):
                    for place in range(batch.num_rows):
                        yield _attempt(files, table, number, batch.slice(place, 1), wanted)
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


def _attempt(
    files: Files, table: FolderFile, number: int, batch: "pyarrow.RecordBatch", columns: tuple[str, str]
) -> Attempt:
    """The page of a batch of one row."""
    name = f"{page_id(table)}/{number}"
    where = f"{table.name}, row {number}"
    try:
        (row,) = batch.to_pylist()
        return Attempt(_page(files, table, name, where, row, columns))
    except InputError as error:
        return Attempt(unreadable_page(name, error, part=part_of(table)), error)
    except UnicodeDecodeError as error:  # pyarrow takes bytes for a text unseen.
        problem = InputError(f"{where}: holds bytes that are no UTF-8 text ({error.reason})")
        return Attempt(unreadable_page(name, problem, part=part_of(table)), problem)


def _page(
    files: Files, table: FolderFile, name: str, where: str, row: dict[str, Any], columns: tuple[str, str]
) -> Page:
    image_column, text_column = columns
    value, text = row[image_column], row[text_column]
    image: TableImage | File | None = None
    key = name
    content = value.get("bytes") if isinstance(value, dict) else value
    path = value.get("path") if isinstance(value, dict) else None
    if isinstance(content, bytes):
        image, key = TableImage(where, content), content_key(content)
    elif content is not None:
        raise InputError(
            f"{where}: column {image_column!r} should hold an image's bytes, found {type(content).__name__}"
        )
    elif isinstance(path, str):
        image, key = files.named_by(table, path), plain_path(path)
    if text is not None and not isinstance(text, str):
        raise InputError(f"{where}: column {text_column!r} should hold texts, found {type(text).__name__}")
    group = group_text(row, where)
    return Page(name, image, (Region(text),), group, optional_text(row, "kind"), part_of(table), key)
