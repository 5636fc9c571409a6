"""Documents through every format, each file read back by programs that have nothing to do with hunmin.

    benchmarks/print_documents.sh PDFS
    npm install --prefix FOLDER pdfjs-dist
    export PYTHONPATH=.
    python benchmarks/bench_formats.py PDFS --pdfjs FOLDER/node_modules/pdfjs-dist --page-schema page.xsd --out FILE.md

Each PDF is read twice: as it is, so that its own text is taken, and as a picture at 200 dpi. Every format must hold the words
that the JSON holds, and keep to its schema or grammar. In the searchable PDF, PDFium, poppler and pdf.js (in Chromium, which
needs chromedriver) look for each word: it is found where the middle of a word with the same text lies in the word's box, half
a height around it. `--pictures` keeps how pdf.js shows each first page with all of its text selected.
"""

import argparse
import csv
import functools
import http.server
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pikepdf
import pypdfium2
from bench_searchable_pdf import images_only
from lxml import etree
from machine import heading, write_result
from markdown_it import MarkdownIt
from numpy.typing import NDArray
from ocrmypdf.hocrtransform import HocrParser, OcrElement

from hunmin.documents.reader import Reader
from hunmin.documents.writers.save import TEXT_FORMATS
from hunmin.pages.detector import load_detector
from hunmin.recognize.recognizer import Recognizer
from tests.serve.browser import Browser, chromium

DPI: Final = 200
AROUND: Final = 0.5
"""Of a word's height."""
ALTO: Final = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE: Final = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
VIEWER: Final = Path(__file__).with_name("pdfjs_page.html")


@dataclass(frozen=True)
class Placed:
    """A word and its box in points, from the left and the top of the page as it is shown."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def words_of(document: dict[str, Any]) -> list[list[Placed]]:
    """The words of each page of hunmin's JSON."""
    pages = []
    for page in document["pages"]:
        points = 72 / page["dpi"]
        boxes = [
            (word["text"], np.array(word["box"]) * points) for line in page["lines"] for word in line.get("words", [])
        ]
        pages.append([Placed(text, *box.min(axis=0), *box.max(axis=0)) for text, box in boxes])
    return pages


def by_pdfium(path: Path) -> list[list[Placed]]:
    """Words as PDFium gives them."""
    document = pypdfium2.PdfDocument(path)
    pages = []
    for number in range(len(document)):
        page = document[number]
        text_page, height = page.get_textpage(), page.get_height()
        found = []
        for match in re.finditer(r"\S+", text_page.get_text_range()):
            boxes = np.array([text_page.get_charbox(index, loose=True) for index in range(*match.span())])
            left, bottom = boxes[:, :2].min(axis=0)
            right, top = boxes[:, 2:].max(axis=0)
            found.append(Placed(match[0], left, height - top, right, height - bottom))
        pages.append(found)
    return pages


