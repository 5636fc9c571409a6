"""Loading ONNX files; the graph is random, built here, and really run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hunmin.errors import InputError, MismatchError
from hunmin.onnx_model.metadata import CLASSES_KEY
from hunmin.onnx_model.session import load_engine
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import SPEC_KEY, RecognizerSpec
from hunmin.text.charset import Charset, korean

LENGTH = 5


def spec_of(num_characters: int) -> RecognizerSpec:
    return RecognizerSpec.for_charset(Charset("part of korean", korean().characters[:num_characters]))


def write_model(path: Path, num_classes: int, metadata: dict[str, str]) -> Path:
    """A graph that maps the mean colour of an image to classes, by random weights."""
    weights = np.random.default_rng(0).normal(size=(3, LENGTH * num_classes)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images", "axes"], ["colour"], keepdims=0),
            helper.make_node("MatMul", ["colour", "weights"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], ["logits"]),
            helper.make_node("LogSoftmax", ["logits"], ["all_log_probs"]),
            helper.make_node("ArgMax", ["logits"], ["tokens"], axis=2, keepdims=0),
            helper.make_node("ReduceMax", ["all_log_probs", "last_axis"], ["log_probs"], keepdims=0),
        ],
        "random",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, 48, "W"])],
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, ["N", LENGTH]),
            helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["N", LENGTH]),
        ],
        [
            numpy_helper.from_array(np.array([2, 3]), "axes"),
            numpy_helper.from_array(np.array([2]), "last_axis"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([-1, LENGTH, num_classes]), "shape"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {CLASSES_KEY: str(num_classes), **metadata})
    onnx.save(model, path)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.onnx", 101, {SPEC_KEY: spec_of(100).to_json()})


def test_a_model_is_loaded_with_its_own_spec_and_runs(model: Path) -> None:
    engine, spec = load_engine(model, threads=1)
    assert spec == spec_of(100)
    tokens, log_probs, *others = engine(np.ones((2, 3, 48, 96), dtype=np.float32))
    assert tokens.shape == log_probs.shape == (2, LENGTH)
    assert (tokens.dtype, log_probs.dtype) == (np.int64, np.float32)
    assert others == [None, None, None], "a graph of before decision 0017 tells no candidates"


def test_one_crop_reads_the_same_in_any_batch(model: Path) -> None:
    recognizer = Recognizer(model, threads=1)
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, (24, rng.integers(20, 200), 3), dtype=np.uint8) for _ in range(40)]
    together, alone = recognizer.recognize(crops), recognizer.recognize(crops, batch_size=1)
    assert [reading.text for reading in together] == [reading.text for reading in alone]
    assert len({reading.text for reading in together}) > 1
    assert [r.confidence for r in together] == pytest.approx([r.confidence for r in alone], abs=1e-5)


def test_a_graph_for_100_symbols_and_a_charset_of_1026_are_refused_with_both_numbers(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", 100, {SPEC_KEY: spec_of(1026).to_json()})
    with pytest.raises(MismatchError, match=r"model\.onnx has 100 head classes, but the tokenizer has 1027"):
        Recognizer(path)


def test_a_graph_and_a_spec_of_different_heights_are_refused_with_both(tmp_path: Path) -> None:
    spec = replace(spec_of(100), height_px=32)
    path = write_model(tmp_path / "model.onnx", 101, {SPEC_KEY: spec.to_json()})
    with pytest.raises(MismatchError, match="reads lines 48 px high, its spec says 32"):
        Recognizer(path)


def test_a_model_without_a_spec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other\.onnx.*hunmin_spec.*hunmin export"):
        Recognizer(write_model(tmp_path / "other.onnx", 101, {}))


def test_a_model_with_a_broken_spec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.onnx.*not JSON"):
        Recognizer(write_model(tmp_path / "model.onnx", 101, {SPEC_KEY: "{"}))


def test_a_missing_model_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.onnx: no such model file"):
        Recognizer("nowhere.onnx")


def test_what_is_no_onnx_model_is_named_in_one_line(
    tmp_path: Path, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = model.read_bytes()
    for number, content in enumerate((b"", b"not a model", "글".encode() * 5000, whole[: len(whole) // 2], bytes(999))):
        path = tmp_path / f"broken{number}.onnx"
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"broken{number}\.onnx: ") as caught:
            Recognizer(path)
        assert "\n" not in str(caught.value)
    output = capfd.readouterr()
    assert output.out + output.err == ""


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "identity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {SPEC_KEY: spec_of(100).to_json(), CLASSES_KEY: "101"})
    onnx.save(model, tmp_path / "identity.onnx")
    with pytest.raises(InputError, match="does not map"):
        Recognizer(tmp_path / "identity.onnx")


def test_a_model_that_does_not_say_how_many_classes_it_has_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", 101, {SPEC_KEY: spec_of(100).to_json(), CLASSES_KEY: ""})
    with pytest.raises(InputError, match=r"model\.onnx: 'hunmin_num_classes' in its metadata is ''.*export it again"):
        Recognizer(path)


@pytest.mark.parametrize("threads", [-1, 10**6, 1.5, "2", None])
def test_what_is_no_number_of_threads_is_refused(threads: object) -> None:
    with pytest.raises(InputError, match=r"^threads=.*: give a whole number up to 1,024; 0 takes one for every core$"):
        Recognizer("bundled", threads=threads)  # type: ignore[arg-type]
