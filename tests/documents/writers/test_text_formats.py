"""Each text format, checked by what others ask of it: schemas, parsers, and the rules of its specification."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from hunmin.documents.writers.hocr import HOCR
from hunmin.documents.writers.markdown import MARKDOWN
from hunmin.documents.writers.plain_text import PLAIN_TEXT
from hunmin.documents.writers.save import TEXT_FORMATS, format_of
from hunmin.errors import ImageError, InputError
from tests.documents.paper import PLACES, block_reader, damaged_tiff, page_of_lines, scan_pdf, scan_tiff

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
WORDS = [word for line in PLACES for word in line.split()]

# What may stand in an element, in which order, and what it must say. From the schemas alto-4-4.xsd and pagecontent.xsd
# (2019-07-15), as far as these writers use them.
ALTO_RULES = {
    "alto": ("Description Layout", {"SCHEMAVERSION"}),
    "Description": ("MeasurementUnit sourceImageInformation Processing", set()),
    "MeasurementUnit": ("", set()),
    "sourceImageInformation": ("fileName", set()),
    "fileName": ("", set()),
    "Processing": ("processingCategory processingSoftware", {"ID"}),
    "processingCategory": ("", set()),
    "processingSoftware": ("softwareName softwareVersion", set()),
    "softwareName": ("", set()),
    "softwareVersion": ("", set()),
    "Layout": ("(Page )+", set()),
    "Page": (
        "(TopMargin )?(BottomMargin )?PrintSpace",
        {"ID", "PHYSICAL_IMG_NR", "WIDTH", "HEIGHT", "PROCESSINGREFS", "LANG"},
    ),
    "TopMargin": ("(TextBlock )+", {"HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "BottomMargin": ("(TextBlock )+", {"HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "PrintSpace": ("((TextBlock|ComposedBlock) )*", {"HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "ComposedBlock": ("((TextBlock|ComposedBlock) )*", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "TYPE"}),
    "TextBlock": ("(TextLine )*", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "TextLine": ("Shape String( SP String)*", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "String": ("Shape", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "CONTENT", "WC"}),
    "SP": ("", {"WIDTH", "HPOS", "VPOS"}),
    "Shape": ("Polygon", set()),
    "Polygon": ("", {"POINTS"}),
}
PAGE_RULES = {
    "PcGts": ("Metadata Page", set()),
    "Metadata": ("Creator Created LastChange", set()),
    "Creator": ("", set()),
    "Created": ("", set()),
    "LastChange": ("", set()),
    "Page": (
        "(ReadingOrder )?((TextRegion|TableRegion) )*",
        {
            "imageFilename",
            "imageWidth",
            "imageHeight",
            "imageXResolution",
            "imageYResolution",
            "imageResolutionUnit",
            "primaryLanguage",
        },
    ),
    "ReadingOrder": ("OrderedGroup", set()),
    "OrderedGroup": ("(RegionRefIndexed )+", {"id"}),
    "RegionRefIndexed": ("", {"index", "regionRef"}),
    "TableRegion": ("Coords (TextRegion )*", {"id", "rows", "columns", "lineSeparators", "embText"}),
    "TextRegion": ("Coords (Roles )?((TextLine )+TextEquiv)?", {"id", "type"}),
    "Roles": ("TableCellRole", set()),
    "TableCellRole": ("", {"rowIndex", "columnIndex", "rowSpan", "colSpan"}),
    "TextLine": ("Coords Baseline (Word )+TextEquiv", {"id"}),
    "Word": ("Coords TextEquiv", {"id"}),
    "Coords": ("", {"points"}),
    "Baseline": ("", {"points"}),
    "TextEquiv": ("Unicode", {"conf"}),
    "Unicode": ("", set()),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scan of three pages in every text format."""
    folder = tmp_path_factory.mktemp("saved")
    document = block_reader().read_document(scan_pdf(folder / "scan.pdf", num_pages=3), dpi=72)
    document.save(*(folder / f"out{kind.suffix}" for kind in TEXT_FORMATS.values()))
    return folder


def check_element(element: ElementTree.Element, rules: dict[str, tuple[str, set[str]]]) -> None:
    name = element.tag.partition("}")[2]
    children, attributes = rules[name]
    inside = "".join(f"{child.tag.partition('}')[2]} " for child in element)
    assert re.fullmatch(f"{children} ?", inside), f"{name} holds {inside}"
    assert set(element.attrib) <= attributes, name
    assert set(element.attrib) >= attributes - {"conf", "type"} - {key for key in attributes if "Resolution" in key}, (
        name
    )
    for key in ("points", "POINTS"):
        assert re.fullmatch(r"\d+,\d+( \d+,\d+)+", element.get(key, "0,0 0,0"))
    for key in ("conf", "WC"):
        assert 0 <= float(element.get(key, 0)) <= 1
    for child in element:
        check_element(child, rules)


