from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.errors import ImageError, InputError, MismatchError
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset
from tests.pages.blocks import SPEC, SURE, draw, read_blocks


@pytest.fixture
def recognizer() -> Recognizer:
    return Recognizer.from_engine(read_blocks, SPEC)


def test_crops_of_all_widths_are_read_in_the_order_they_came(recognizer: Recognizer) -> None:
    texts = ["가나다", "라", "마 가", "나나나나나나", "가 나 다", "라마"] * 12
    assert [reading.text for reading in recognizer.recognize([draw(text) for text in texts])] == texts


def test_a_crop_reads_the_same_alone_and_in_any_batch(recognizer: Recognizer) -> None:
    rng = np.random.default_rng(0)
    crops = [draw("".join(rng.choice(list("가나다라마"), rng.integers(1, 40)))) for _ in range(70)]
    alone = recognizer.recognize(crops, batch_size=1)
    assert recognizer.recognize(crops, batch_size=32) == alone
    assert [recognizer.recognize([crop])[0] for crop in crops[:5]] == alone[:5]


def test_the_engine_gets_batches_of_one_width_and_never_more_than_asked_for() -> None:
    shapes = []

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        shapes.append(images.shape)
        assert images.dtype == np.float32
        return read_blocks(images)

    texts = ["가" * (1 + i % 7) for i in range(50)]
    Recognizer.from_engine(engine, SPEC).recognize([draw(text) for text in texts], batch_size=4)
    assert sum(shape[0] for shape in shapes) == 50
    assert max(shape[0] for shape in shapes) == 4
    assert {shape[1:3] for shape in shapes} == {(3, 32)}
    assert {shape[3] for shape in shapes} == {32, 64, 96, 128}


def test_no_crops_give_no_readings(recognizer: Recognizer) -> None:
    assert recognizer.recognize([]) == []


def test_a_line_wider_than_the_model_is_read_in_pieces_and_joined(recognizer: Recognizer) -> None:
    words = "가나 다라마 가 나다라 마가나다 라마 가나다 라마가 나다"
    assert recognizer.recognize([draw(words)])[0].text == words
    assert recognizer.recognize([draw(words, height_px=64)])[0].text == words
    without_spaces = "가나다라마" * 12
    assert recognizer.recognize([draw(without_spaces), draw("가")])[0].text == without_spaces


def test_pieces_count_token_by_token_towards_the_confidence(recognizer: Recognizer) -> None:
    short, long = recognizer.recognize([draw("가"), draw("가나다라마" * 12)])
    assert long.confidence == pytest.approx(short.confidence)


