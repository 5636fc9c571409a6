"""A store in forms that other programs read: a table beside image files, or parquet as dataset hubs keep it.

Images go out byte for byte as they lie in the store, labels in their normal form, which has no tab and no line end.
Glyph boxes stay behind: neither form has a place for them that others would know.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hunmin.data.store.data_card import CardCounts, data_card
from hunmin.data.store.lmdb_store import REPAIR, Store
from hunmin.data.tab_separated import tsv_line
from hunmin.errors import StoreError, require_extra
from hunmin.files import new_folder

if TYPE_CHECKING:
    import pyarrow

Format = Literal["tsv", "parquet"]

FILES_PER_FOLDER = 10_000
ROW_GROUP_LINES, ROW_GROUP_BYTES = 1000, 32 << 20
"""A row group is what a reader has in memory; it ends at whichever comes first."""
FILE_BYTES = 400 << 20
"""Of a parquet file, about; a hub's workers each take one."""
REPORT_EVERY = 256

_SUFFIXES = {
    b"\x89PNG": "png", b"\xff\xd8": "jpg", b"RIFF": "webp", b"II*\0": "tif", b"MM\0*": "tif", b"BM": "bmp", b"GIF8": "gif",
}  # fmt: skip
_LAYOUT = {
    "tsv": "- `labels.tsv`: path, text, kind, group, id, with a tab between them, below a header; UTF-8, quotation "
    "marks as pandas and spreadsheets read them. Lines of one group "
    "(document, writer, page) belong in one split.\n"
    "- `images/`: the files that the paths name",
    "parquet": "- `data/*.parquet`: `image` (bytes and path), `text`, `id`, `kind`, `group`. Lines of one group (document, "
    "writer, page) belong in one split.",
}
_CONFIG = {"tsv": "", "parquet": "configs:\n- config_name: default\n  data_files: data/*.parquet\n"}


@dataclass(frozen=True)
class Row:
    """A sample on its way out."""

    path: str
    """Of its image file, relative to the export; ASCII digits, so that it is safe everywhere."""
    image: bytes
    text: str
    kind: str
    group: str
    id: str


def _silent(num_written: int) -> None:
    """Nobody is told."""


def export_store(
    store: Store,
    target: Path,
    form: Format,
    *,
    max_file_bytes: int = FILE_BYTES,
    report: Callable[[int], None] = _silent,
) -> None:
    """Write a store's samples into a new folder, with a data card; whole or not at all.

    Args:
        store: what to export.
        target: the folder to make.
        form: `tsv` or `parquet`.
        max_file_bytes: after which a parquet file is closed and the next one begun.
        report: told now and then how many samples were written.

    Raises:
        InputError: `target` exists or cannot be made, the disk is full, or pyarrow is missing.
        StoreError: a sample has no image or no label.
    """
    if form == "parquet":
        require_extra("parquet", ("pyarrow",))
    counts = CardCounts()
    with new_folder(target) as folder:
        rows = _rows(store, counts, report)
        if form == "tsv":
            _write_tsv(rows, folder)
        else:
            _write_parquet(rows, folder, max_file_bytes)
        characters = [character for character, _ in counts.labels.characters.most_common()]
        (folder / "charset.txt").write_text("".join(f"{one}\n" for one in characters), encoding="utf-8")
        card = data_card(target.name, counts, store.manifest, _LAYOUT[form], _CONFIG[form])
        (folder / "README.md").write_text(card, encoding="utf-8")


def _rows(store: Store, counts: CardCounts, report: Callable[[int], None]) -> Iterator[Row]:
    for index in range(len(store)):
        note, image = store.note(index), store.encoded_image(index)
        suffix = next((suffix for start, suffix in _SUFFIXES.items() if image.startswith(start)), None)
        if suffix is None:
            raise StoreError(
                f"{store.path}: image-{index + 1:09d} is none of {', '.join(_SUFFIXES.values())}; {REPAIR}"
            )
        counts.add(note.text, note.kind, note.group)
        path = f"images/{index // FILES_PER_FOLDER:05d}/{index + 1:09d}.{suffix}"
        kind, group, id_ = (" ".join(name.split()) for name in (note.kind, note.group, note.id))
        yield Row(path, image, note.text, kind, group, id_ or f"{store.name}/{index + 1:09d}")
        if index % REPORT_EVERY == 0:
            report(index)
    report(len(store))


def _write_tsv(rows: Iterator[Row], folder: Path) -> None:
    made = ""
    with (folder / "labels.tsv").open("w", encoding="utf-8", newline="\n") as labels:
        labels.write(tsv_line(("path", "text", "kind", "group", "id")))
        for row in rows:
            shard = row.path.rpartition("/")[0]
            if shard != made:
                (folder / shard).mkdir(parents=True)
                made = shard
            (folder / row.path).write_bytes(row.image)
            labels.write(tsv_line((row.path, row.text, row.kind, row.group, row.id)))


def _write_parquet(rows: Iterator[Row], folder: Path, max_file_bytes: int) -> None:
    """Row group by row group, so that memory does not grow with the store."""
    from pyarrow import parquet

    (folder / "data").mkdir()
    schema = _schema()
    groups = _row_groups(rows)
    group = next(groups, [])
    number = 0
    while number == 0 or group:  # An empty store still gives a file, which says what the columns are.
        path, num_bytes = folder / "data" / f"{number:05d}.parquet", 0
        # Pictures are compressed already; the labels beside them weigh nothing.
        with parquet.ParquetWriter(path, schema, compression="none") as writer:
            while group and num_bytes < max_file_bytes:
                writer.write_table(_table(group, schema))
                num_bytes += sum(len(row.image) for row in group)
                group = next(groups, [])
        number += 1


def _row_groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    num_bytes = 0
    for row in rows:
        group.append(row)
        num_bytes += len(row.image)
        if len(group) == ROW_GROUP_LINES or num_bytes >= ROW_GROUP_BYTES:
            yield group
            group, num_bytes = [], 0
    if group:
        yield group


def _schema() -> "pyarrow.Schema":
    """Columns, and the note by which Hugging Face's `datasets` takes `image` for a picture."""
    import pyarrow

    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    names = ("text", "id", "kind", "group")
    text = {"dtype": "string", "_type": "Value"}
    features = {"image": {"_type": "Image"}, **dict.fromkeys(names, text)}
    schema = pyarrow.schema([("image", image), *((name, pyarrow.string()) for name in names)])
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _table(group: list[Row], schema: "pyarrow.Schema") -> "pyarrow.Table":
    import pyarrow

    columns = {
        "image": [{"bytes": row.image, "path": row.path} for row in group],
        "text": [row.text for row in group],
        "id": [row.id for row in group],
        "kind": [row.kind for row in group],
        "group": [row.group for row in group],
    }
    return pyarrow.table(columns, schema=schema)
