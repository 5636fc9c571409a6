"""Markdown: paragraphs, headings by their size, tables, and a rule between pages; running heads and page numbers are left out.

Lines of a paragraph stay lines, for Korean breaks lines inside words, so that nobody knows whether a space belongs there. A table
whose cells go over several rows or columns is HTML, for tables of Markdown know no such cells.
"""

import re
from html import escape

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Block, blocks
from hunmin.documents.tables.table import Table
from hunmin.documents.writers.markup import table_rows
from hunmin.documents.writers.text_format import TextFormat
from hunmin.text.printable import printable

_INSIDE = re.compile(r"([\\`*_\[\]<>&|~$])")
_AT_START = re.compile(r"^([#+=-]|\d+(?=[.)]))")
"""What makes a heading, a list, a rule or a number of a list at the start of a line."""
_CLOSING = re.compile(r"(?<!\S)#+$")
"""What would only close a heading."""


def _page(page: DocumentPage) -> str:
    shown = [block for block in blocks(page) if isinstance(block, Table) or block.role == "body"]
    return "\n".join(f"{_block(block)}\n" for block in shown)


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _html_table(block) if block.has_spans else _pipe_table(block)
    if not block.heading_level:
        return "\n".join("\t".join(_escaped(line.text) for line in row) for row in block.rows())
    title = _CLOSING.sub(r"\\\g<0>", " ".join(_escaped(line.text) for line in block.lines))
    return f"{'#' * block.heading_level} {title}"


def _pipe_table(table: Table) -> str:
    """A table whose first row is its head, for Markdown knows no other."""
    rows = [[_in_pipes(cell.text) if cell else "" for cell in row] for row in table.rows()]
    rows.insert(1, ["---"] * table.num_columns)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _in_pipes(text: str) -> str:
    return "<br>".join(_INSIDE.sub(r"\\\1", printable(line.strip())) for line in text.split("\n"))


def _html_table(table: Table) -> str:
    def content(text: str) -> str:
        return "<br>".join(escape(printable(line)) for line in text.split("\n"))

    return f"<table>\n{table_rows(table, lambda cell: content(cell.text))}</table>"


def _escaped(text: str) -> str:
    inside = _INSIDE.sub(r"\\\1", printable(text.strip()))
    start = _AT_START.match(inside)
    if not start:
        return inside
    number = start[1].isdigit()
    return f"{start[1]}\\{inside[start.end() :]}" if number else f"\\{inside}"


MARKDOWN = TextFormat(".md", _page, between="\n---\n\n")
