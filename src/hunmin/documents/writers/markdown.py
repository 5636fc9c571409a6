"""Markdown: paragraphs, headings by their size, and a rule between pages.

Lines of a paragraph stay lines, for Korean breaks lines inside words, so that nobody knows whether a space belongs there.
"""

import re

from hunmin.documents.document import DocumentPage
from hunmin.documents.paragraphs import Paragraph, paragraphs
from hunmin.documents.writers.text_format import TextFormat
from hunmin.text.printable import printable

_INSIDE = re.compile(r"([\\`*_\[\]<>&|~$])")
_AT_START = re.compile(r"^([#+=-]|\d+(?=[.)]))")
"""What makes a heading, a list, a rule or a number of a list at the start of a line."""


def _page(page: DocumentPage) -> str:
    return "\n".join(f"{_block(paragraph)}\n" for paragraph in paragraphs(page))


def _block(paragraph: Paragraph) -> str:
    lines = [_escaped(line.text) for line in paragraph.lines]
    return f"{'#' * paragraph.heading_level} {' '.join(lines)}" if paragraph.heading_level else "\n".join(lines)


def _escaped(text: str) -> str:
    inside = _INSIDE.sub(r"\\\1", printable(text.strip()))
    start = _AT_START.match(inside)
    if not start:
        return inside
    number = start[1].isdigit()
    return f"{start[1]}\\{inside[start.end() :]}" if number else f"\\{inside}"


MARKDOWN = TextFormat(".md", _page, between="\n---\n\n")
