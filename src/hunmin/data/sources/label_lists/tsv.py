"""Tab-separated lists: path, text; or columns in any order below a header with `path` and `text`."""

from collections.abc import Iterator

from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages, text_lines
from hunmin.data.sources.page import AMBIGUOUS_QUOTES, Page, Region
from hunmin.data.tab_separated import dialect_of
from hunmin.errors import InputError


def read_tsv(files: Files) -> Iterator[Page]:
    """A page for every line. A header may name the columns `kind` and `group`, too; others are passed over.

    Quotation marks are read as the list treats them (`Dialect`); a text of which nobody can tell whether its own belong to it
    is dropped for `ambiguous quotes`.
    """
    return list_pages(files, (".tsv", ".txt") if not any(files.with_suffix(".tsv")) else (".tsv",), _reader, "tsv")


def _reader(list_file: File) -> ReadLine:
    dialect = dialect_of(line.split("\t") for _, line in text_lines(list_file))
    columns: dict[str, int] = {}

    def read_line(line: str, where: str) -> Row | None:
        written = line.split("\t")
        # Only a text may stand in marks of its own.
        cells = [cell if (read := dialect.cell(cell)) is None else read for cell in written]
        if not columns:
            is_header = {"path", "text"} <= set(cells)
            columns.update({name: place for place, name in enumerate(cells)} if is_header else {"path": 0, "text": 1})
            if is_header:
                return None
        if len(cells) <= max(columns["path"], columns["text"]):
            raise InputError(f"{where}: has {len(cells) - 1} tabs; write path, tab, text")
        num_columns = max(columns.values()) + 1
        if any(cell.strip() for cell in cells[num_columns:]):
            # Part of the label, or a column of its own? Left out, it might shorten a label.
            raise InputError(
                f"{where}: has {len(cells) - 1} tabs for {num_columns} columns; write a space for a tab in a text, and a "
                "header (path, text, kind …) above further columns"
            )
        kind, group = (
            cells[columns[name]] if columns.get(name, len(cells)) < len(cells) else "" for name in ("kind", "group")
        )
        is_ambiguous = dialect.cell(written[columns["text"]]) is None
        region = Region(cells[columns["text"]], drop_reason=AMBIGUOUS_QUOTES if is_ambiguous else "")
        return Row((cells[columns["path"]],), (region,), kind, group)

    return read_line
