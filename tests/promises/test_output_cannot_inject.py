"""S12: whatever a text or a file name holds, no output takes it for markup, a formula or a command to the terminal."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hunmin.documents.document import Document
from hunmin.documents.reader import Reader
from hunmin.documents.source.images import ImageFile
from hunmin.documents.words import Word
from hunmin.documents.writers.save import TEXT_FORMATS
from tests.documents.paper import block_reader, document_page, rectangle, scan_pdf, text_pdf

HOSTILE = [
    "<script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "'><img/src=x>",
    "]]><!--&#0;-->&amp;&x;",
    "=cmd|'/c_calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "a\x00b\x0bc\x7f",
    "line\u2028end\u2029\x85",
    "\u202egnp.exe",
    "\ufeff\ufffe\uffff",
    "\ud800",
    "tab\there\r\nand",
    "{{7*7}}${x}`id`",
]
ACTIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufeff\ud800-\udfff]")


def hostile_document(folder: Path) -> Document:
    """A document whose path and words are hostile."""
    source = ImageFile(folder / "".join(HOSTILE), (None,), (None,))
    words = [
        (
            Word(text, rectangle(10, 40 * row, 200, 40 * row + 30), 0.5),
            Word(text, rectangle(210, 40 * row, 400, 40 * row + 30), 0.5),
        )
        for row, text in enumerate(HOSTILE)
    ]
    page = document_page(words, 500, 800, path=str(source.path))
    return Document(source, (1,), lambda: iter([page]))


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_no_format_lets_a_control_character_through(kind: str, tmp_path: Path) -> None:
    text = "".join(hostile_document(tmp_path).chunks(TEXT_FORMATS[kind]))
    text.encode("utf-8")
    assert ACTIVE.findall(text) == []


@pytest.mark.parametrize("kind", ["hocr", "alto", "page"])
def test_markup_stays_text(kind: str, tmp_path: Path) -> None:
    text = "".join(hostile_document(tmp_path).chunks(TEXT_FORMATS[kind]))
    root = ElementTree.fromstring(text)
    names = {element.tag.partition("}")[2] for element in root.iter()}
    assert not names & {"script", "img"}
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
    held = [value for element in root.iter() for value in (element.text, *element.attrib.values()) if value]
    assert any("<script>alert(1)</script>" == value for value in held)


def test_json_gives_every_text_back_and_closes_no_element(tmp_path: Path) -> None:
    text = "".join(hostile_document(tmp_path).chunks(TEXT_FORMATS["json"]))
    assert "<" not in text
    lines = json.loads(text)["pages"][0]["lines"]
    assert [line["words"][0]["text"] for line in lines] == HOSTILE


def test_a_table_has_its_columns_and_no_formula(tmp_path: Path) -> None:
    text = "".join(hostile_document(tmp_path).chunks(TEXT_FORMATS["tsv"]))
    rows = list(csv.reader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {len(row) for row in rows} == {9}
    assert len(rows) == 1 + 2 * len(HOSTILE)
    assert not any(row[-1].startswith(("=", "+", "-", "@")) for row in rows)


def test_markdown_holds_no_html(tmp_path: Path) -> None:
    text = "".join(hostile_document(tmp_path).chunks(TEXT_FORMATS["markdown"]))
    assert re.findall(r"(?<!\\)[<>]", text) == []


def test_hostile_text_in_a_pdf_comes_out_as_text(tmp_path: Path) -> None:
    path = text_pdf(tmp_path / "a&<b>'.pdf", ["<script>alert(1)</script> 가나다라마바사아자차"])
    reader: Reader = block_reader()
    targets = [tmp_path / f"out{kind.suffix}" for kind in TEXT_FORMATS.values()]
    reader.read_document(path).save(*targets)
    for target in targets:
        assert "<script>" not in target.read_text("utf-8") or target.suffix in (".txt", ".tsv")


def test_hostile_words_go_into_a_searchable_pdf_without_breaking_it(tmp_path: Path) -> None:
    import numpy as np
    import pikepdf

    from hunmin.documents.writers.pdf.invisible_text import InvisibleText

    (page,) = hostile_document(tmp_path)
    content = InvisibleText().content(page, np.array([[1, 0, 0], [0, -1, 800], [0, 0, 1.0]]))
    with pikepdf.open(scan_pdf(tmp_path / "a.pdf")) as pdf:
        operators = [str(operator) for _, operator in pikepdf.parse_content_stream(pdf.make_stream(content))]
    assert set(operators) == {"q", "BT", "Tr", "Tf", "Tz", "Tm", "Tj", "ET", "Q"}
    assert operators.count("Tj") == 3 * len(HOSTILE)
