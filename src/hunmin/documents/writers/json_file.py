"""JSON: everything that is known of a document. `schema/document-1.schema.json` says what stands where.

A change that takes something away or changes its meaning gets a new number; keys may be added, and readers pass over
those that they do not know.
"""

from hunmin.documents.page import DocumentPage
from hunmin.documents.source.open_source import Source
from hunmin.documents.writers.text_format import TextFormat
from hunmin.text.printable import json_text
from hunmin.version import __version__

FORMAT = "hunmin-document"
FORMAT_VERSION = 1


def _begin(source: Source, _num_pages: int) -> str:
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "hunmin_version": __version__,
        "path": str(source.path),
        "num_pages": source.num_pages,
    }
    return f'{json_text(head)[:-1]}, "pages": [\n'


def _page(page: DocumentPage) -> str:
    return json_text(page.to_dict())


JSON = TextFormat(".json", _page, _begin, between=",\n", end="\n]}\n")
