"""Peers are measured as ours are, or refused in words."""

import shutil

import cv2
import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.evaluation.peers import load_peer, read_with_tesseract


@pytest.mark.parametrize("name", ["tesseract", "tesseract:", "paddle:korean", ""])
def test_an_unknown_peer_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match="tesseract:kor\\+eng"):
        load_peer(name, 1)


@pytest.fixture
def crops() -> list[np.ndarray]:
    images = []
    for text in ("2024", "1999", "315"):
        image = np.full((48, 160), 255, dtype=np.uint8)
        cv2.putText(image, text, (20, 38), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
        images.append(image)
    return images


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_gives_one_reading_a_crop_in_order(crops: list[np.ndarray]) -> None:
    readings = read_with_tesseract(crops, "eng", threads=1)
    assert [reading.text for reading in readings] == ["2024", "1999", "315"]


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_language_that_is_not_there_is_named(crops: list[np.ndarray]) -> None:
    with pytest.raises(InputError, match="tesseract:nosuch"):
        read_with_tesseract(crops, "nosuch")
