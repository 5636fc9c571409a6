"""Where characters stand, how sure each is, and what else it may be."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hunmin.onnx_model.session import EngineOutput
from hunmin.recognize.characters import LEAST_ALTERNATIVE, advance, characters_to_dicts, extents
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Generator
from hunmin.synth.texts.corpus import load_corpus
from tests.pages.blocks import BLOCK_PX, GAP_PX, SPACE_PX, SPEC, draw, read_blocks
from tests.recognize.test_language import doubting


def read(crop: NDArray[np.uint8]) -> Reading:
    (reading,) = Recognizer.from_engine(read_blocks, SPEC).recognize([crop])
    return reading


def columns(reading: Reading, width_px: int) -> list[tuple[int, int]]:
    """Left and right edge of each character in pixels."""
    return [(round(one.left * width_px), round(one.right * width_px)) for one in reading.characters]


def drawn_at(text: str, start: int = GAP_PX) -> list[tuple[int, int]]:
    """Where `draw` puts the characters of a text; a space lies between its neighbours."""
    places, at = [], start
    for character in text:
        if character == " ":
            places.append((at - GAP_PX, at + SPACE_PX))
            at += SPACE_PX
        else:
            places.append((at, at + BLOCK_PX))
            at += BLOCK_PX + GAP_PX
    return places


@pytest.mark.parametrize("text", ["가", "가나다", "가나 다라 마"])
def test_each_character_stands_where_its_ink_is_and_a_space_between(text: str) -> None:
    crop = draw(text)
    reading = read(crop)
    assert "".join(one.text for one in reading.characters) == reading.text == text
    for found, drawn in zip(columns(reading, crop.shape[1]), drawn_at(text), strict=True):
        assert np.abs(np.subtract(found, drawn)).max() <= 2, (found, drawn)


def test_places_are_those_of_the_crop_although_blanks_were_cut_out_of_it_and_it_was_split() -> None:
    left, right = draw("가나다라마가나다라마가나다라"), draw("마라")
    blank = np.full((32, 200, 3), 255, dtype=np.uint8)
    crop = np.concatenate([blank, left, blank, right, blank[:, :150]], axis=1)
    reading = read(np.repeat(np.repeat(crop, 2, axis=0), 2, axis=1))
    drawn = drawn_at("가나다라마가나다라마가나다라", 200 + GAP_PX) + drawn_at("마라", 400 + left.shape[1] + GAP_PX)
    inked = [one for one in reading.characters if one.text != " "]
    assert "".join(one.text for one in inked) == "가나다라마가나다라마가나다라마라"
    for one, place in zip(inked, drawn, strict=True):
        assert abs(one.left * crop.shape[1] - place[0]) <= 4
        assert abs(one.right * crop.shape[1] - place[1]) <= 4


def test_a_doubtful_character_names_what_else_it_may_be_and_a_sure_one_nothing() -> None:
    recognizer = Recognizer.from_engine(doubting("마", "라", 0.4), SPEC, language="off")
    (reading,) = recognizer.recognize([draw("가마")])
    sure, doubtful = reading.characters
    assert sure.alternatives == ()
    assert doubtful.confidence == pytest.approx(0.6, abs=1e-5)
    assert doubtful.alternatives == (("라", pytest.approx(0.4, abs=1e-5)),)


def test_what_is_very_unlikely_is_no_alternative() -> None:
    recognizer = Recognizer.from_engine(doubting("마", "라", LEAST_ALTERNATIVE / 2), SPEC, language="off")
    assert recognizer.recognize([draw("마")])[0].characters[0].alternatives == ()


def test_an_engine_that_says_where_it_found_characters_is_believed_where_the_ink_does_not_part_them() -> None:
    crop = np.full((32, 200, 3), 255, dtype=np.uint8)
    crop[12:20, 10:190] = 10

    def engine(images: NDArray[np.float32]) -> EngineOutput:
        ids = [*SPEC.tokenizer().encode("가나"), SPEC.tokenizer().eos_id]
        tokens = np.tile(ids, (len(images), 1))
        middles = np.tile(np.float32([55, 145, 199]) / images.shape[3], (len(images), 1))
        return EngineOutput(tokens, np.zeros(tokens.shape, np.float32), centres=middles)

    (reading,) = Recognizer.from_engine(engine, SPEC).recognize([crop])
    assert columns(reading, 200)[0][1] == pytest.approx(100, abs=3)


def test_equal_texts_are_equal_readings_wherever_they_stand() -> None:
    assert read(draw("가나")) == replace(read(draw("가나")), characters=())


def test_as_plain_values_only_doubtful_characters_have_alternatives() -> None:
    recognizer = Recognizer.from_engine(doubting("마", "라", 0.4), SPEC, language="off")
    sure, doubtful = characters_to_dicts(recognizer.recognize([draw("가마")])[0].characters)
    assert list(sure) == ["text", "confidence", "left", "right"]
    assert doubtful["alternatives"] == [["라", 0.4]]


def test_syllables_are_twice_as_wide_as_digits() -> None:
    assert advance("한") == advance("，") == 1.0
    assert 0.5 <= advance("7") <= 0.6
    assert advance("i") < advance("n") < advance("W")


@given(
    text=st.text(alphabet="가나 1a.", min_size=1, max_size=20),
    middles=st.lists(st.floats(-0.1, 1.3), min_size=20, max_size=20),
    seed=st.integers(0, 99),
)
def test_whatever_the_engine_says_edges_lie_in_the_line_and_in_order(
    text: str, middles: list[float], seed: int
) -> None:
    line = np.random.default_rng(seed).integers(0, 256, (12, 100, 3), dtype=np.uint8)
    for shown in (line, np.full_like(line, 255), cv2.GaussianBlur(line, (9, 9), 0)):
        edges = extents(np.asarray(shown, np.uint8), text, middles[: len(text)])
        assert edges.shape == (len(text), 2)
        assert ((edges >= 0) & (edges <= 100)).all()
        assert (np.diff(edges.ravel()) >= 0).all()


def test_words_of_generated_lines_in_held_out_faces_stand_where_they_were_drawn() -> None:
    recognizer = Recognizer(threads=1)
    config = replace(default_config(), held_out=True, kinds={"document": 1.0})
    generator = Generator(load_faces(), load_corpus(frozenset(recognizer.spec.characters)), config)
    samples = [generator.sample(5, 0, index) for index in range(40)]
    shares = []
    for sample, reading in zip(samples, recognizer.recognize([one.image for one in samples]), strict=True):
        if reading.text == sample.text and sample.boxes is not None:
            width = sample.image.shape[1]
            for one, (left, _, right, _) in zip(reading.characters, sample.boxes, strict=True):
                if one.text != " ":
                    inside = min(one.right * width, right) - max(one.left * width, left)
                    shares.append(inside / (max(one.right * width, right) - min(one.left * width, left)))
    assert len(shares) > 100
    assert np.median(shares) >= 0.85
