"""Crops with labels, whatever they are kept in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.data.tab_separated import dialect_of
from hunmin.errors import ImageError, InputError, reason_of, require_extra
from hunmin.image import MAX_CROP_PIXELS, load_image
from hunmin.text.normalize import normalize_label


@dataclass(frozen=True)
class LabelledCrop:
    """One crop to measure on."""

    path: str
    label: str
    kind: str
    image: NDArray[np.uint8]


def labelled_crops(source: Path) -> Iterator[LabelledCrop]:
    """Crops of a store, of a folder with `meta.tsv` or `labels.tsv`, or of such a file.

    `meta.tsv` has a header with at least `path` and `text`, and `kind` where kinds are known, in any order. `labels.tsv` has
    path and text without a header; the kind is the first folder of the path. Paths are relative to the file.

    Raises:
        InputError: neither of these, or a line that does not fit; ImageError: an image cannot be read.
    """
    if (source / "data.mdb").is_file():
        yield from _from_store(source)
        return
    table = next((file for file in (source / "meta.tsv", source / "labels.tsv", source) if file.is_file()), None)
    if table is None and not source.exists():
        raise InputError(
            f"{source}: there is no such file or folder; give a store, or labelled crops with labels.tsv or meta.tsv"
        )
    if table is None:
        raise InputError(f"{source}: is no store (data.mdb), and has no labels.tsv or meta.tsv with path and text")
    rows = list(_rows(table))
    # Before anything is read: a set of many lines takes long, and all that is missing is told at once.
    missing = [path for path, _, _ in rows if not os.path.isfile(table.parent / path)]  # noqa: PTH113 - too long a name
    if missing:
        raise ImageError(
            "not_found",
            f"{table.parent / missing[0]}: no such image file; {len(missing)} of the {len(rows)} of {table} are missing",
        )
    for path, text, kind in rows:
        yield LabelledCrop(
            path, normalize_label(text), kind, load_image(table.parent / path, max_pixels=MAX_CROP_PIXELS)
        )


def _rows(table: Path) -> Iterator[tuple[str, str, str]]:
    try:
        # At line ends alone: `splitlines` would cut labels at U+2028 and some control characters, too.
        lines = table.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{table}: cannot be read ({reason_of(error)}); give a UTF-8 file of path, tab, text"
        ) from error
    # A file that csv or a spreadsheet wrote ends its lines with \r\n and quotes its quotation marks.
    rows = [line.removesuffix("\r").split("\t") for line in lines]
    dialect = dialect_of(rows)
    rows = [[cell if (read := dialect.cell(cell)) is None else read for cell in row] for row in rows]
    has_header = {"path", "text"} <= set(rows[0])
    columns = rows[0] if has_header else ["path", "text"]
    if all(row == [""] for row in rows[has_header:]):
        raise InputError(f"{table}: has no lines to measure on; write path, tab, text")
    for number, row in enumerate(rows[has_header:], start=1 + has_header):
        if row == [""]:
            continue
        if len(row) != len(columns):
            raise InputError(f"{table}, line {number}: has {len(row) - 1} tabs; write {', tab, '.join(columns)}")
        values = dict(zip(columns, row, strict=True))
        folder = values["path"].rpartition("/")[0].partition("/")[0]
        yield values["path"], values["text"], values.get("kind", folder)


def _from_store(source: Path) -> Iterator[LabelledCrop]:
    require_extra("data", ("lmdb",))
    from hunmin.data.store.lmdb_store import open_store

    store = open_store(source)
    if not len(store):
        raise InputError(f"{source}: this store is empty, there is nothing to measure on")
    for index in range(len(store)):
        sample = store.sample(index)
        yield LabelledCrop(sample.id, sample.text, sample.kind, sample.image)
