"""Hugging Face image folders: `metadata.csv` or `metadata.jsonl` with `file_name` and a column of text, beside the images."""

import csv
from collections.abc import Iterator

from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages
from hunmin.data.sources.label_lists.jsonl import PATH_KEYS, TEXT_KEYS, read_record
from hunmin.data.sources.page import Page, Region
from hunmin.errors import InputError


def read_imagefolder(files: Files) -> Iterator[Page]:
    """A page for every line; the columns `kind` and `group` are optional, others are passed over."""
    return list_pages(files, ("metadata.csv", "metadata.jsonl"), _reader, "imagefolder")


def _reader(list_file: File) -> ReadLine:
    if not list_file.path.lower().endswith(".csv"):
        return read_record
    columns: dict[str, int] = {}
    width = 0

    def read_line(line: str, where: str) -> Row | None:
        nonlocal width
        try:
            (cells,) = csv.reader([line], strict=True)
        except csv.Error as error:
            raise InputError(f"{where}: is no line of a CSV ({error}); write a text on one line") from error
        if not columns:
            path, text = (next((name for name in names if name in cells), None) for names in (PATH_KEYS, TEXT_KEYS))
            if path is None or text is None:
                raise InputError(f"{where}: the header has no column of paths (file_name) and texts (text): {line!r}")
            columns.update(path=cells.index(path), text=cells.index(text))
            columns.update({name: cells.index(name) for name in ("kind", "group") if name in cells})
            width = len(cells)
            return None
        if len(cells) != width:
            raise InputError(f"{where}: has {len(cells)} cells below a header of {width}; quote a text with commas")
        kind, group = (cells[columns[name]] if name in columns else "" for name in ("kind", "group"))
        return Row((cells[columns["path"]],), (Region(cells[columns["text"]]),), kind, group)

    return read_line
