import numpy as np
import pytest

from hunmin.documents.source.page_space import LETTER, shown_box, to_pixels

BOX = (10.0, 20.0, 110.0, 220.0)


def test_a_page_shows_its_crop_box_as_far_as_it_lies_in_the_media_box() -> None:
    assert shown_box((0, 0, 600, 800), (50, 60, 700, 700)) == (50, 60, 600, 700)
    assert shown_box((600, 800, 0, 0), None) == (0, 0, 600, 800)


def test_boxes_without_area_are_passed_over() -> None:
    assert shown_box(None, None) == LETTER
    assert shown_box((0, 0, 0, 0), None) == LETTER
    assert shown_box((0, 0, 600, 800), (700, 0, 900, 800)) == (0, 0, 600, 800)


@pytest.mark.parametrize(
    ("rotation", "size", "corner"),
    [
        (0, (100, 200), (10, 220)),
        (90, (200, 100), (10, 20)),
        (180, (100, 200), (110, 20)),
        (270, (200, 100), (110, 220)),
    ],
)
def test_the_left_top_pixel_of_a_turned_page_is_the_corner_that_is_turned_there(
    rotation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    place = to_pixels(BOX, rotation, *size) @ (*corner, 1)
    assert place == pytest.approx((0, 0, 1))
    opposite = (10 + 110 - corner[0], 20 + 220 - corner[1], 1)
    assert to_pixels(BOX, rotation, *size) @ opposite == pytest.approx((*size, 1))


def test_up_on_the_page_is_up_in_the_picture() -> None:
    matrix = to_pixels(BOX, 0, 200, 400)
    low, high = matrix @ (50, 30, 1), matrix @ (50, 40, 1)
    assert np.allclose(low - high, (0, 20, 0))
