"""The page: self-contained, escaped, complete."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from hunmin.drawing import gothic
from hunmin.evaluate.report import Prediction, build_report
from hunmin.evaluate.web_page import Measured, font_face, side_by_side, web_page
from hunmin.metrics import align

HOSTILE = "<script>alert(1)</script>\"'&\x1b[2J\u202e\x00"
PREDICTIONS = [
    Prediction("한글 입니다", "힌글입니다!", 0.9, "sign", "a.png"),
    Prediction("가나다", "가나다", 0.99, "receipt", "b.png"),
    Prediction("漢字", "", 0.2, "sign", "c.png"),
]


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "action", "srcset")]
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in ("meta", "img", "br", "path", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "circle"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(predictions: list[Prediction], name: str = "model", data: str = "data") -> str:
    report = build_report(predictions)
    pictures = {index: np.full((20, 40, 3), 10 * index, np.uint8) for index in range(len(predictions))}
    return web_page(data, [Measured(name, report, 10.0)], pictures)


def test_nothing_is_loaded_from_anywhere_and_nothing_may_run() -> None:
    html = page(PREDICTIONS)
    elements = Elements(html)
    assert elements.open == []
    assert all(address.startswith("data:image/png;base64,") for address in elements.addresses)
    assert not re.search(r"https?://|@import|url\((?!\"data:)", html)
    assert "script" not in elements.tags
    assert "default-src 'none'" in html


def test_hostile_texts_kinds_and_names_stay_text() -> None:
    html = page([Prediction(HOSTILE, HOSTILE[::-1], 0.5, HOSTILE, HOSTILE)], name=HOSTILE, data=HOSTILE)
    elements = Elements(html)
    assert "script" not in elements.tags
    assert not set("\x00\x1b\u202e") & set(html)
    assert "U+001B" in elements.text
    assert "U+202E" in elements.text


def test_pictures_are_the_crops_and_labels_and_readings_stand_beside_them() -> None:
    html = page(PREDICTIONS)
    urls = re.findall(r'<article><img src="data:image/png;base64,([^"]+)"', html)
    crops = [cv2.imdecode(np.frombuffer(base64.b64decode(url), np.uint8), cv2.IMREAD_COLOR) for url in urls]
    assert [(crop.shape, int(crop[0, 0, 0])) for crop in crops] == [((20, 40, 3), 20), ((20, 40, 3), 0)]
    assert "b.png" not in html  # it was read right
    assert '<span class="sub"><b>한</b><i>힌</i></span><span><b>글</b><i>글</i></span>' in html


def test_characters_that_the_font_lacks_stand_as_code_points() -> None:
    html = page(PREDICTIONS)
    assert "漢" not in html
    assert '<span class="cp">U+6F22</span>' in html


def test_the_font_is_cut_down_to_what_the_page_says() -> None:
    (font,) = re.findall(r"data:font/woff;base64,([^\"]+)", page(PREDICTIONS))
    assert base64.b64decode(font)[:4] == b"wOFF"
    assert len(font) < 60_000


def test_without_fonttools_the_whole_font_stands_in_the_page() -> None:
    (font,) = re.findall(r"data:font/ttf;base64,([^\"]+)", font_face({"가"}, cut_down=False))
    assert base64.b64decode(font) == gothic().path.read_bytes()


def test_a_missing_and_an_extra_space_can_be_seen() -> None:
    assert '<span class="del"><b><u class="space"></u></b>' in side_by_side(align("가나", "가 나"))
    assert '<i><u class="space"></u></i>' in side_by_side(align("가 나", "가나"))


@pytest.mark.parametrize("predictions", [[], [Prediction("가", "가", 1.0)], [Prediction("", "", 0.5)]])
def test_a_page_without_mistakes_or_without_lines_is_a_page(predictions: list[Prediction]) -> None:
    elements = Elements(page(predictions))
    assert elements.open == []
    assert "article" not in elements.tags


def test_several_engines_stand_in_every_table_and_beneath_every_worst_line() -> None:
    one, other = (
        build_report(PREDICTIONS),
        build_report([Prediction(p.label, p.label, 1.0, p.kind) for p in PREDICTIONS]),
    )
    html = web_page("data", [Measured("ours", one, 10.0), Measured("tesseract:kor", other, 2.0)], {})
    assert html.count("tesseract:kor") >= 5 + 2
    assert Elements(html).open == []
