import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.pages.direction import skew_deg


def fallen(degrees: float, *sizes: tuple[float, float]) -> NDArray[np.float32]:
    """(K, 4, 2) boxes of these widths and heights whose lines fall to the right."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    boxes = [np.array([(0, 40 * i), (w, 40 * i), (w, 40 * i + h), (0, 40 * i + h)]) for i, (w, h) in enumerate(sizes)]
    return np.array([box @ turn for box in boxes], dtype=np.float32).reshape(-1, 4, 2)


@pytest.mark.parametrize("degrees", [-8.0, -0.7, 0.0, 2.5])
def test_lines_of_a_page_tell_how_far_it_is_askew(degrees: float) -> None:
    assert skew_deg(fallen(degrees, (400, 30), (300, 30), (380, 30))) == pytest.approx(degrees, abs=0.01)


def test_long_lines_count_more_and_short_boxes_and_stamps_tell_nothing() -> None:
    mixed = np.concatenate([fallen(1.0, (500, 30), (450, 30)), fallen(4.0, (160, 30), (160, 30), (160, 30))])
    assert skew_deg(mixed) == pytest.approx(1.0, abs=0.01)
    assert skew_deg(fallen(3.0, (100, 30))) == skew_deg(np.zeros((0, 4, 2), np.float32)) == 0.0
    assert skew_deg(fallen(40.0, (400, 30))) == 0.0
