import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.documents.tables.ruling.rules import MOST_PIXELS, find_rules

EM_PX = 24.0


def blank(height: int = 400, width: int = 600, grey: int = 255) -> NDArray[np.uint8]:
    return np.full((height, width, 3), grey, dtype=np.uint8)


def test_a_level_and_an_upright_rule_are_found_where_they_are() -> None:
    page = blank()
    page[100:102, 50:500] = 0
    page[30:380, 300:303] = 0
    ruling = find_rules(page, EM_PX)
    (level,), (upright,) = ruling.level, ruling.upright
    assert (level.at, level.start, level.end) == pytest.approx((101, 50, 500), abs=3)
    assert (upright.at, upright.start, upright.end) == pytest.approx((301.5, 30, 380), abs=3)
    assert level.thick == pytest.approx(2, abs=1)


def test_a_pale_rule_on_noisy_paper_is_found_and_noise_is_not() -> None:
    noise = np.random.default_rng(0).normal(0, 6, (400, 600, 1))
    page = blank(grey=235)
    assert find_rules((page + noise).clip(0, 255).astype(np.uint8), EM_PX).level == ()
    page[200:202, 50:550] = 150
    (rule,) = find_rules((page + noise).clip(0, 255).astype(np.uint8), EM_PX).level
    assert (rule.start, rule.end) == pytest.approx((50, 550), abs=6)


def test_a_rule_that_shines_through_is_none_and_does_not_make_another_one_longer() -> None:
    page = blank()
    page[200:203, 50:550] = 235
    page[100:103, 50:550] = 235
    page[100:103, 50:300] = 20
    page[300:303, 50:550] = 20
    rule, whole = sorted(find_rules(page, EM_PX).level, key=lambda rule: rule.at)
    assert (rule.at, rule.start, rule.end) == pytest.approx((101.5, 50, 300), abs=4)
    assert (whole.at, whole.start, whole.end) == pytest.approx((301.5, 50, 550), abs=4)


def test_a_rule_that_a_threshold_left_in_dots_is_one() -> None:
    page = blank()
    page[200, 50:550] = 0
    page[200, 53:550:5] = 255
    (rule,) = find_rules(page, EM_PX).level
    assert rule.length == pytest.approx(500, abs=8)


def test_fills_and_bars_are_no_rules() -> None:
    page = blank()
    page[50:150, 50:550] = 220
    page[200:230, 50:550] = 0
    ruling = find_rules(page, EM_PX)
    assert ruling.level == ruling.upright == ()


def test_rules_around_a_dithered_fill_are_found_without_its_dots() -> None:
    page = blank()
    grey = Image.fromarray(np.full((60, 500), 215, dtype=np.uint8))
    page[100:160, 50:550] = np.asarray(grey.convert("1").convert("L"))[:, :, np.newaxis]
    for y in (100, 160, 220):
        page[y : y + 2, 50:550] = 0
    ruling = find_rules(page, EM_PX)
    assert [round(rule.at) for rule in ruling.level if rule.length > 400] == pytest.approx([101, 161, 221], abs=4)
    assert not ruling.upright


@pytest.mark.parametrize("degrees", [-2.0, -0.4, 0.7, 2.0])
def test_a_slanted_page_is_set_level(degrees: float) -> None:
    page = blank(800, 1000)
    for y in (200, 400, 600):
        page[y : y + 2, 100:900] = 0
    turn = cv2.getRotationMatrix2D((500, 400), degrees, 1.0)
    slanted = cv2.warpAffine(page, turn, (1000, 800), borderValue=(255, 255, 255))
    ruling = find_rules(np.asarray(slanted, dtype=np.uint8), EM_PX)
    long = [rule for rule in ruling.level if rule.length > 700]
    assert len(long) == 3
    for rule, y in zip(sorted(long, key=lambda rule: rule.at), (201, 401, 601), strict=True):
        x_page, y_page, _ = ruling.to_page @ (rule.start, rule.at, 1)
        x_true, y_true = turn @ (100, y, 1)
        assert (x_page, y_page) == pytest.approx((x_true, y_true), abs=3)


def test_a_very_large_page_is_searched_smaller_and_its_rules_lie_right() -> None:
    page = blank(3000, 2 * MOST_PIXELS // 3000)
    page[1500:1508, 400:3600] = 0
    ruling = find_rules(page, 80.0)
    (rule,) = ruling.level
    assert ruling.to_page @ (rule.start, rule.at, 1) == pytest.approx((400, 1504, 1), abs=5)
