import numpy as np
from PIL import Image

from hunmin.documents.tables.ruling.dots import without_dots

EM_PX = 24.0


def dithered(level: int, height: int = 200, width: int = 300) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    page = Image.fromarray(np.full((height, width), level, dtype=np.uint8))
    return np.asarray(page.convert("1").convert("L")).copy()


def test_the_dots_of_a_fill_are_taken_and_the_rule_in_it_stays() -> None:
    page = dithered(215)
    page[100:103] = 0
    left = without_dots(page, EM_PX)
    assert (left[101] == 0).all()
    assert (left[np.r_[0:90, 112:200]] == 255).mean() > 0.99


def test_a_dotted_rule_and_dirt_stay() -> None:
    page = np.full((200, 300), 255, dtype=np.uint8)
    page[100, ::3] = 0
    rng = np.random.default_rng(0)
    page[rng.integers(0, 200, 30), rng.integers(0, 300, 30)] = 0
    assert np.array_equal(without_dots(page, EM_PX), page)


def test_a_picture_with_greys_stays_as_it_is() -> None:
    page = np.random.default_rng(0).integers(0, 256, (200, 300)).astype(np.uint8)
    assert without_dots(page, EM_PX) is page


def test_a_fill_whose_dots_touch_is_grey_and_type_on_paper_stays() -> None:
    page = np.full((200, 300), 255, dtype=np.uint8)
    page[:80] = dithered(128, 80)
    page[120:180, 40:260:12] = 0
    left = without_dots(page, EM_PX)
    assert np.abs(left[20:60].astype(int) - 128).max() < 60
    assert np.array_equal(left[110:], page[110:])
