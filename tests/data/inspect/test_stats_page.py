"""The statistics as a page: complete in itself, and nothing in a store can act in it."""

import base64
import re
from io import BytesIO

from fontTools.ttLib import TTFont

from hunmin.data.inspect.gallery import Gallery
from hunmin.data.inspect.stats import data_stats
from hunmin.data.inspect.stats_page import stats_page
from hunmin.data.sample import Sample
from tests.data.lines import CHARSET, line, lines
from tests.html.elements import Elements


def page_of(samples: list[Sample], name: str = "lines") -> str:
    gallery = Gallery()
    stats = data_stats(gallery.watch(samples), CHARSET)
    return stats_page(name, stats, gallery, CHARSET)


def test_the_page_shows_figures_charts_characters_and_crops_and_closes_every_element() -> None:
    page = Elements(page_of([*lines(30), line(99, text="뷁A가", width=400)]))
    assert page.open == []
    assert page.text.count("median ") == 4
    for part in (
        "31",
        "Kinds",
        "document",
        "Not in the charset",
        "2 characters that test lacks, in 1 lines",
        "뷁",
        "hangul",
    ):
        assert part in page.text
    pictures = [value for name, value in page.attributes if name == "src"]
    assert len(pictures) == 12 + 12 + 4 * 8
    assert all(value.startswith("data:image/jpeg;base64,") for value in pictures)


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    source = page_of(list(lines(10)))
    page = Elements(source)
    assert "script" not in page.tags
    assert not any(name.startswith("on") or name == "href" for name, _ in page.attributes)
    assert (
        "content",
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'",
    ) in page.attributes
    assert not re.search(r"https?:|@import", source)
    assert re.findall(r"url\(\"(.{9})", source) == ["data:font"]


def test_texts_of_a_store_stay_text() -> None:
    evil = Sample(line(1).image, "</b><script>x</script>", "1", '"><img src=x onerror=y>')
    page = Elements(page_of([evil] * 2, name="<script>alert(1)</script>"))
    assert "script" not in page.tags
    assert not any(name == "onerror" or value == "x" for name, value in page.attributes)
    assert '"><img src=x onerror=y>' in page.text
    assert "<script>alert(1)</script>" in page.text


def test_every_character_shows_from_the_font_inside_or_as_its_code_point() -> None:
    source = page_of([line(0, text="뷁漢€\x1b")])
    data = re.search(r'url\("data:font/woff;base64,([^"]+)"', source)
    assert data
    with TTFont(BytesIO(base64.b64decode(data[1]))) as font:
        drawn = set(map(chr, font.getBestCmap()))
    body = Elements(re.sub(r"(?s)<head>.*</head>", "", source)).text
    assert "뷁" in drawn
    assert "U+6F22" in body
    assert "U+001B" in body
    assert set(body) - drawn <= {"\n"}


def test_an_empty_store_has_a_page_too() -> None:
    page = Elements(page_of([]))
    assert page.open == []
    assert "0lines" in page.text
