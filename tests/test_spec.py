"""The spec travels with every model and refuses to be something else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.errors import InputError
from hunmin.spec import SPEC_VERSION, RecognizerSpec
from hunmin.text.charset import Charset, korean
from hunmin.text.normalize import normalize_label

SPEC = RecognizerSpec("tiny", "가나다 \"\\'₩")


@st.composite
def specs(draw: st.DrawFn) -> RecognizerSpec:
    text = normalize_label(draw(st.text(st.characters(exclude_categories=["Cc", "Cs"]))))
    charset = Charset(draw(st.text()), "".join(dict.fromkeys(f" {text}")))
    step = draw(st.integers(4, 64))
    return RecognizerSpec.for_charset(
        charset,
        height_px=draw(st.integers(1, 128)),
        width_step_px=step,
        max_width_px=step * draw(st.integers(1, 64)),
        mean=draw(st.floats(0, 1)),
        std=draw(st.floats(0, 1, exclude_min=True)),
        max_label_length=draw(st.integers(1, 500)),
        confidence_exponent=draw(st.floats(0, 100)),
    )


@given(specs())
def test_a_spec_survives_the_way_through_json(spec: RecognizerSpec) -> None:
    assert RecognizerSpec.from_json(spec.to_json(), where="model.onnx") == spec


def test_json_is_one_line_in_which_the_charset_can_be_read() -> None:
    text = SPEC.to_json()
    assert "\n" not in text
    assert "가나다" in text


def test_charset_and_tokenizer_come_from_the_spec() -> None:
    spec = RecognizerSpec.for_charset(korean(), height_px=64)
    assert spec.charset == korean()
    assert spec.tokenizer().num_classes == len(korean()) + 1
    assert spec.height_px == 64


def test_a_crop_is_scaled_to_the_height_and_its_width_rounded_up_to_a_bucket() -> None:
    spec = RecognizerSpec.for_charset(Charset("few", "가나"), height_px=32, width_step_px=32, max_width_px=1024)
    assert [spec.scaled_width_px(*size) for size in ((100, 64), (100, 16), (1, 1000))] == [50, 200, 1]
    assert [spec.bucket_width_px(width) for width in (1, 32, 33, 1024)] == [32, 32, 64, 1024]


def test_a_crop_fits_up_to_the_greatest_width_at_the_height_of_the_spec() -> None:
    spec = RecognizerSpec.for_charset(Charset("few", "가나"), height_px=32, width_step_px=32, max_width_px=1024)
    assert spec.fits(1024, 32) and spec.fits(2048, 64)
    assert not spec.fits(1025, 32) and not spec.fits(1024, 16)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("height_px", 0, "height_px is 0"),
        ("width_step_px", -32, "width_step_px is -32"),
        ("max_width_px", 3, "max_width_px is 3; it must be 4 or more"),
        ("max_width_px", 1000, "max_width_px 1000 is not a multiple of spec.width_step_px 48"),
        ("max_label_length", 10**9, "max_label_length is 1000000000"),
        ("confidence_exponent", -0.1, "confidence_exponent is -0.1"),
        ("confidence_exponent", float("nan"), "confidence_exponent is nan"),
        ("mean", float("nan"), "mean is nan"),
        ("std", 0.0, "std is 0.0"),
        ("std", float("inf"), "std is inf"),
        ("normalization", "NFKC", "'NFKC'"),
        ("channels", 1, "1 channels"),
        ("characters", "", "is empty"),
        ("characters", "가가", "more than once"),
        ("characters", "\ud800", "charset 'tiny' holds"),
    ],
)
def test_values_that_no_recognizer_can_have_are_refused_here_and_in_a_file(
    key: str, value: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        RecognizerSpec(**{"charset_name": "tiny", "characters": "가나", key: value})  # type: ignore[arg-type]
    text = json.dumps(json.loads(SPEC.to_json()) | {key: value})
    with pytest.raises(InputError, match=rf"^model\.onnx: .*{message}"):
        RecognizerSpec.from_json(text, where="model.onnx")


@pytest.mark.parametrize(
    "change",
    [
        {"height_px": "32"},
        {"height_px": 32.0},
        {"height_px": True},
        {"height_px": None},
        {"std": "0.5"},
        {"std": 10**400},
        {"characters": ["가"]},
        {"charset_name": 3},
        {"version": SPEC_VERSION + 1},
        {"version": 0},
        {"version": "1"},
        {"version": True},
        {"extra": 1},
    ],
)
def test_a_file_with_a_wrong_type_version_or_key_is_named_with_the_key(change: dict[str, object]) -> None:
    text = json.dumps(json.loads(SPEC.to_json()) | change)
    with pytest.raises(InputError, match=rf"^model\.onnx: .*{next(iter(change))}"):
        RecognizerSpec.from_json(text, where="model.onnx")


def test_a_model_from_before_confidences_were_calibrated_is_read_as_one_that_is_not() -> None:
    values = json.loads(SPEC.to_json())
    del values["confidence_exponent"]
    old = RecognizerSpec.from_json(json.dumps(values | {"version": 1}), where="model.onnx")
    assert old == SPEC
    assert old.confidence_exponent == 0


def test_a_missing_key_is_named() -> None:
    values = json.loads(SPEC.to_json())
    del values["std"]
    with pytest.raises(InputError, match=r"model\.onnx: .*'std'"):
        RecognizerSpec.from_json(json.dumps(values), where="model.onnx")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"spec"', "[" * 100_000, "1" * 5000, "{}"])
def test_what_is_no_spec_at_all_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"^model\.onnx: ") as refusal:
        RecognizerSpec.from_json(text, where="model.onnx")
    assert len(str(refusal.value).splitlines()) == 1


def test_whole_numbers_may_stand_for_mean_and_std() -> None:
    text = json.dumps(json.loads(SPEC.to_json()) | {"mean": 0, "std": 1})
    spec = RecognizerSpec.from_json(text, where="model.onnx")
    assert (spec.mean, spec.std) == (0, 1)
