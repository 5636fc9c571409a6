"""The shell of a page: complete in itself, and nothing can act in it."""

import base64
import re
from io import BytesIO

from fontTools.ttLib import TTFont

from hunmin.drawing import gothic
from hunmin.html.page import POLICY, STYLE, font_face, page
from hunmin.html.text import shown
from tests.html.elements import Elements

HOSTILE = "</title><script>alert(1)</script>\"'&\x1b[2J\u202e\x00"


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    source = page("title", ["<p>가</p>"], footer="end")
    elements = Elements(source)
    assert elements.open == []
    assert "script" not in elements.tags
    assert elements.addresses == []
    assert (
        "content",
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'",
    ) in elements.attributes
    assert not re.search(r"https?:|@import", source)
    assert re.findall(r"url\(\"(.{9})", source) == ["data:font"]


def test_a_hostile_title_stays_text() -> None:
    source = page(HOSTILE, [f"<h1>{shown(HOSTILE)}</h1>"], footer="")
    elements = Elements(source)
    assert "script" not in elements.tags
    assert not set("\x00\x1b\u202e") & set(source)
    assert elements.text.count("<script>alert(1)</script>\"'&U+001B[2JU+202EU+0000") == 2


def test_the_page_says_its_language_and_leaves_out_empty_sections() -> None:
    source = page("title", ["<p>가</p>", "", "<p>나</p>"], footer="end", language="ko")
    assert '<html lang="ko">' in source
    assert "<p>가</p>\n<p>나</p>\n<footer>end</footer>" in source


def test_the_font_holds_what_the_page_shows_and_little_else() -> None:
    (data,) = re.findall(r'data:font/woff;base64,([^"]+)', page("title", ["<p>뷁漢</p>"], footer=""))
    with TTFont(BytesIO(base64.b64decode(data))) as font:
        drawn = set(map(chr, font.getBestCmap()))
    assert "뷁" in drawn
    assert not drawn & set("漢각")
    assert len(data) < 30_000


def test_without_fonttools_the_whole_font_stands_in_the_page() -> None:
    (font,) = re.findall(r"data:font/ttf;base64,([^\"]+)", font_face({"가"}, cut_down=False))
    assert base64.b64decode(font) == gothic().path.read_bytes()


def test_the_style_names_nothing_outside_the_page_and_every_colour_for_dark_windows_too() -> None:
    style = STYLE.read_text(encoding="utf-8")
    assert "url(" not in style
    assert "import" not in style
    light, dark = (
        dict(re.findall(r"(--[a-z-]+): ([^;]+);", block)) for block in re.findall(r":root \{([^}]+)\}", style)
    )
    assert light.keys() == dark.keys()
    assert set(re.findall(r"var\((--[a-z-]+)\)", style)) == light.keys()
    assert POLICY.startswith("default-src 'none'")
