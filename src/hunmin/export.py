"""Checkpoint → ONNX, and the proof that both read the same.

Either graph takes `images` (N, 3, H, W) float32, any N, any W that is a multiple of the spec's width step, and gives `tokens`
(N, T) int64 and `log_probs` (N, T) float32, the likeliest class of each position up to `<eos>`; the spec travels in the metadata.

- `autoregressive`: one character after the other inside an ONNX Loop, with the keys and values of what was read kept,
  until every line has ended, then those in doubt once more. Reads best, and short lines take few steps.
- `one-pass`: all characters at once, then refined; no loop, for engines that cannot run one.
"""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor, nn

from hunmin.errors import InputError
from hunmin.files import new_file
from hunmin.model.checkpoint import MODEL_KEY
from hunmin.model.column_bias import behind
from hunmin.model.decode import Decoded, Decoding, decode_one_pass, end_at_edge, likeliest, refine_within
from hunmin.model.decoder import KeyValue
from hunmin.model.parseq import Memory, PARSeq
from hunmin.onnx_model.int8 import quantize
from hunmin.onnx_model.loop import around_loop, hoist, loop_body, share
from hunmin.onnx_model.session import CLASSES_KEY, OUTPUTS
from hunmin.onnx_model.storage import store_in_half, without_norms
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import SPEC_KEY, RecognizerSpec

OPSET = 20


class OnePass(nn.Module):
    """One-pass decoding with refinement, as a whole."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Decoded:
        """(N, 3, H, W) → (N, L+1) each."""
        return decode_one_pass(self.model, images)


class Encode(nn.Module):
    """What happens once an image."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 3, H, W) → keys and values of the memory, each (N, A, S, D/A), and its ordinals (N, columns)."""
        memory = self.model.project(self.model.encode(images))
        return memory.projected.key, memory.projected.value, memory.ordinals


class Step(nn.Module):
    """What happens once a character."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(  # noqa: PLR0913, PLR0917 - the exporter passes them by place
        self,
        position: Tensor,
        token: Tensor,
        column: Tensor,
        key: Tensor,
        value: Tensor,
        memory_key: Tensor,
        memory_value: Tensor,
        memory_ordinals: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Read the character at `position` after `token`.

        Args:
            position: () int64.
            token: (N, 1) int64, the one before.
            column: (N, 1) float32, where that was read; negative for `<bos>`.
            key: (N, A, T, D/A), of the tokens before that one.
            value: likewise.
            memory_key: (N, A, S, D/A).
            memory_value: likewise.
            memory_ordinals: (N, columns).

        Returns:
            the next token, its log-probability and its column, (N, 1) each, and key and value with `token` appended.
        """
        model = self.model
        new = model.decoder.project_content(model.embed_at(token, position))
        kept = KeyValue(torch.cat((key, new.key), dim=2), torch.cat((value, new.value), dim=2))
        query = model.positions.index_select(0, position[None])[None]
        memory = Memory(KeyValue(memory_key, memory_value), memory_ordinals)
        read = model.read(model.look(memory, kept, None, query, behind(column)))
        return *end_at_edge(model, memory, likeliest(read.logits), column), read.columns, kept.key, kept.value


