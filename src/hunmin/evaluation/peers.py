"""Other recognizers behind the interface of ours, to be measured on the same crops by the same rules."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.evaluation.predict import ReadCrops, load_recognizer
from hunmin.language.choose import LanguageChoice
from hunmin.recognize.recognizer import BUNDLED_MODELS, Reading

MODEL_SUFFIXES = (".onnx", ".safetensors", ".ckpt")
LEAST_HEIGHT_PX, MOST_HEIGHT_PX = 32, 96
"""Tesseract reads letters of 20 to 60 pixels best; crops outside are scaled."""


def load_peer(name: str, threads: int, language: LanguageChoice = "default") -> ReadCrops:
    """A peer by its name: `tesseract:LANGUAGES`, or another model of ours.

    Args:
        name: such as `tesseract:kor+eng`, `bundled-int8` or a model's file.
        threads: that it may use; 0 leaves it to the peer.
        language: of a model of ours, as for `Recognizer`.

    Raises:
        InputError: no such peer, or it is not installed.
    """
    program, _, languages = name.partition(":")
    if name in BUNDLED_MODELS or Path(name).suffix in MODEL_SUFFIXES:
        return load_recognizer(name, threads, language).recognize
    if program != "tesseract" or not languages:
        raise InputError(
            f"--peer {name}: the peers known here are tesseract:LANGUAGES, such as tesseract:kor+eng, "
            f"{', '.join(BUNDLED_MODELS)}, and files that end in {', '.join(MODEL_SUFFIXES)}"
        )
    if shutil.which("tesseract") is None:
        raise InputError("--peer tesseract: not installed; on Debian or Ubuntu: apt-get install tesseract-ocr-kor")
    return lambda crops: read_with_tesseract(crops, languages, threads)


def read_with_tesseract(crops: Sequence[NDArray[np.uint8]], languages: str, threads: int = 0) -> list[Reading]:
    """Read crops with the `tesseract` program, all in one call, so that it loads its models once.

    It is served as well as we know how: crops in a height that suits it, with a margin in the colour of their border, told that
    each is a single line, with its neural models only.

    Raises:
        InputError: the program fails, for want of a language, say.
    """
    environment = {**os.environ, **({"OMP_THREAD_LIMIT": str(threads)} if threads else {})}
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages.txt"
        names = [Path(folder) / f"{number}.png" for number in range(len(crops))]
        for name, crop in zip(names, crops, strict=True):
            cv2.imwrite(str(name), _framed(crop)[..., ::-1])
        pages.write_text("\n".join(map(str, names)) + "\n", encoding="utf-8")
        command = [
            "tesseract",
            str(pages),
            "stdout",
            "-l",
            languages,
            "--psm",
            "7",
            "--oem",
            "1",
            "-c",
            "page_separator=\f",
        ]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - a fixed program
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[0] if said else f"it ended with code {done.returncode} and said nothing"
        raise InputError(f"--peer tesseract:{languages}: {reason}")
    texts = done.stdout.decode("utf-8", errors="replace").split("\f")[: len(crops)]
    if len(texts) != len(crops):
        raise InputError(f"--peer tesseract:{languages}: gave {len(texts)} texts for {len(crops)} crops")
    return [Reading(" ".join(text.split()), 1.0) for text in texts]


def _framed(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop in a height that suits Tesseract, with a margin in the median colour of its border; (H, W, 3) uint8."""
    image = crop if crop.ndim == 3 else np.repeat(crop[..., None], 3, axis=2)  # noqa: PLR2004 - grey or colour
    height = min(max(image.shape[0], LEAST_HEIGHT_PX), MOST_HEIGHT_PX)
    if height != image.shape[0]:
        width = max(8, round(image.shape[1] * height / image.shape[0]))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LANCZOS4).astype(np.uint8)
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    colour = [float(value) for value in np.median(border, axis=0)]
    margin = max(6, height // 5)
    framed = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=colour)
    return framed.astype(np.uint8)