def check_unique_names(root: ElementTree.Element, key: str) -> None:
    names = [element.get(key) for element in root.iter() if element.get(key)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", str(name)) for name in names)


def test_text_has_a_line_a_line_and_a_form_feed_between_pages(saved: Path) -> None:
    page = "\n".join(PLACES) + "\n"
    assert (saved / "out.txt").read_bytes().decode() == "\f".join([page] * 3)


def test_json_keeps_to_its_schema(saved: Path) -> None:
    schema = json.loads(files("hunmin.documents").joinpath("schema/document-1.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    values = json.loads((saved / "out.json").read_text("utf-8"))
    jsonschema.validate(values, schema)
    assert [page["number"] for page in values["pages"]] == [1, 2, 3]
    assert [word["text"] for line in values["pages"][2]["lines"] for word in line["words"]] == WORDS
    del values["pages"][0]["lines"][0]["box"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, schema)


def test_tsv_has_a_row_a_word(saved: Path) -> None:
    with (saved / "out.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [row["text"] for row in rows] == WORDS * 3
    assert [row["page"] for row in rows[:: len(WORDS)]] == ["1", "2", "3"]
    assert [(row["line"], row["word"]) for row in rows[:3]] == [("1", "1"), ("1", "2"), ("2", "1")]
    assert all(int(row["width"]) > 0 and int(row["height"]) == 32 and 0 < float(row["confidence"]) <= 1 for row in rows)


def test_alto_holds_what_its_schema_allows(saved: Path) -> None:
    root = ElementTree.parse(saved / "out.alto.xml").getroot()
    check_element(root, ALTO_RULES)
    check_unique_names(root, "ID")
    assert [string.get("CONTENT") for string in root.iter(f"{ALTO}String")] == WORDS * 3
    processing = [element.get("ID") for element in root.iter(f"{ALTO}Processing")]
    assert {page.get("PROCESSINGREFS") for page in root.iter(f"{ALTO}Page")} == set(processing)
    for line in root.iter(f"{ALTO}TextLine"):
        places = [(int(part.get("HPOS", 0)), int(part.get("WIDTH", 0))) for part in line if part.tag != f"{ALTO}Shape"]
        assert all(left + width <= following + 1 for (left, width), (following, _) in pairwise(places))


def test_page_xml_has_a_file_a_page_that_holds_what_its_schema_allows(saved: Path) -> None:
    paths = sorted(saved.glob("*.page.xml"))
    assert [path.name for path in paths] == ["out.0001.page.xml", "out.0002.page.xml", "out.0003.page.xml"]
    for path in paths:
        root = ElementTree.parse(path).getroot()
        check_element(root, PAGE_RULES)
        check_unique_names(root, "id")
        regions = [region.get("id") for region in root.iter(f"{PAGE}TextRegion")]
        assert [reference.get("regionRef") for reference in root.iter(f"{PAGE}RegionRefIndexed")] == regions
        words = root.findall(f".//{PAGE}Word/{PAGE}TextEquiv/{PAGE}Unicode")
        assert [word.text for word in words] == WORDS


def test_hocr_is_xml_and_html_whose_titles_keep_to_the_grammar(saved: Path) -> None:
    text = (saved / "out.hocr").read_text("utf-8")
    root = ElementTree.fromstring(text)
    classes: dict[str, list[str]] = {}
    for element in root.iter():
        if "class" in element.attrib:
            classes.setdefault(element.attrib["class"], []).append(element.attrib["title"])
    used = next(
        meta for meta in root.iter("{http://www.w3.org/1999/xhtml}meta") if meta.get("name") == "ocr-capabilities"
    )
    assert set(classes) | {"ocrp_wconf"} <= set(str(used.get("content")).split())
    bbox = r"bbox \d+ \d+ \d+ \d+"
    grammar = {
        "ocr_page": rf'image "[^"]*"; {bbox}; ppageno \d+(; scan_res \d+ \d+)?',
        "ocr_par": bbox,
        "ocr_line": rf"{bbox}; baseline -?\d+\.\d+ -?\d+\.\d+",
        "ocrx_word": rf"{bbox}; x_wconf \d+",
    }
    for name, titles in classes.items():
        assert all(re.fullmatch(grammar[name], title) for title in titles), name
    assert [len(classes[name]) for name in grammar] == [3, 9, 9, 3 * len(WORDS)]
    shown: list[str] = []
    parser = HTMLParser()
    parser.handle_data = lambda data: shown.append(data.strip())  # type: ignore[method-assign]
    parser.feed(text)
    assert [word for word in shown if word][1:] == WORDS * 3


def test_markdown_has_headings_paragraphs_and_nothing_that_only_looks_like_markup() -> None:
    page = page_of_lines(
        ("제목", 100, 50, 60),
        ("# 아님", 100, 200, 30),
        ("1. 아님", 100, 240, 30),
        ("*별* [a](b) <b> _밑_", 100, 280, 30),
        ("- 새", 100, 400, 30),
    )
    for shown, written in (
        ("제목 #", "제목 \\#"),
        ("제목 ##", "제목 \\##"),
        ("C#", "C#"),
    ):  # at its end they close a heading
        assert MARKDOWN.page(
            page_of_lines((shown, 100, 50, 60), *[("글", 100, 200 + 40 * n, 30) for n in range(3)])
        ).startswith(f"# {written}\n")
    assert MARKDOWN.page(page) == "# 제목\n\n\\# 아님\n1\\. 아님\n\\*별\\* \\[a\\](b) \\<b\\> \\_밑\\_\n\n\\- 새\n"


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_a_page_without_text_is_written_too(kind: str, tmp_path: Path) -> None:
    page = page_of_lines(path=None)
    text = TEXT_FORMATS[kind].page(page)
    if kind in ("hocr", "page"):
        ElementTree.fromstring(text)
    assert text or kind in ("text", "tsv", "markdown")


def test_a_line_that_runs_up_or_down_has_an_angle_and_no_baseline_in_hocr() -> None:
    corners = [(10.0, 10.0), (40.0, 10.0), (40.0, 200.0), (10.0, 200.0)]
    for first, told in enumerate(("baseline 0.0000", "textangle 270", "textangle 180", "textangle 90")):
        page = page_of_lines(("글", 1, 1, 9))
        line = replace(page.lines[0], box=tuple(corners[first:] + corners[:first]))
        title = HOCR.page(replace(page, lines=(line,)))
        assert f"bbox 10 10 40 200; {told}" in title


def test_a_heading_in_hocr_is_a_line_and_its_image_has_no_quotation_mark_inside() -> None:
    assert "image &quot;a%22b.png&quot;;" in HOCR.page(page_of_lines(("글", 1, 1, 9), path='a"b.png'))


def test_lines_without_text_leave_no_blank_line() -> None:
    page = page_of_lines(("글", 1, 1, 9))
    blank = type(page)(
        **{
            **vars(page),
            "lines": (*page.lines, type(page.lines[0])("", 0.0, page.lines[0].box)),
            "words": (*page.words, ()),
        }
    )
    assert PLAIN_TEXT.page(blank) == "글\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.TXT", "text"),
        ("a.alto.xml", "alto"),
        ("a.page.xml", "page"),
        ("a.searchable.pdf", "pdf"),
        ("a.pdf", "pdf"),
        ("a.md", "markdown"),
    ],
)
def test_the_format_is_what_the_name_ends_in(name: str, kind: str) -> None:
    assert format_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["a", "a.xml", "a.docx", "txt"])
