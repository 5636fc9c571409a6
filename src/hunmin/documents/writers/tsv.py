"""TSV: a row a word, for spreadsheets and scripts."""

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import around
from hunmin.documents.writers.markup import table_row
from hunmin.documents.writers.text_format import TextFormat

COLUMNS = ("page", "line", "word", "left", "top", "width", "height", "confidence", "text")


def _page(page: DocumentPage) -> str:
    rows = []
    for line_number, words in enumerate(page.words, 1):
        for word_number, word in enumerate(words, 1):
            left, top, right, bottom = map(round, around([word.box]))
            place = (left, top, right - left, bottom - top)
            cells = (page.number, line_number, word_number, *place, f"{word.confidence:.4f}", word.text)
            rows.append(f"{table_row(cells)}\n")
    return "".join(rows)


TSV = TextFormat(".tsv", _page, lambda source, num_pages: "\t".join(COLUMNS) + "\n")
