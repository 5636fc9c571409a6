"""Charts of lines: round numbers at the axes, everything inside, and names that act on nothing."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

from hunmin.html.curves import HEIGHT, MOST_POINTS, WIDTH, Chart, number, svg_file, thinned, ticks


@pytest.mark.parametrize(
    ("top", "wanted"),
    [
        (5.1, [0, 2, 4, 6]),
        (0.72, [0, 0.2, 0.4, 0.6, 0.8]),
        (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0012, None),
        (3e6, None),
    ],
)
def test_ticks_are_round_and_reach_the_top(top: float, wanted: list[float] | None) -> None:
    found = ticks(top)
    assert found[-1] >= top * (1 - 1e-9)
    assert 3 <= len(found) <= 7
    if wanted:
        assert found == pytest.approx(wanted)


def test_numbers_are_short() -> None:
    written = [number(value) for value in (0, 2e-3, 1.25e-3, 3.5, 12_000, 0.25)]
    assert written == ["0", "2e-3", "1.25e-3", "3.5", "12,000", "0.25"]
    assert number(0.4, in_percent=True) == "40 %"


def test_long_lines_are_joined_to_their_means() -> None:
    points = [(float(step), float(step % 2)) for step in range(1000)]
    found = thinned(points)
    assert len(found) <= MOST_POINTS
    assert found[-1][0] == 999
    assert all(0.3 < y < 0.7 for _, y in found)


def test_values_that_are_too_high_or_no_numbers_stay_inside_the_chart() -> None:
    chart = Chart("Loss", {"train": [(1, 9.0), (2, math.inf), (3, math.nan), (4, 2.0)]}, {"entropy": 4.0}, most=5.0)
    svg = svg_file([chart])
    places = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", svg)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)
    assert "nan" not in svg


def test_a_picture_is_well_formed_whatever_names_say() -> None:
    hostile = "<script>alert(1)</script>"
    svg = svg_file([Chart(hostile, {hostile: [(1, 1)], "other": [(1, 2)]}, {hostile: 1.0})])
    ET.fromstring(svg)
    assert "<script" not in svg


def test_charts_without_lines_are_left_out() -> None:
    assert svg_file([Chart("empty", {"none": []}, {}), Chart("one", {"a": [(0, 0)]}, {})]).count("<g ") == 1
    ET.fromstring(svg_file([]))
