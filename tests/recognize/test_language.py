"""A recognizer that knows Korean, on an engine that sees blocks and doubts them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.language.build import build
from hunmin.language.file import save_language
from hunmin.onnx_model.session import EngineOutput
from hunmin.recognize.recognizer import Recognizer
from tests.pages.blocks import SPEC, draw, read_blocks


def doubting(letter: str, other: str, share: float) -> Callable[[NDArray[np.float32]], EngineOutput]:
    """`read_blocks`, but each `letter` may be `other` as well."""
    tokenizer = SPEC.tokenizer()
    seen, instead = tokenizer.encode(letter)[0], tokenizer.encode(other)[0]

    def engine(images: NDArray[np.float32]) -> EngineOutput:
        tokens, log_probs = read_blocks(images)
        log_probs = 3 * log_probs  # a poor image: the whole line is in some doubt
        candidates = np.stack([tokens, np.zeros_like(tokens)], axis=2)
        all_log_probs = np.stack([log_probs, np.full_like(log_probs, -np.inf)], axis=2)
        candidates[tokens == seen] = (seen, instead)
        all_log_probs[tokens == seen] = np.log((1 - share, share))
        centres = np.zeros(tokens.shape, dtype=np.float32)
        return EngineOutput(tokens, all_log_probs[:, :, 0], candidates, all_log_probs, centres)

    return engine


@pytest.fixture(scope="module")
def own_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("language") / "own.npz"
    save_language(build(["가나다라마 가나다 라마"] * 20), path)
    return path


def test_a_doubtful_syllable_is_decided_by_the_language_and_by_the_image_alone_without_one(own_language: Path) -> None:
    engine, crop = doubting("마", "라", 0.4), draw("가나다마")
    for off in ("off", None):
        assert Recognizer.from_engine(engine, SPEC, language=off).recognize([crop])[0].text == "가나다마"
    reading = Recognizer.from_engine(engine, SPEC, language=own_language).recognize([crop])[0]
    assert reading.text == "가나다라"


def test_without_a_language_text_and_confidence_are_those_of_an_engine_without_candidates() -> None:
    engine, crops = doubting("마", "라", 0.4), [draw("가나다마"), draw("마 나"), draw("가 나")]

    def image_alone(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        output = engine(images)
        return output.tokens, output.log_probs

    off = Recognizer.from_engine(engine, SPEC, language="off").recognize(crops)
    assert off == Recognizer.from_engine(image_alone, SPEC, language="off").recognize(crops)
    assert off == Recognizer.from_engine(image_alone, SPEC, language="default").recognize(crops), "nothing to decide"


def test_sure_lines_keep_text_and_confidence(own_language: Path) -> None:
    crops = [draw("라마가나"), draw("나나나")]
    engine = doubting("다", "라", 0.4)
    off, on = (Recognizer.from_engine(engine, SPEC, language=choice) for choice in ("off", own_language))
    assert on.recognize(crops) == off.recognize(crops)


def test_a_language_that_agrees_makes_a_line_surer(own_language: Path) -> None:
    engine, crop = doubting("라", "마", 0.4), draw("가나다라마")
    off, on = (
        Recognizer.from_engine(engine, SPEC, language=choice).recognize([crop])[0] for choice in ("off", own_language)
    )
    assert on.text == off.text == "가나다라마"
    assert off.confidence < on.confidence <= 1
