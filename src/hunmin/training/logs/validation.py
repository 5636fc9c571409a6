"""A validation: a set is read and scored, and the pictures of its worst lines are written."""

import csv
import heapq
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.data.loading.batch import Batch
from hunmin.evaluation.confusion import Confusion
from hunmin.evaluation.report import Prediction, Report, badness, build_report, score_line
from hunmin.evaluation.web_page import NUM_WORST, Measured, web_page
from hunmin.files import new_file, write_text
from hunmin.model.decode import decode_autoregressive
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask
from hunmin.recognize.recognizer import line_confidence
from hunmin.training.logs.panels import draw_panel, to_pixels, write_png

RESERVED = ("train", "speed")
"""What a run's own figures begin with."""


class Validation:
    """Collects what was read of one validation set; keeps the pictures of the worst lines only."""

    def __init__(self, name: str) -> None:
        """Start with nothing read."""
        self.name = f"{name}_set" if name in RESERVED else name
        self.predictions: list[Prediction] = []
        self._worst: list[tuple[tuple[float, float], int]] = []
        self.pictures: dict[int, NDArray[np.uint8]] = {}
        """By the line's index in `predictions`."""
        self._losses: list[tuple[float, int]] = []

    @property
    def loss(self) -> float:
        """Mean over all characters; not a number where nothing was read."""
        num_tokens = sum(count for _, count in self._losses)
        return sum(loss * count for loss, count in self._losses) / num_tokens if num_tokens else math.nan

    def add_loss(self, loss: float, num_tokens: int) -> None:
        """Take the mean loss of a batch, over so many characters."""
        self._losses.append((loss, num_tokens))

    def add(self, prediction: Prediction) -> bool:
        """Take one prediction; True where it is among the worst so far and its picture should follow by `add_picture`."""
        index = len(self.predictions)
        self.predictions.append(prediction)
        rank = (badness(score_line(prediction)), -index)
        if len(self._worst) < NUM_WORST:
            heapq.heappush(self._worst, rank)
            return True
        _, dropped = heapq.heappushpop(self._worst, rank)
        self.pictures.pop(-dropped, None)
        return -dropped != index

    def add_picture(self, picture: NDArray[np.uint8]) -> None:
        """The picture of the prediction that was added last."""
        self.pictures[len(self.predictions) - 1] = picture

    def extend(self, other: "Validation") -> None:
        """Take what another process read of the same set."""
        self._losses += other._losses
        for index, prediction in enumerate(other.predictions):
            # The worst of both were among the worst of the other, so their pictures are there.
            if self.add(prediction) and index in other.pictures:
                self.add_picture(other.pictures[index])

    def report(self) -> Report:
        """On all lines that were read."""
        return build_report(self.predictions)


def validate_batch(model: PARSeq, batch: Batch, validation: Validation) -> None:
    """Read a batch as the export will, take its loss from left to right, and add both to `validation`."""
    mask = causal_mask(batch.tgt.shape[1] - 2, batch.tgt.device)[None]
    num_tokens = sum(len(label) + 1 for label in batch.labels)
    loss = model.training_losses(batch.images, batch.tgt, mask, [len(label) for label in batch.labels]).loss
    validation.add_loss(float(loss), num_tokens)
    read = decode_autoregressive(model, batch.images)
    spec, eos_id = model.spec, model.tokenizer.eos_id
    for i, (row, row_log_probs) in enumerate(zip(read.tokens.tolist(), read.log_probs.tolist(), strict=True)):
        num_read = row.index(eos_id) + 1 if eos_id in row else len(row)
        confidence = line_confidence(sum(row_log_probs[:num_read]), num_read, spec.confidence_exponent)
        text = model.tokenizer.decode(row)
        if validation.add(Prediction(batch.labels[i], text, confidence, batch.kinds[i], batch.ids[i])):
            validation.add_picture(to_pixels(batch.images[i], int(batch.widths_px[i]), spec))


def write_validation(
    folder: Path, name: str, step: int, report: Report, pictures: Mapping[int, NDArray[np.uint8]]
) -> Path:
    """Write `NAME.png`, `NAME.html` and `NAME_confusions.csv`.

    Args:
        folder: made where it is missing.
        name: of the validation set.
        step: of the run.
        report: on the set.
        pictures: of its worst lines, by index.

    Returns:
        The PNG.

    Raises:
        OSError: the folder cannot be made.
        InputError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    panel = folder / f"{name}.png"
    write_png(draw_panel(f"{name}, step {step:,}", report, pictures), panel)
    page = web_page(f"{name}, step {step:,}", [Measured("this run", report)], pictures)
    write_text(folder / f"{name}.html", page)
    _write_confusions(folder / f"{name}_confusions.csv", report)
    return panel


def _write_confusions(path: Path, report: Report) -> None:
    with new_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("unit", "part", "there", "read", "times", "label", "prediction"))
        for unit, confusions in (("character", report.characters), ("jamo", report.jamo)):
            rows.writerows(_row(unit, one) for one in confusions)


def _row(unit: str, one: Confusion) -> tuple[str | int, ...]:
    example = one.examples[0].line
    texts = (one.wanted, one.read, one.count, example.label, example.prediction)
    return unit, one.part, *(_no_formula(text) if isinstance(text, str) else text for text in texts)


def _no_formula(text: str) -> str:
    """Spreadsheets run cells that begin like a formula; an apostrophe in front makes them text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
