"""Checkpoint → ONNX, and the proof that both read the same.

The exported graph holds the whole of one-pass decoding with refinement: `images` (N, 3, H, W) float32 → `logits` (N, L+1, C)
float32, for any N and any W that is a multiple of the spec's width step. The spec travels in the metadata.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from hunmin.errors import InputError
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY
from hunmin.model.decoding import decode_one_pass
from hunmin.model.parseq import PARSeq
from hunmin.recognize.recognizer import Recognizer

OPSET = 18


class OnePass(nn.Module):
    """What is exported."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, L+1, C)."""
        return decode_one_pass(self.model, images)


def export_onnx(model: PARSeq, path: Path, *, int8: bool = False) -> None:
    """Write `model` as one ONNX file; whole or not at all.

    Args:
        model: in evaluation mode, on the CPU.
        path: of the new file.
        int8: keep the weights of linear layers in 8 bits; a quarter of the size, some accuracy less.

    Raises:
        MismatchError: the model's tables and its tokenizer disagree.
    """
    model.check_vocabulary(where=f"model {model.config.name!r}, exported to {path}")
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.onnx"
        _trace(model, graph)
        if int8:
            # Both passes share their weights. Only after constant folding does each stand alone, ready to be quantised.
            folded, quantised = Path(folder) / "folded.onnx", Path(folder) / "int8.onnx"
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
            options.optimized_model_filepath = str(folded)
            options.log_severity_level = 3
            onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
            quantize_dynamic(folded, quantised, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8)
            graph = quantised
        proto = onnx.load(graph)
        del proto.metadata_props[:]
        onnx.helper.set_model_props(
            proto,
            {
                SPEC_KEY: model.spec.to_json(),
                MODEL_KEY: model.config.to_json(),
                "hunmin_weights": "int8" if int8 else "fp32",
            },
        )
        partial = path.with_name(path.name + ".partial")
        try:
            onnx.save(proto, partial)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"{path}: cannot be written ({error.strerror}); give another place") from error


def _trace(model: PARSeq, path: Path) -> None:
    # What the exporter says of packages that hunmin does not use is no news to whoever exports.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    spec = model.spec
    images = torch.zeros(2, spec.channels, spec.height_px, 4 * spec.width_step_px)
    batch = torch.export.Dim("batch", min=1)
    steps = torch.export.Dim("width_steps", min=1, max=spec.max_width_px // spec.width_step_px)
    torch.onnx.export(
        OnePass(model).eval(),
        (images,),
        path,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes={"images": {0: batch, 3: spec.width_step_px * steps}},
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


@dataclass(frozen=True)
class Parity:
    """How two engines read the same crops."""

    num_crops: int
    num_same: int
    """Crops that both read as the same text."""
    max_confidence_difference: float
    """Over the crops read the same."""


def compare(one: Recognizer, other: Recognizer, crops: Sequence[NDArray[np.uint8]]) -> Parity:
    """Read `crops` with both recognizers."""
    pairs = list(zip(one.recognize(crops), other.recognize(crops), strict=True))
    differences = [abs(a.confidence - b.confidence) for a, b in pairs if a.text == b.text]
    return Parity(len(pairs), len(differences), max(differences, default=0.0))
