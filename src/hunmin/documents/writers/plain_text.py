"""Plain text: a line a line, and a form feed between pages, as pdftotext writes it."""

from hunmin.documents.document import DocumentPage
from hunmin.documents.writers.text_format import TextFormat
from hunmin.text.printable import printable


def _page(page: DocumentPage) -> str:
    return "".join(f"{printable(line.text)}\n" for line in page.lines if line.text)


PLAIN_TEXT = TextFormat(".txt", _page, between="\f")
