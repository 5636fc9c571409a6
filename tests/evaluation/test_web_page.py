"""The page: self-contained, escaped, complete."""

import base64
import re

import cv2
import numpy as np
import pytest

from hunmin.evaluation.report import Prediction, build_report
from hunmin.evaluation.web_page import Measured, web_page
from hunmin.html.pairs import side_by_side
from hunmin.metrics import align
from tests.html.elements import Elements

HOSTILE = "<script>alert(1)</script>\"'&\x1b[2J\u202e\x00"
PREDICTIONS = [
    Prediction("한글 입니다", "힌글입니다!", 0.9, "sign", "a.png"),
    Prediction("가나다", "가나다", 0.99, "receipt", "b.png"),
    Prediction("漢字", "", 0.2, "sign", "c.png"),
]


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
