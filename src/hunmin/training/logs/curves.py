"""The run's curves as a picture, `OUT/curves.svg`: loss beside the labels' entropy, right lines, learning rate, speed."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import CSVLogger
from rich.console import Console

from hunmin.data.loading.batch import Batch
from hunmin.errors import InputError, reason_of
from hunmin.files import write_text
from hunmin.html.curves import Chart, Point, svg_file
from hunmin.training.logs.console import print_line

NAME: Final = "curves.svg"
HIGHEST_LOSS: Final = 1.4
"""Times the labels' entropy up to which losses are drawn: above it nothing is learned, however high it is."""
EVERY_LOOKS: Final = 20
"""Lines of the log between two drawings."""

Figures = dict[str, list[Point]]
"""By name: (step, value)."""


class Curves(Callback):
    """Draws the curves after each validation, now and then between them, and at the end."""

    def __init__(self, out: Path, console: Console, log_every: int) -> None:
        """Draw into the folder `out`; say on `console`, once, where that fails."""
        self.out = out
        self.console = console
        self.every = log_every * EVERY_LOOKS
        self._has_failed = False

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Draw, every so many steps."""
        if trainer.global_step % self.every == 0:
            self._draw(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw what was read, too."""
        self._draw(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the whole run."""
        self._draw(trainer)

    def _draw(self, trainer: pl.Trainer) -> None:
        if not trainer.is_global_zero or self._has_failed:
            return
        try:
            for logger in trainer.loggers:
                if isinstance(logger, CSVLogger):
                    logger.save()
            write_text(self.out / NAME, draw_curves(read_figures(self.out)))
        except (OSError, InputError) as error:  # a picture is for looking at; no run should end for want of it
            self._has_failed = True
            print_line(self.console, f"warning: {NAME} could not be written, the run goes on: {reason_of(error)}")


def read_figures(out: Path) -> Figures:
    """All figures of a run, of its parts one after the other; what a part repeats of an earlier one counts."""
    by_step: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for row in logged_rows(out):
        for name, value in row.items():
            if name not in ("step", "epoch"):
                by_step[name][int(row["step"]) + 1] = value
    return {name: sorted(values.items()) for name, values in by_step.items()}


def logged_rows(out: Path) -> Iterator[dict[str, float]]:
    """What the log of a run says, row by row, of its parts one after the other; `step` is in each.

    A row that a full disk or a power failure cut short is left out.
    """
    for path in sorted((out / "log").glob("*/metrics.csv")):
        with path.open(encoding="utf-8", newline="", errors="replace") as file:
            for row in csv.DictReader(file):
                try:
                    values = {name: float(value) for name, value in row.items() if value}
                except (TypeError, ValueError):
                    continue
                if "step" in values:
                    yield values


def draw_curves(figures: Figures) -> str:
    """The picture, as SVG."""
    ends = {"loss": "/loss", "entropy": "/label_entropy", "exact": "/exact_ns"}
    found = {
        kind: {
            name.removesuffix(end): points
            for name, points in figures.items()
            if name.endswith(end) and name.count("/") == 1
        }
        for kind, end in ends.items()
    }
    entropies = {f"labels' entropy, {name}": points[-1][1] for name, points in found["entropy"].items()}
    highest = max(entropies.values(), default=math.inf)
    losses = {name: points for name, points in found["loss"].items() if name == "train" or name in found["entropy"]}
    charts = [
        Chart("Loss, nats a token", losses, entropies, most=HIGHEST_LOSS * highest),
        Chart("Lines read right, spaces aside", found["exact"], {}, in_percent=True),
        Chart("Learning rate", {"learning rate": figures.get("train/learning_rate", [])}, {}),
        Chart("Images a second", {"images": figures.get("speed/images_per_s", [])}, {}),
    ]
    return svg_file(charts)
