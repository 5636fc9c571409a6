"""Reading labelled crops with a recognizer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.evaluation.labelled import LabelledCrop
from hunmin.evaluation.peers import load_peer
from hunmin.evaluation.predict import WARM_UP, WINDOW, load_recognizer, predict
from hunmin.model.checkpoint import save_model
from hunmin.model.parseq import PARSeq
from hunmin.recognize.recognizer import Reading, Recognizer
from tests.data.lines import SPEC, line
from tests.model.shapes import model_config


def test_every_crop_keeps_its_label_and_no_more_than_a_window_is_held_at_once() -> None:
    held = []

    def read(images: Sequence[NDArray[np.uint8]]) -> list[Reading]:
        held.append(len(images))
        return [Reading(str(int(image[0, 0, 0])), 0.5) for image in images]

    numbers = range(WINDOW + 3)
    crops = (
        LabelledCrop(f"{n}.png", str(n % 256), "kind", np.full((2, 2, 3), n % 256, dtype=np.uint8)) for n in numbers
    )
    run = predict(read, crops)
    assert held == [WARM_UP, WINDOW, 3]  # the first few are read twice: the clock runs from the second time on
    assert [one.path for one in run.predictions] == [f"{n}.png" for n in numbers]
    assert all(one.text == one.label for one in run.predictions)
    assert run.reading_s >= 0


def test_no_crops_give_no_predictions() -> None:
    assert predict(lambda _: [], []).predictions == []


def test_a_checkpoint_reads_without_an_export(tmp_path: Path) -> None:
    save_model(PARSeq(model_config(), SPEC), tmp_path / "model.safetensors")
    recognizer = load_recognizer(tmp_path / "model.safetensors")
    assert recognizer.spec == SPEC
    assert len(recognizer.recognize([line(0).image, line(1).image])) == 2


@pytest.mark.parametrize("name", ["m.onnx", "m.safetensors", "m.ckpt"])
def test_a_missing_model_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{name}: no such"):
        load_recognizer(tmp_path / name)


@pytest.mark.parametrize("name", ["tesseract", "tesseract:", "other:kor"])
def test_an_unknown_peer_is_told_which_ones_there_are(name: str) -> None:
    with pytest.raises(InputError, match="the peers known here are tesseract:LANGUAGES"):
        load_peer(name, 1)


def test_another_model_can_be_a_peer() -> None:
    crop = np.full((32, 64, 3), 255, dtype=np.uint8)
    assert [reading.text for reading in load_peer("bundled", 1)([crop])] == [Recognizer().recognize([crop])[0].text]
