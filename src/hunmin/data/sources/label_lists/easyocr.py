"""EasyOCR's lists for training: a CSV with the header `filename,words`, beside its images.

EasyOCR itself splits at the first comma, so a text may hold commas without quotation marks; where `csv` or pandas wrote the
file, such a text stands in them.
"""

from collections.abc import Iterator

from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages, text_lines
from hunmin.data.sources.page import AMBIGUOUS_QUOTES, Page, Region
from hunmin.data.tab_separated import dialect_of
from hunmin.errors import InputError

HEADER = ["filename", "words"]


def read_easyocr(files: Files) -> Iterator[Page]:
    """A page for every line."""
    return list_pages(files, (".csv",), _reader, "easyocr")


def _reader(list_file: File) -> ReadLine:
    dialect = dialect_of(line.split(",", 1) for _, line in text_lines(list_file))

    def read_line(line: str, where: str) -> Row | None:
        path, comma, written = line.partition(",")
        text = dialect.cell(written)
        path = dialect.cell(path) or path
        if [path, text] == HEADER:
            return None
        if not comma:
            raise InputError(f"{where}: has no comma; write filename, comma, words")
        if text is None:
            # Of commas alone csv makes quotation marks, of printed ones it would have doubled them.
            is_comma_inside = "," in written
            return Row((path,), (Region(written[1:-1] if is_comma_inside else written, drop_reason=AMBIGUOUS_QUOTES),))
        return Row((path,), (Region(text),))

    return read_line
