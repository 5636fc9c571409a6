"""Shares and their intervals."""

import pytest

from hunmin.data.audit.share import Evidence, is_more_than_chance, share_of, wrong_share


def test_a_share_of_all_lines_is_nearly_certain_and_one_of_a_few_is_not() -> None:
    all_of_them, some = share_of(60, 600, 600), share_of(60, 600, 100_000)
    assert all_of_them.share == some.share == 0.1
    assert all_of_them.high - all_of_them.low < 0.02
    assert some.high - some.low > 0.04


def test_a_reader_s_mistakes_are_no_fault() -> None:
    assert not is_more_than_chance(2, 2)
    assert not is_more_than_chance(5, 1000)
    assert is_more_than_chance(4, 50)
    assert is_more_than_chance(20, 1000)


def test_lines_that_were_read_in_doubt_make_an_estimate_better_but_are_not_taken_for_wrong() -> None:
    # Of right labels half are misread where the reader is not sure, and all the sure ones agree.
    seen = Evidence(sure_right=100, sure_wrong=0, unsure_right=50, unsure_wrong=0, unsure=50)
    assert wrong_share(seen, 200, 1.0).high < 0.03
    # Where half of the sure ones disagree, most of the doubtful ones that do are wrong, too.
    half = Evidence(sure_right=50, sure_wrong=50, unsure_right=40, unsure_wrong=0, unsure=60)
    assert abs(wrong_share(half, 200, 1.0).share - 0.5) < 0.05


@pytest.mark.parametrize("told_apart", [1.0, 0.5])
def test_what_cannot_be_told_apart_is_counted_in(told_apart: float) -> None:
    wrong = round(200 * told_apart * 0.4)
    seen = Evidence(sure_right=200 - wrong, sure_wrong=wrong, unsure_right=0, unsure_wrong=0, unsure=0)
    assert abs(wrong_share(seen, 10_000, told_apart).share - 0.4) < 0.03


def test_without_lines_nothing_is_known() -> None:
    nothing = wrong_share(Evidence(0, 0, 0, 0, 0), 0, 1.0)
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    assert (share_of(0, 0, 10).low, share_of(0, 0, 10).high) == (0.0, 1.0)
