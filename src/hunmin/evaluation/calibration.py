"""Making a confidence mean what it says: one number, fitted on lines whose labels are known."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from hunmin.errors import InputError
from hunmin.evaluation.labelled import LabelledCrop
from hunmin.evaluation.predict import WINDOW
from hunmin.evaluation.reliability import Reliability, reliability
from hunmin.metrics import count_edits
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import LARGEST_EXPONENT, RecognizerSpec

LEAST_EXPONENT = 1e-3
MIN_LINES = 200
"""Fewer lines say too little about a confidence to fit one."""


@dataclass(frozen=True)
class Calibration:
    """The number, and what it did to lines that it was not fitted on."""

    exponent: float
    """For `RecognizerSpec.confidence_exponent`."""
    num_fitted: int
    num_measured: int
    before: Reliability
    after: Reliability


def calibrate(recognizer: Recognizer, crops: Iterable[LabelledCrop]) -> Calibration:
    """Fit on one half of the lines, chosen by a fixed seed, and measure on the other.

    Args:
        recognizer: any; what it was calibrated to before is `before`, and plays no part in the fit.
        crops: with labels, of the kind that it will read, and none that it was trained on.

    Raises:
        InputError: fewer than `MIN_LINES` lines, or the model reads all of them right, or none.
    """
    product = Recognizer.from_engine(recognizer.engine, replace(recognizer.spec, confidence_exponent=1.0))
    log_probs: list[float] = []
    before: list[float] = []
    right: list[bool] = []
    remaining, fitted_before = iter(crops), recognizer.spec.confidence_exponent
    while window := list(islice(remaining, WINDOW)):
        for crop, reading in zip(window, product.recognize([crop.image for crop in window]), strict=True):
            log_probs.append(math.log(max(reading.confidence, 1e-300)))
            before.append(reading.confidence**fitted_before if fitted_before else reading.mean_token_prob)
            right.append(count_edits(reading.text, crop.label, spaces=False, fold=True).num_edits == 0)
    if len(right) < MIN_LINES:
        raise InputError(f"lines to calibrate on: {len(right)} are too few; give {MIN_LINES} or more")
    order = np.random.default_rng(0).permutation(len(right))
    fitted, measured = order[::2], order[1::2]
    exponent = fit_exponent([log_probs[i] for i in fitted], [right[i] for i in fitted])
    outcomes = [right[i] for i in measured]
    return Calibration(
        exponent,
        len(fitted),
        len(measured),
        before=reliability([before[i] for i in measured], outcomes),
        after=reliability([math.exp(exponent * log_probs[i]) for i in measured], outcomes),
    )


def write_calibrated(path: Path, spec: RecognizerSpec, exponent: float) -> None:
    """Put the exponent into a model file; its weights stay as they are.

    Args:
        path: an `.onnx` or `.safetensors` model.
        spec: what the file holds now.
        exponent: from `calibrate`.

    Raises:
        InputError: it cannot be written.
    """
    from hunmin.model.export import replace_spec

    replace_spec(path, replace(spec, confidence_exponent=exponent))


def fit_exponent(log_probs: Sequence[float], right: Sequence[bool]) -> float:
    """The power a for which exp(a * log_prob), as the chance that a line is right, explains best which lines were.

    The product of a line's token probabilities would be that chance if they were calibrated and independent (a = 1). One number
    corrects for both; it minimises the negative log-likelihood, which is convex in a, as temperature scaling does for classes
    (Guo et al. 2017, "On calibration of modern neural networks", section 4.2).

    Args:
        log_probs: (N,) sums of the log-probabilities of each line's tokens.
        right: (N,) whether each line was read right.

    Returns:
        `LEAST_EXPONENT` … `LARGEST_EXPONENT`.

    Raises:
        InputError: all lines are right, or none is.
    """
    hits = np.asarray(right, dtype=bool)
    if hits.all() or not hits.any():
        raise InputError(
            f"the model reads {'every line' if hits.all() else 'no line'} of these right, which says nothing about its "
            "confidence; calibrate on other lines"
        )
    # A log-probability of exactly 0 would make one wrong line infinitely unlikely.
    sums = np.minimum(np.asarray(log_probs, dtype=np.float64), -1e-9)
    low, high = math.log(LEAST_EXPONENT), math.log(LARGEST_EXPONENT)
    for _ in range(60):
        middle = (low + high) / 2
        chance = np.exp(math.exp(middle) * sums[~hits])
        slope = -sums[hits].sum() + (sums[~hits] * chance / -np.expm1(math.exp(middle) * sums[~hits])).sum()
        low, high = (low, middle) if slope > 0 else (middle, high)
    return round(math.exp((low + high) / 2), 4)
