"""Plain text: a row a line, with tabs inside it, and a form feed between pages, as pdftotext writes it."""

from hunmin.documents.page import DocumentPage
from hunmin.documents.writers.text_format import TextFormat
from hunmin.text.printable import printable


def _page(page: DocumentPage) -> str:
    return "".join("\t".join(map(printable, row)) + "\n" for row in page.text_rows())


PLAIN_TEXT = TextFormat(".txt", _page, between="\f")
