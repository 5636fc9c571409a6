import numpy as np

from hunmin.recognize.views import LineReading, View, surest


def test_a_view_cuts_the_margins_and_fills_the_height_with_the_rest() -> None:
    line = np.full((40, 100, 3), 255, dtype=np.uint8)
    line[4:20, 30:40] = 0
    seen = View(top=0.1, bottom=0.4, stretch=1.5).of(line, max_width_px=1000)
    assert seen.shape == (40, 300, 3)  # half of the height is left: twice as large, and 1.5 times as wide
    assert seen[2:30, 95:115].max() == 0
    assert seen[36:].min() == 255


def test_a_view_is_no_wider_than_the_model_reads() -> None:
    line = np.zeros((48, 1500, 3), dtype=np.uint8)
    assert View(top=0, bottom=0, stretch=1.25).of(line, max_width_px=1536).shape == (48, 1536, 3)


def test_the_surest_reading_is_the_one_sure_of_each_token_and_not_the_shortest() -> None:
    long, short = LineReading("가나다라마", log_prob=-0.6, num_tokens=6), LineReading("가", log_prob=-0.4, num_tokens=2)
    assert surest([short, long]) is surest([long, short]) is long
