"""Models that were named on the command line."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hunmin.errors import InputError

if TYPE_CHECKING:
    from hunmin.language.choose import LanguageChoice
    from hunmin.recognize.recognizer import Recognizer

FINISHED = "model.safetensors"
"""What a finished run leaves in its folder."""


def model_file(model: Path | str) -> Path:
    """The model of a run where its folder is given; any other name as it is.

    Raises:
        InputError: the folder is no run, or one that is not finished.
    """
    path = Path(model)
    if not os.path.isdir(path):  # noqa: PTH112 - that of Path raises where a name is too long
        return path
    if (path / FINISHED).is_file():
        return path / FINISHED
    checkpoints = sorted((path / "checkpoints").glob("*.ckpt"), key=lambda one: one.stat().st_mtime)
    if checkpoints:
        raise InputError(
            f"{path}: this run is not finished, it has no {FINISHED}; its newest state is {checkpoints[-1]}"
        )
    exported = sorted(path.glob("*.onnx"))
    if len(exported) == 1:
        return exported[0]
    raise InputError(f"{path}: is a folder, but not of a training run, for it has no {FINISHED}; give the model itself")


def load_model(model: Path | str, threads: int, language: "LanguageChoice" = "default") -> "Recognizer":
    """A recognizer of an exported model, of a bundled one, or, with torch, of a checkpoint or a run.

    Args:
        model: a file, a run's folder, or one of `BUNDLED_MODELS`.
        threads: of a run; 0 takes all.
        language: as for `Recognizer`.

    Raises:
        InputError: no such model, or not one of hunmin.
    """
    from hunmin.evaluation.predict import load_recognizer

    return load_recognizer(model_file(model), threads, language)