def test_the_confidence_is_the_geometric_mean_over_tokens_up_to_the_end(recognizer: Recognizer) -> None:
    assert recognizer.recognize([draw("가나다")])[0].confidence == pytest.approx(SURE, rel=1e-5)

    def unsure_of_the_first(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        tokens, log_probs = read_blocks(images)
        log_probs[:, 0] = np.log(0.5)
        return tokens, log_probs

    reading = Recognizer.from_engine(unsure_of_the_first, SPEC).recognize([draw("가나다")])[0]
    assert reading.confidence == pytest.approx((0.5 * SURE**3) ** (1 / 4), rel=1e-5)


def test_what_stands_after_the_end_does_not_count() -> None:
    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        tokens, log_probs = read_blocks(images)
        tokens[:, 4:], log_probs[:, 4:] = 999, np.nan
        return tokens, log_probs

    plain = Recognizer.from_engine(read_blocks, SPEC).recognize([draw("가나다")])
    assert Recognizer.from_engine(engine, SPEC).recognize([draw("가나다")]) == plain


def test_text_that_never_ends_counts_every_character() -> None:
    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return np.full((len(images), 5), 2), np.log(np.full((len(images), 5), 0.9, dtype=np.float32))

    reading = Recognizer.from_engine(engine, SPEC).recognize([draw("가나다")])[0]
    assert reading.text == "가" * 5
    assert reading.confidence == pytest.approx(0.9)
    assert reading.truncated


def test_a_line_of_more_characters_than_a_label_may_have_is_read_on_to_its_end() -> None:
    spec = replace(SPEC, max_label_length=8)

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Reads eight characters and no `<eos>` where there are more than eight."""
        tokens, log_probs = read_blocks(images)
        return tokens[:, :8], log_probs[:, :8]

    recognizer = Recognizer.from_engine(engine, spec)
    texts = ["가나다라마 나다라마가 다라마가나", "가나다라마나다라마가다", "가나다라마가나", "다라 " * 30 + "마"]
    readings = recognizer.recognize([draw(text) for text in texts])
    assert [reading.text for reading in readings] == texts
    assert not any(reading.truncated for reading in readings)
    assert readings[0].mean_token_prob == pytest.approx(SURE, rel=1e-5)


def test_what_never_ends_says_that_it_may_hold_more_however_wide_it_is() -> None:
    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return np.full((len(images), 65), 2), np.zeros((len(images), 65), dtype=np.float32)

    endless, ended = Recognizer.from_engine(engine, SPEC), Recognizer.from_engine(read_blocks, SPEC)
    for text in ("가", "가나다라마" * 3, "가나다라마 " * 30):
        assert endless.recognize([draw(text)])[0].truncated
        assert not ended.recognize([draw(text)])[0].truncated


def test_readings_have_one_code_point_for_what_prints_alike_unless_asked_for_what_the_model_says() -> None:
    charset = Charset("won", "￦₩ㆍ·")
    spec = RecognizerSpec.for_charset(charset, height_px=32, width_step_px=32, max_width_px=256)

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        tokens = np.array([[*spec.tokenizer().encode("￦ㆍ₩·"), spec.tokenizer().eos_id]] * len(images))
        return tokens, np.zeros(tokens.shape, dtype=np.float32)

    assert Recognizer.from_engine(engine, spec).recognize([draw("가")])[0].text == "₩·₩·"
    assert Recognizer.from_engine(engine, spec, canonical=False).recognize([draw("가")])[0].text == "￦ㆍ₩·"


def test_an_engine_of_another_charset_is_refused_with_both_numbers() -> None:
    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return np.full((len(images), 5), 99), np.zeros((len(images), 5), dtype=np.float32)

    with pytest.raises(MismatchError, match=r"token 99.* 7 classes"):
        Recognizer.from_engine(engine, SPEC).recognize([draw("가")])


def test_an_engine_that_gives_nan_is_an_error_and_no_reading() -> None:
    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        tokens, log_probs = read_blocks(images)
        return tokens, log_probs * np.float32(np.nan)

    with pytest.raises(InputError, match="not finite"):
        Recognizer.from_engine(engine, SPEC).recognize([draw("가")])


def test_arrays_pillow_images_and_grey_are_read_alike(recognizer: Recognizer) -> None:
    crop = draw("가나 다")
    texts = [reading.text for reading in recognizer.recognize([crop, Image.fromarray(crop), crop[:, :, 0]])]
    assert texts == ["가나 다"] * 3


def test_a_crop_that_cannot_be_read_is_named_by_its_number(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match=r"^image 1: "):
        recognizer.recognize([draw("가"), b"no image"])


def test_a_strip_far_too_long_for_a_line_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(ImageError, match="no line of text") as caught:
        recognizer.recognize([np.zeros((2, 4000), dtype=np.uint8)])
    assert caught.value.code == "too_wide"


@pytest.mark.parametrize("image", [draw("가"), "line.png", Path("line.png"), b"", Image.new("L", (9, 9))], ids=type)
def test_one_image_in_place_of_a_list_is_refused(image: object, recognizer: Recognizer) -> None:
    with pytest.raises(InputError, match=r"takes a list of images, not one \w+; give \[image\]"):
        recognizer.recognize(image)  # type: ignore[arg-type]


def test_a_batch_of_no_crops_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(InputError, match="batch_size=-1; give a whole number, 1 or more"):
        recognizer.recognize([draw("가")], batch_size=-1)


class OneReadingAView:
    """An engine that reads ten letters in each view, with the letter and the probability of each that it was given."""

    def __init__(self, *readings: tuple[str, float]) -> None:
        self.readings = iter(readings)
        self.widths_px: list[int] = []

    def __call__(self, images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        letter, probability = next(self.readings)
        self.widths_px += [images.shape[3]]
        tokens = np.array([[*SPEC.tokenizer().encode(letter * 10), SPEC.tokenizer().eos_id]] * len(images))
        return tokens, np.full(tokens.shape, np.log(probability), dtype=np.float32)


@pytest.mark.parametrize(
    ("views", "text", "probability"),
    [
        ([("가", 0.99)], "가", 0.99),
        ([("가", 0.5)], "가", 0.5),
        ([("가", 0.9), ("가", 0.91)], "가", 0.91),
        ([("가", 0.9), ("나", 0.99)], "나", 0.99),
        ([("가", 0.9), ("나", 0.91), ("다", 0.89)], "나", 0.91),
    ],
    ids=["sure", "hopeless", "two agree", "the second is sure", "three"],
)
def test_a_line_in_doubt_is_read_in_another_view_and_the_surest_reading_counts(
    views: list[tuple[str, float]], text: str, probability: float
) -> None:
    engine = OneReadingAView(*views)
    reading = Recognizer.from_engine(engine, SPEC).recognize([draw("가나다라마가")[:, :110]])[0]
    assert (reading.text, reading.mean_token_prob) == (text * 10, pytest.approx(probability, rel=1e-5))
    assert engine.widths_px == [128, 160, 128][: len(views)]


@pytest.mark.parametrize("image", [None, 3, object()], ids=["None", "int", "object"])
def test_what_is_no_image_is_named_by_its_number_and_type(image: object, recognizer: Recognizer) -> None:
    with pytest.raises(
        ImageError, match=r"image 1: a \w+; give a path, bytes, an open file, a Pillow image or an array"
    ):
        recognizer.recognize([draw("가"), image])  # type: ignore[list-item]