class Refine(nn.Module):
    """What happens once all characters are read."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        read_tokens: Tensor,
        read_log_probs: Tensor,
        read_columns: Tensor,
        memory_key: Tensor,
        memory_value: Tensor,
        memory_ordinals: Tensor,
    ) -> Decoded:
        """`refine_within`: tokens, their log-probabilities and columns (N, T), the memory as in `Step` → (N, T) each."""
        memory = Memory(KeyValue(memory_key, memory_value), memory_ordinals)
        return refine_within(self.model, memory, Decoded(read_tokens, read_log_probs), read_columns)


def export_onnx(
    model: PARSeq,
    path: Path,
    *,
    int8_for: Sequence[NDArray[np.uint8]] | None = None,
    decoding: Decoding = "autoregressive",
) -> None:
    """Write `model` as one ONNX file; whole or not at all.

    Args:
        model: in evaluation mode, on the CPU.
        path: of the new file.
        int8_for: multiply in 8 bits, in convolutions with the ranges that features have on these crops of single lines, (H, W) or
            (H, W, 3); a hundred are enough, and those too wide for the model are passed over. None multiplies in 32 bits.
        decoding: how the graph reads.

    Raises:
        MismatchError: the model's tables and its tokenizer disagree.
        InputError: the file cannot be written, or all crops are too wide.
    """
    model.check_vocabulary(where=f"model {model.config.name!r}, exported to {path}")
    # What the exporter says of packages that hunmin does not use is no news to whoever exports.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    about = {
        SPEC_KEY: model.spec.to_json(),
        MODEL_KEY: model.config.to_json(),
        CLASSES_KEY: str(model.head.num_classes),
    }
    about |= {"hunmin_weights": "fp32" if int8_for is None else "int8", "hunmin_decoding": decoding}
    model = without_norms(model)
    with tempfile.TemporaryDirectory() as folder:
        graph = _one_pass(model, Path(folder)) if decoding == "one-pass" else _loop(model, Path(folder))
        if int8_for is not None:
            graph = quantize(graph, Path(folder), model.spec, int8_for)
        proto = onnx.load(graph)
        store_in_half(proto.graph)
        del proto.metadata_props[:]
        helper.set_model_props(proto, about)
        with new_file(path) as partial:
            onnx.save(proto, partial)


def replace_spec(path: Path, spec: RecognizerSpec) -> None:
    """Write another spec into an exported model, whole or not at all; the graph stays as it is.

    Raises:
        InputError: the file cannot be read or written.
    """
    try:
        proto = onnx.load(path)
    except (OSError, DecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); export it again") from error
    kept = {entry.key: entry.value for entry in proto.metadata_props}
    del proto.metadata_props[:]
    helper.set_model_props(proto, {**kept, SPEC_KEY: spec.to_json()})
    with new_file(path) as partial:
        onnx.save(proto, partial)


def _trace(
    module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], dynamic: dict[str, Any], path: Path
) -> None:
    with warnings.catch_warnings():
        # Inputs that share a length have one name for it, as they should; and torch asks its own pytree in a deprecated way.
        warnings.filterwarnings("ignore", message=r"# The axis name", category=UserWarning)
        warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_shapes=dynamic,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    proto = onnx.load(path)
    for node in proto.graph.node:
        del node.metadata_props[:]  # where in the code it came from: for all nodes half a megabyte
    onnx.save(proto, path)


def _image_example(model: PARSeq) -> tuple[Tensor, dict[int, Any]]:
    """An image to trace with, and which of its dimensions may differ."""
    spec = model.spec
    steps = torch.export.Dim("width_steps", min=1, max=spec.max_width_px // spec.width_step_px)
    images = torch.zeros(2, spec.channels, spec.height_px, 4 * spec.width_step_px)
    return images, {0: torch.export.Dim("batch", min=1), 3: spec.width_step_px * steps}


def _one_pass(model: PARSeq, folder: Path) -> Path:
    images, dynamic = _image_example(model)
    _trace(OnePass(model), {"images": images}, OUTPUTS, {"images": dynamic}, folder / "one_pass.onnx")
    return folder / "one_pass.onnx"


def _loop(model: PARSeq, folder: Path) -> Path:
    """Put the encoder, a Loop around the step and the refinement into one graph."""
    images, dynamic = _image_example(model)
    outputs = ["memory_key", "memory_value", "memory_ordinals"]
    _trace(Encode(model), {"images": images}, outputs, {"images": dynamic}, folder / "encode.onnx")
    batch, kept, columns = torch.export.Dim("batch"), torch.export.Dim("kept"), torch.export.Dim("columns")
    with torch.no_grad():
        memory = dict(zip(outputs, Encode(model)(images), strict=True))
    heads, size = memory["memory_key"].shape[1], memory["memory_key"].shape[3]
    inputs = {
        "position": torch.tensor(3),
        "token": torch.ones(2, 1, dtype=torch.int64),
        "column": torch.ones(2, 1),
        "key": torch.zeros(2, heads, 3, size),  # two tensors: the exporter takes one for both names to mean one input
        "value": torch.zeros(2, heads, 3, size),
        **memory,
    }
    length = columns if model.places.rows == 1 else model.places.rows * columns
    growing, fixed = {0: batch, 2: kept}, {0: batch, 2: length}
    ordinals = {0: batch, 1: columns}
    shapes = dict(zip(inputs, ({}, {0: batch}, {0: batch}, growing, growing, fixed, fixed, ordinals), strict=True))
    results = ["next_token", "next_log_prob", "next_column", "next_key", "next_value"]
    _trace(Step(model), inputs, results, shapes, folder / "step.onnx")

    steps = torch.export.Dim("steps", min=2)
    read = {
        "read_tokens": torch.ones(2, 5, dtype=torch.int64),
        "read_log_probs": torch.zeros(2, 5),
        "read_columns": torch.ones(2, 5),
    }
    lines = {0: batch, 1: steps}
    shapes = {name: lines if name in read else shapes[name] for name in read | memory}
    _trace(Refine(model), read | memory, OUTPUTS, shapes, folder / "refine.onnx")

    whole, step, refine = (onnx.load(folder / f"{name}.onnx") for name in ("encode", "step", "refine"))
    step = onnx.compose.add_prefix(step, "step/", rename_inputs=False, rename_outputs=False)
    hoisted = hoist(step.graph, memory)
    refine = onnx.compose.add_prefix(refine, "refine/", rename_inputs=False, rename_outputs=False)
    whole.graph.initializer.extend(step.graph.initializer)  # a Loop's body sees the names around it
    whole.graph.initializer.extend(share(refine.graph, step.graph))
    whole.graph.node.extend(hoisted)
    whole.graph.node.extend(around_loop(loop_body(step.graph), model, heads, size))
    whole.graph.node.extend(refine.graph.node)
    del whole.graph.output[:]
    for name, kind in zip(OUTPUTS, (TensorProto.INT64, TensorProto.FLOAT), strict=True):
        whole.graph.output.append(helper.make_tensor_value_info(name, kind, ["batch", "length"]))
    onnx.save(whole, folder / "loop.onnx")
    return folder / "loop.onnx"


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
