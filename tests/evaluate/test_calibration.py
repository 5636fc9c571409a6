"""What a confidence is worth."""

import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.evaluate.calibration import LEAST_EXPONENT, fit_exponent
from hunmin.evaluate.reliability import reliability
from hunmin.spec import LARGEST_EXPONENT


def test_confidences_that_come_true_have_a_small_error_and_boasts_a_large_one() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(20_000)
    right = rng.random(20_000) < sure
    assert reliability(sure.tolist(), right.tolist()).ece < 0.02
    assert reliability(np.sqrt(sure).tolist(), right.tolist()).ece == pytest.approx(1 / 6, abs=0.02)


def test_the_error_of_few_lines_is_that_of_arithmetic() -> None:
    found = reliability([0.2, 0.6], [False, True])
    assert [(one.num_lines, one.mean_confidence, one.share_right) for one in found.bins] == [(1, 0.2, 0), (1, 0.6, 1)]
    assert found.ece == pytest.approx((0.2 + 0.4) / 2)


def test_bins_hold_equally_many_lines() -> None:
    found = reliability(list(np.linspace(0, 1, 32)), [True] * 32)
    assert {one.num_lines for one in found.bins} == {2, 3}
    assert sum(one.num_lines for one in found.bins) == 32


def test_the_order_of_lines_with_one_confidence_does_not_matter() -> None:
    one, other = (reliability([0.9] * 40, [True] * 20 + [False] * 20), reliability([0.9] * 40, [False, True] * 20))
    assert one == other
    assert one.ece == pytest.approx(0.4)


def test_the_threshold_keeps_as_many_lines_as_99_percent_allows() -> None:
    sure = np.linspace(0, 1, 1000)
    right = [number >= 400 or number == 300 for number in range(1000)]
    cut = reliability(sure.tolist(), right).threshold
    assert cut is not None
    # 600 right lines and 6 wrong ones below them: 606 kept, 600 right.
    assert (cut.num_kept, cut.num_right) == (606, 600)
    assert cut.confidence == pytest.approx(sure[394])


def test_the_threshold_never_parts_lines_of_the_same_confidence() -> None:
    assert reliability([0.9] * 10 + [0.5], [True] * 9 + [False, True]).threshold is None
    cut = reliability([0.9] * 10 + [0.5], [True] * 10 + [False]).threshold
    assert cut is not None
    assert (cut.confidence, cut.num_kept, cut.num_right) == (0.9, 10, 10)


def test_without_lines_there_is_nothing_to_say() -> None:
    found = reliability([], [])
    assert (found.bins, found.ece, found.threshold) == ((), 0.0, None)


@pytest.mark.parametrize("exponent", [0.3, 1.0, 4.0])
def test_the_exponent_that_made_the_lines_right_is_found_again(exponent: float) -> None:
    rng = np.random.default_rng(1)
    log_probs = -rng.exponential(1.0, 20_000)
    right = rng.random(20_000) < np.exp(exponent * log_probs)
    assert fit_exponent(log_probs.tolist(), right.tolist()) == pytest.approx(exponent, rel=0.05)


def test_a_line_that_is_certain_and_wrong_does_not_break_the_fit() -> None:
    right = [True] * 150 + [False] * 50
    assert LEAST_EXPONENT <= fit_exponent([0.0] * 200, right) <= LARGEST_EXPONENT
    assert LEAST_EXPONENT <= fit_exponent([-700.0] * 200, right) <= LARGEST_EXPONENT


@pytest.mark.parametrize(
    ("right", "says"),
    [([True] * 200, "every line"), ([False] * 200, "no line")],
)
def test_lines_that_say_nothing_are_refused(right: list[bool], says: str) -> None:
    with pytest.raises(InputError, match=says):
        fit_exponent([-0.5] * len(right), right)
