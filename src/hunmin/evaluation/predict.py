"""Reading labelled crops with any recognizer."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import require_extra
from hunmin.evaluation.labelled import LabelledCrop
from hunmin.evaluation.report import Prediction
from hunmin.language.choose import LanguageChoice
from hunmin.recognize.recognizer import Reading, Recognizer

WINDOW = 256
"""Crops held in memory at once."""
WARM_UP = 8
"""Crops read before the clock runs."""

ReadCrops = Callable[[Sequence[NDArray[np.uint8]]], list[Reading]]


@dataclass(frozen=True)
class Run:
    """What was read, and how long that took."""

    predictions: list[Prediction]
    reading_s: float
    """Seconds spent reading, without decoding image files and without the warm-up."""

    @property
    def crops_per_s(self) -> float:
        """How fast it was."""
        return len(self.predictions) / max(self.reading_s, 1e-9)


def predict(read: ReadCrops, crops: Iterable[LabelledCrop]) -> Run:
    """Read every crop; the first few once more before the clock runs, so that it times reading and no first touch.

    Args:
        read: crops → readings in the same order, such as `Recognizer().recognize`.
        crops: with labels.
    """
    predictions: list[Prediction] = []
    reading_s = 0.0
    remaining = iter(crops)
    while window := list(islice(remaining, WINDOW)):
        if not predictions:
            read([crop.image for crop in window[:WARM_UP]])
        started = time.perf_counter()
        readings = read([crop.image for crop in window])
        reading_s += time.perf_counter() - started
        predictions += [
            Prediction(crop.label, reading.text, reading.confidence, crop.kind, crop.path)
            for crop, reading in zip(window, readings, strict=True)
        ]
    return Run(predictions, reading_s)


def load_recognizer(model: Path | str, threads: int = 0, language: LanguageChoice = "default") -> Recognizer:
    """An exported model, a checkpoint (with torch), or one of `BUNDLED_MODELS`; `language` as for `Recognizer`.

    Raises:
        InputError: no such file, or not a model of hunmin.
    """
    path = Path(model)
    if path.suffix not in (".safetensors", ".ckpt"):
        return Recognizer(model, threads=threads, language=language)
    require_extra("train", ("torch", "safetensors"))
    import torch

    from hunmin.model.checkpoint import load_model
    from hunmin.model.engine import torch_engine

    if threads:
        torch.set_num_threads(threads)
    loaded = load_model(path)
    return Recognizer.from_engine(torch_engine(loaded), loaded.spec, language=language)
