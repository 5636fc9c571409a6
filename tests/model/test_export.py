"""An exported graph reads as the model does, whatever the batch, the width and the way of decoding."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import onnx
import pytest
import torch

from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model, save_model
from hunmin.model.decode import Decoding
from hunmin.model.engine import torch_engine
from hunmin.model.export import compare, export_onnx
from hunmin.model.parseq import PARSeq
from hunmin.onnx_model.session import load_engine
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.text.charset import ksx1001
from tests.model.shapes import model_config, small_spec


@pytest.fixture(scope="module")
def model() -> PARSeq:
    torch.manual_seed(0)
    model = PARSeq(model_config(), small_spec(ksx1001())).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # random weights as they are would read every line alike
    return model


@pytest.mark.parametrize("decoding", ["autoregressive", "one-pass"])
def test_the_graph_reads_as_the_model_does_for_any_batch_and_width(
    decoding: Decoding, model: PARSeq, tmp_path: Path
) -> None:
    export_onnx(model, tmp_path / "model.onnx", decoding=decoding)
    engine, spec = load_engine(tmp_path / "model.onnx", threads=1)
    assert spec == model.spec
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    for num, width_px in ((1, 32), (3, 128), (2, 256)):
        images = np.random.default_rng(num).random((num, 3, 32, width_px), dtype=np.float32)
        outputs, expected = engine(images), torch_engine(model, decoding)(images)
        for output, wanted in zip(outputs, expected, strict=True):
            if output.dtype == np.int64:
                np.testing.assert_array_equal(output, wanted)
            else:
                np.testing.assert_allclose(output, wanted, atol=1e-3)


@pytest.mark.slow
def test_int8_weights_make_the_file_smaller_and_stand_in_the_loop_and_in_inner_convolutions_too(
    model: PARSeq, tmp_path: Path
) -> None:
    crops = [np.random.default_rng(i).integers(0, 256, (40, 100 + 9 * i, 3), dtype=np.uint8) for i in range(4)]
    export_onnx(model, tmp_path / "fp32.onnx")
    export_onnx(model, tmp_path / "int8.onnx", int8_for=crops)
    assert (tmp_path / "int8.onnx").stat().st_size < 0.7 * (tmp_path / "fp32.onnx").stat().st_size
    graph = onnx.load(tmp_path / "int8.onnx").graph
    loop = next(node for node in graph.node if node.op_type == "Loop")
    body = next(attribute.g for attribute in loop.attribute if attribute.name == "body")
    assert any("Integer" in node.op_type or "Quantize" in node.op_type for node in body.node)
    made_by = {output: node.op_type for node in graph.node for output in node.output}
    weights = [made_by.get(node.input[1]) for node in graph.node if node.op_type == "Conv"]
    assert weights.count("DequantizeLinear") == 3 and weights.count(None) == 1, "all but the first, which sees pixels"


@pytest.mark.slow
def test_weights_that_16_bits_hold_take_half_the_room_and_read_as_the_model_does(model: PARSeq, tmp_path: Path) -> None:
    export_onnx(model, tmp_path / "whole.onnx")
    save_model(model, tmp_path / "model.safetensors")
    stored = load_model(tmp_path / "model.safetensors")
    export_onnx(stored, tmp_path / "half.onnx")
    assert (tmp_path / "half.onnx").stat().st_size < 0.7 * (tmp_path / "whole.onnx").stat().st_size
    images = np.random.default_rng(5).random((3, 3, 32, 128), dtype=np.float32)
    tokens, log_probs, *_ = load_engine(tmp_path / "half.onnx", threads=1)[0](images)
    expected_tokens, expected_log_probs, *_ = torch_engine(stored)(images)
    np.testing.assert_array_equal(tokens, expected_tokens)
    np.testing.assert_allclose(log_probs, expected_log_probs, atol=1e-3)
    graph = onnx.load(tmp_path / "half.onnx").graph
    in_32_bits = {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    convolutions = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    assert len(convolutions) == 4 and len(in_32_bits & convolutions) <= 1, "all but the small one that sees pixels"


@pytest.mark.slow
def test_crops_too_wide_for_the_model_give_no_ranges(model: PARSeq, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of 1 crops is at most 256 px wide"):
        export_onnx(model, tmp_path / "int8.onnx", int8_for=[np.zeros((32, 900), dtype=np.uint8)])
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_encoder_without_inner_convolutions_has_int8_weights_all_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    vit = PARSeq(model_config("vit"), small_spec(ksx1001())).eval()
    export_onnx(vit, tmp_path / "int8.onnx", int8_for=[np.zeros((32, 64), dtype=np.uint8)])
    engine, _ = load_engine(tmp_path / "int8.onnx", threads=1)
    assert engine(np.zeros((1, 3, 32, 64), dtype=np.float32))[0].shape[0] == 1


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(model: PARSeq, tmp_path: Path) -> None:
    (tmp_path / "taken.onnx").mkdir()
    with pytest.raises(InputError, match=r"taken\.onnx"):
        export_onnx(model, tmp_path / "taken.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.onnx"]


def test_two_forms_may_differ_where_neither_can_read() -> None:
    def reads(*readings: tuple[str, float]) -> Recognizer:
        return cast("Recognizer", SimpleNamespace(recognize=lambda _: [Reading(*reading) for reading in readings]))

    parity = compare(
        reads(("가", 0.9), ("나", 0.9), ("다", 0.001), ("라", 0.001)),
        reads(("가", 0.8), ("너", 0.9), ("더", 0.002), ("러", 0.5)),
        [],
    )
    assert (parity.num_crops, parity.num_same, parity.num_unreadable, parity.num_different) == (4, 1, 1, 2)
    assert parity.max_confidence_difference == pytest.approx(0.1)