def test_a_name_that_ends_in_no_format_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    document = block_reader().read_document(scan_tiff(tmp_path / "a.tif"))
    with pytest.raises(InputError, match="no format has this ending"):
        document.save(tmp_path / name)


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_a_page_that_cannot_be_read_is_left_empty_and_json_says_why(kind: str, tmp_path: Path) -> None:
    document = block_reader().read_document(damaged_tiff(tmp_path / "a.tif"))
    written = document.save(tmp_path / f"a{TEXT_FORMATS[kind].suffix}")
    assert list(document.errors) == [2]
    assert len(written) == (3 if kind == "page" else 1)
    text = "".join(path.read_text("utf-8") for path in written)
    if kind == "json":
        values = json.loads(text)
        schema = json.loads(files("hunmin.documents").joinpath("schema/document-1.schema.json").read_text("utf-8"))
        jsonschema.validate(values, schema)
        assert values["pages"][1]["error"] == {"code": "unreadable", "message": str(document.errors[2])}
    if kind == "text":
        assert [bool(page) for page in text.split("\f")] == [True, False, True]


def test_when_the_only_page_fails_no_file_is_left(tmp_path: Path) -> None:
    path = scan_tiff(tmp_path / "a.tif", 1, compression="tiff_deflate")
    document = block_reader().read_document(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    targets = [tmp_path / "out.txt", tmp_path / "out.page.xml", tmp_path / "out.hocr"]
    with pytest.raises(ImageError):
        document.save(*targets)
    assert [file.name for file in tmp_path.iterdir()] == ["a.tif"]
