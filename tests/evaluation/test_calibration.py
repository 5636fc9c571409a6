"""What a confidence is worth."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.evaluation.calibration import LEAST_EXPONENT, Calibration, calibrate, fit_exponent
from hunmin.evaluation.labelled import LabelledCrop
from hunmin.evaluation.reliability import reliability
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import LARGEST_EXPONENT, RecognizerSpec
from hunmin.text.charset import Charset

SPEC = RecognizerSpec.for_charset(Charset("few", " 가나·ㆍ"), height_px=32, width_step_px=32, max_width_px=64)
LABEL = "가·나"
TEXTS = ("가 ·나", "가ㆍ나", "나나나나")
"""What is read of it: with a space too many, with a dot that looks the same, and wrong."""
SPACED, LOOK_ALIKE, WRONG = range(3)
LIKELY = 230 / 255


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


def read_colours(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """An engine: the red of a picture says which of `TEXTS` it reads, the green, of 255, how likely that is."""
    tokenizer = SPEC.tokenizer()
    colours = np.rint((images[:, :2, 0, 0] * SPEC.std + SPEC.mean) * 255).astype(int)
    tokens = np.full((len(images), SPEC.max_label_length + 1), tokenizer.eos_id)
    log_probs = np.zeros(tokens.shape, dtype=np.float32)
    for row, (text, green) in enumerate(colours):
        tokens[row, : len(TEXTS[text])] = tokenizer.encode(TEXTS[text])
        log_probs[row, 0] = np.log(green / 255)
    return tokens, log_probs


def calibrate_on(texts: Sequence[int], likely: Sequence[float], exponent: float = 0.0) -> Calibration:
    """A calibration of `read_colours`, which was calibrated to `exponent` before, on so many lines labelled `LABEL`."""
    images = [np.full((32, 32, 3), (text, round(255 * p), 0), np.uint8) for text, p in zip(texts, likely, strict=True)]
    for image in images:
        image[8:24, 8:24] = 255  # a blank crop would not be read at all
    recognizer = Recognizer.from_engine(read_colours, replace(SPEC, confidence_exponent=exponent))
    return calibrate(recognizer, [LabelledCrop("", LABEL, "", image) for image in images])


def test_lines_that_differ_in_spaces_and_look_alikes_alone_count_as_right() -> None:
    found = calibrate_on([SPACED, LOOK_ALIKE, WRONG] * 200, [LIKELY] * 600, exponent=1.0)
    assert [one.share_right for one in found.before.bins] == pytest.approx([2 / 3] * 15, abs=0.05)


@pytest.mark.parametrize(("exponent", "said"), [(0.0, LIKELY ** (1 / 5)), (1.0, LIKELY), (3.0, LIKELY**3)])
def test_before_is_what_the_model_said_until_now_and_plays_no_part_in_the_fit(exponent: float, said: float) -> None:
    found = calibrate_on([SPACED, WRONG] * 150, [LIKELY] * 300, exponent)
    assert [one.mean_confidence for one in found.before.bins] == pytest.approx([said] * len(found.before.bins))
    assert LIKELY**found.exponent == pytest.approx(1 / 2, abs=0.05)
    assert found.after.ece < 0.1 < found.before.ece


def test_every_line_is_either_fitted_or_measured() -> None:
    texts = [WRONG if number % 4 == 0 else SPACED for number in range(201)]
    likely = list(np.linspace(0.85, 1, 201))
    whole = calibrate_on(texts, likely)
    assert (whole.num_fitted, whole.num_measured) == (101, 100)
    seen = set()
    for number in range(0, 201, 7):
        other = WRONG if texts[number] == SPACED else SPACED
        changed = calibrate_on([*texts[:number], other, *texts[number + 1 :]], likely)
        seen.add((changed.exponent != whole.exponent, changed.before != whole.before))
    assert seen == {(True, False), (False, True)}
