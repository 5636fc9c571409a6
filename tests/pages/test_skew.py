import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.pages.skew import skew_deg
from tests.pages.blocks import draw

SIZE = (700, 900)


def askew(degrees: float, *texts: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A page of lines that fall to the right, and their boxes as a detector draws them, level."""
    page = np.full((*SIZE, 3), 255, np.uint8)
    boxes = []
    for row, text in enumerate(texts):
        line = draw(text)
        x, y = 80 + 20 * row, 100 + 70 * row
        page[y : y + line.shape[0], x : x + line.shape[1]] = line
        boxes.append([(x, y), (x + line.shape[1], y), (x + line.shape[1], y + 32), (x, y + 32)])
    turn = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), -degrees, 1.0)
    turned = cv2.warpAffine(page, turn, SIZE[::-1], flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    corners = cv2.transform(np.array(boxes, np.float32).reshape(1, -1, 2), turn).reshape(-1, 4, 2)
    low, high = corners.min(axis=1), corners.max(axis=1)
    level = np.stack([low, np.stack([high[:, 0], low[:, 1]], 1), high, np.stack([low[:, 0], high[:, 1]], 1)], 1)
    return np.asarray(turned, np.uint8), level.astype(np.float32)


@pytest.mark.parametrize("degrees", [-8.0, -0.7, 0.0, 2.5])
def test_lines_tell_how_far_a_page_is_askew_even_where_their_boxes_are_level(degrees: float) -> None:
    assert skew_deg(*askew(degrees, "가나다라 마나다 가", "나다라 마라 나다", "마마 가나 다라")) == pytest.approx(
        degrees, abs=0.1
    )


def test_a_page_without_lines_a_lone_letter_and_blank_boxes_tell_nothing() -> None:
    page, boxes = askew(3.0, "가")
    assert skew_deg(page, np.zeros((0, 4, 2), np.float32)) == 0.0
    assert skew_deg(page, boxes) == 0.0
    blank = np.full((*SIZE, 3), 255, np.uint8)
    assert skew_deg(blank, np.array([[(10, 10), (200, 10), (200, 40), (10, 40)]], np.float32)) == 0.0
    assert skew_deg(blank, np.array([[(-300, -30), (-100, -30), (-100, -10), (-300, -10)]], np.float32)) == 0.0
