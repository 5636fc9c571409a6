"""The parts of a page: text, pictures, tables, charts."""

import base64
import re
from collections import Counter

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.html.charts import bar, histogram, points_over_powers, shares
from hunmin.html.pictures import picture
from hunmin.html.tables import cell, heading, row_heading, table
from hunmin.html.text import shown, shown_plainly
from tests.html.elements import Elements


def decoded(element: str) -> NDArray[np.uint8]:
    """The pixels in an `img` element, RGB."""
    (data,) = re.findall(r'^<img src="data:image/(?:png|jpeg);base64,([^"]+)" alt="">$', element)
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR_RGB).astype(np.uint8)


def test_every_character_shows_as_itself_or_as_its_code_point() -> None:
    assert shown("<가>漢&\x1b") == '&lt;가&gt;<span class="cp">U+6F22</span>&amp;<span class="cp">U+001B</span>'
    assert shown_plainly('"가"漢') == "&quot;가&quot;U+6F22"


def test_a_small_picture_keeps_every_pixel() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(picture(colours, max_width_px=40, max_height_px=20)), colours)
    grey = colours[..., 0]
    np.testing.assert_array_equal(decoded(picture(grey, max_width_px=40, max_height_px=20)), np.dstack([grey] * 3))


@pytest.mark.parametrize(("shape", "becomes"), [((100, 1000), (20, 200)), ((400, 100), (80, 20)), ((4000, 1), (80, 1))])
def test_a_large_picture_becomes_smaller_and_keeps_its_shape(shape: tuple[int, int], becomes: tuple[int, int]) -> None:
    image = np.full((*shape, 3), (200, 100, 50), np.uint8)
    small = decoded(picture(image, max_width_px=200, max_height_px=80))
    assert small.shape[:2] == becomes
    assert small[0, 0].tolist() == [200, 100, 50]


def test_a_jpeg_is_smaller_and_nearly_the_same() -> None:
    image = np.tile(np.linspace(0, 255, 300).astype(np.uint8)[None, :, None], (60, 1, 3))
    image += np.random.default_rng(0).integers(0, 2, image.shape, dtype=np.uint8)
    png = picture(image, max_width_px=300, max_height_px=60)
    jpeg = picture(image, max_width_px=300, max_height_px=60, jpeg_quality=88)
    assert len(jpeg) < len(png)
    assert np.abs(decoded(jpeg).astype(int) - image).mean() < 4


def test_a_table_has_its_rows_in_order() -> None:
    html = table(
        [[heading("", columns=2), heading("right", "l")]], [[row_heading("kind"), cell("1"), cell("2", "big")]], "wide"
    )
    assert html == (
        '<table class="wide"><thead><tr><th colspan="2"></th><th class="l">right</th></tr></thead>'
        '<tbody><tr><th scope="row">kind</th><td>1</td><td class="big">2</td></tr></tbody></table>'
    )


def test_a_bar_is_as_full_as_its_share() -> None:
    assert 'style="width:12.5%"' in bar(0.125)


def test_shares_come_the_longest_first_with_names_as_text() -> None:
    elements = Elements(shares(Counter({"<b>": 1, "": 3}), unnamed="unknown"))
    assert elements.open == []
    assert elements.text == "unknown3 · 75.0%<b>1 · 25.0%"
    assert [value for name, value in elements.attributes if name == "style"] == ["width:100.00%", "width:33.33%"]


def test_a_histogram_counts_everything_and_says_what_its_last_bar_holds() -> None:
    counts = Counter({value: 2 for value in range(1, 201)}) + Counter({5000: 3})
    html = histogram("Lengths", "px", counts, median=100, last=200)
    bars = re.findall(r"<title>([^<]+): ([\d,]+)</title>", html)
    assert sum(int(num) for _, num in bars) == counts.total()
    assert len(bars) == 50
    assert bars[0] == ("1–4", "8")
    assert bars[-1] == ("197 and more", "11")
    assert "px, up to 5,000" in html
    assert "median 100" in html
    assert Elements(html).open == []


@pytest.mark.parametrize(("counts", "names"), [({7: 1}, ["7"]), ({1: 1, 3: 2}, ["1", "2", "3"])])
def test_a_histogram_of_few_values_has_a_bar_for_each(counts: dict[int, int], names: list[str]) -> None:
    html = histogram("Heights", "", Counter(counts), median=max(counts), last=max(counts))
    assert [name for name, _ in re.findall(r"<title>([^<]+): (\d+)</title>", html)] == names
    assert "up to" not in html


def test_good_values_fill_a_chart_however_bad_the_others_are() -> None:
    points = [(1e-5, 9.3), (1e-3, 0.4), (3e-3, 0.02), (3e-2, 101.0), (0.3, float("inf"))]
    chart = points_over_powers("Loss", points, ring=3e-3, good=1.6, line=("entropy", 3.2))
    heights = [float(value) for value in re.findall(r'cy="([-\d.]+)"', chart)]
    assert heights[1] - heights[0] > 100
    assert heights[0] == heights[3] == heights[4] == min(heights)
    assert re.findall(r"↑ ([^<]+)<", chart) == ["9.3", "101", "inf"]
    assert chart.count('class="ring"') == 1