def by_poppler(path: Path) -> list[list[Placed]]:
    """Words as poppler gives them."""
    told = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
    word = re.compile(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>')
    return [
        [Placed(unescape(found[5]), *(float(found[i]) for i in range(1, 5))) for found in word.finditer(page)]
        for page in told.split("<page ")[1:]
    ]


def by_pdfjs(browser: Browser, address: str, path: Path, num_pages: int, picture: Path | None) -> list[list[Placed]]:
    """Words as pdf.js lays them over the page for selecting; a picture of the first page with all of them selected."""
    pages = []
    for number in range(1, num_pages + 1):
        browser.open(f"{address}/view?pdf=/pdf/{quote(path.name)}&page={number}")
        browser.wait_for("document.title == 'ready'")
        told = json.loads(browser.value("document.getElementById('words').textContent"))
        pages.append([Placed(*word) for word in told["words"]])
        if picture and number == 1:
            browser.open(f"{address}/view?pdf=/pdf/{quote(path.name)}&page=1&scale=1.5")
            browser.wait_for("document.title == 'ready'")
            browser.take_picture(picture)
    return pages


def num_in_place(wanted: Sequence[Sequence[Placed]], given: Sequence[Sequence[Placed]]) -> int:
    """How many words were found where they stand."""
    found = 0
    for words, candidates in zip(wanted, given, strict=True):
        left = list(candidates)
        for word in words:
            for other in left:
                if other.text == word.text and _is_around(word, other):
                    left.remove(other)
                    found += 1
                    break
    return found


def _is_around(word: Placed, other: Placed) -> bool:
    x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    margin = AROUND * (word.bottom - word.top)
    return word.left - margin <= x <= word.right + margin and word.top - margin <= y <= word.bottom + margin


def check_formats(folder: Path, words: Sequence[str], num_pages: int, page_schema: Path | None) -> list[str]:
    """What is wrong with the text formats of a document whose words are known; nothing, if all is well."""
    wrong = []

    def expect(name: str, given: Sequence[str], wanted: Sequence[str] = words) -> None:
        if sorted(given) != sorted(wanted):
            wrong.append(f"{name}: {len(given)} words for {len(wanted)}")

    schema = json.loads(files("hunmin.documents").joinpath("schema/document-1.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((folder / "out.json").read_text("utf-8")), schema)
    expect("text", (folder / "out.txt").read_text("utf-8").split())
    with (folder / "out.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    expect("TSV", [re.sub(r"^'(?=[=+\-@])", "", row["text"]) for row in rows])
    hocr = [word for number in range(num_pages) for word in _hocr_words(folder / "out.hocr", number)]
    expect("hOCR", hocr, [unicodedata.normalize("NFKC", word) for word in words])  # which that reader does
    alto = ElementTree.parse(folder / "out.alto.xml").getroot()  # noqa: S314 - our own
    expect("ALTO", [string.get("CONTENT", "") for string in alto.iter(f"{ALTO}String")])
    paths = sorted(folder.glob("*.page.xml"))
    texts: list[str] = []
    for path in paths:
        tree = etree.parse(path)
        texts += [unicode.text for unicode in tree.iterfind(f".//{PAGE}Word/{PAGE}TextEquiv/{PAGE}Unicode")]
        if page_schema and not (validator := etree.XMLSchema(etree.parse(page_schema))).validate(tree):
            wrong.append(f"PAGE: {validator.error_log.last_error}")
    expect("PAGE", texts)
    shown = _shown(MarkdownIt("commonmark").enable("table").render((folder / "out.md").read_text("utf-8")))
    missing = set(words) - set(shown.split())
    # Running heads are left out of Markdown.
    roles = {
        word["text"]
        for page in json.loads((folder / "out.json").read_text("utf-8"))["pages"]
        for line in page["lines"]
        if "role" in line
        for word in line["words"]
    }
    if missing - roles:
        wrong.append(f"Markdown: {sorted(missing - roles)[:5]}")
    return wrong


def _hocr_words(path: Path, number: int) -> Iterator[str]:
    """The words of one page, as OCRmyPDF's reader of hOCR gives them."""
    root = ElementTree.parse(path)  # noqa: S314 - our own
    body = root.getroot().find("{http://www.w3.org/1999/xhtml}body")
    assert body is not None
    for index, page in enumerate(list(body)):
        if index != number:
            body.remove(page)
    alone = path.with_suffix(".one.hocr")
    ElementTree.register_namespace("", "http://www.w3.org/1999/xhtml")
    root.write(alone, encoding="utf-8", xml_declaration=True)
    yield from _leaves(HocrParser(alone).parse())


def _leaves(element: OcrElement) -> Iterator[str]:
    if element.text and not element.children:
        yield element.text
    for child in element.children:
        yield from _leaves(child)


class _Text(HTMLParser):
    """Collects what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shown.append(" ")


def _shown(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return "".join(parser.shown)


@contextmanager
def served(pdfs: Path, pdfjs: Path) -> Iterator[str]:
    """The viewer, pdf.js and the PDFs, over HTTP on this machine."""
    roots = {"/pdf/": pdfs, "/pdfjs-dist/": pdfjs}

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

        def translate_path(self, path: str) -> str:
            for start, folder in roots.items():
                if path.startswith(start):
                    return super().translate_path(path).replace(f"{self.directory}{start}", f"{folder}/")
            return str(VIEWER)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    handler = functools.partial(Handler, directory="/nowhere")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def looks_alike(one: Path, other: Path) -> bool:
    """Whether all pages of two PDFs are drawn alike, to the last pixel."""
    before, after = pypdfium2.PdfDocument(one), pypdfium2.PdfDocument(other)
    return all(np.array_equal(_drawn(before[number]), _drawn(after[number])) for number in range(len(before)))


def _drawn(page: pypdfium2.PdfPage) -> NDArray[np.uint8]:
    return np.asarray(page.render(scale=1).to_pil())


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pdfjs", type=Path, help="the folder of pdfjs-dist")
    parser.add_argument("--page-schema", type=Path, help="the schema of PAGE 2019-07-15")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    reader = Reader(Recognizer("bundled", threads=1), load_detector(1))
    rows = [
        "| document | read as | pages | words | text formats | PDFium | poppler | pdf.js | looks as before |",
        "|---" * 9 + "|",
    ]
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as name, chromium("ko", Path(name), width=960, height=1320) as browser:
        folder = Path(name)
        with served(folder, options.pdfjs) as address:
            for original in sorted(options.folder.glob("*.pdf")):
                for kind in ("PDF", "scan"):
                    for old in folder.glob("out.*"):
                        old.unlink()
                    source = folder / "source.pdf"
                    if kind == "scan":
                        images_only(original, DPI, source)
                    else:
                        source.write_bytes(original.read_bytes())
                    target = folder / "out.searchable.pdf"
                    suffixes = [f"out{kind.suffix}" for kind in TEXT_FORMATS.values()]
                    reader.read_document(source).save(target, *(folder / suffix for suffix in suffixes))
                    words = words_of(json.loads((folder / "out.json").read_text("utf-8")))
                    texts = [word.text for page in words for word in page]
                    wrong = check_formats(folder, texts, len(words), options.page_schema)
                    with pikepdf.open(target) as pdf:
                        wrong += [f"PDF: {problem}" for problem in pdf.check_pdf_syntax()]
                    picture = options.pictures and options.pictures / f"{original.stem}_{kind}.png"
                    found = {
                        "PDFium": num_in_place(words, by_pdfium(target)),
                        "poppler": num_in_place(words, by_poppler(target)),
                        "pdf.js": num_in_place(words, by_pdfjs(browser, address, target, len(words), picture)),
                    }
                    totals[kind].update(words=len(texts), **found)
                    cells = [original.stem, kind, len(words), len(texts), "; ".join(wrong) or "valid", *found.values()]
                    cells.append("yes" if looks_alike(source, target) else "NO")
                    rows.append(f"| {' | '.join(map(str, cells))} |")
                    print(rows[-1], file=sys.stderr, flush=True)
    packages = ("pypdfium2", "pikepdf", "ocrmypdf", "lxml", "jsonschema", "markdown-it-py")
    written = io.StringIO()
    written.write(f"{heading('Documents through every format', packages)}\n")
    written.write("\n".join(rows))
    written.write("\n\n")
    for kind, found in totals.items():
        num = found.pop("words")
        shares = ", ".join(f"{program} {100 * share / num:.1f} %" for program, share in found.items())
        written.write(f"Words of each {kind} found where they stand: {shares} of {num:,}.\n")
    write_result(options.out, written.getvalue())


if __name__ == "__main__":
    main()
