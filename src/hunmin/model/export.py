"""Checkpoint → ONNX, and the proof that both read the same.

Either graph takes `images` (N, 3, H, W) float32, any N, any W that is a multiple of the spec's width step, and gives the fields
of `EngineOutput`: the likeliest classes of each position up to `<eos>`, and where it was found; the spec travels in the metadata.

- `autoregressive`: one character after the other inside an ONNX Loop, with the keys and values of what was read kept,
  until every line has ended, then those in doubt once more. Reads best, and short lines take few steps.
- `one-pass`: all characters at once, then refined; no loop, for engines that cannot run one.
"""

import logging
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from hunmin.files import new_file
from hunmin.model import checkpoint
from hunmin.model.checkpoint import MODEL_KEY
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.decode import Decoding, LocatedTokens, Outputs, decode_one_pass, decode_step, refine
from hunmin.model.decoder import KeyValue
from hunmin.model.parseq import Memory, PARSeq
from hunmin.onnx_model import metadata
from hunmin.onnx_model.graph import join
from hunmin.onnx_model.int8 import quantize
from hunmin.onnx_model.loop import READ, LoopValues
from hunmin.onnx_model.metadata import CLASSES_KEY, DECODING_KEY, WEIGHTS_KEY, set_metadata
from hunmin.onnx_model.session import OUTPUTS
from hunmin.onnx_model.storage import store_in_half
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import SPEC_KEY, RecognizerSpec

OPSET = 20
MEMORY = ["memory_key", "memory_value", "memory_counts"]
"""What a step and the refinement need of an image: keys and values, (N, A, S, D/A) each, and character counts (N, columns)."""


class OnePass(nn.Module):
    """One-pass decoding with refinement, as a whole."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Outputs:
        """(N, 3, H, W) → (N, L+1, …)."""
        return decode_one_pass(self.model, images)


class Encode(nn.Module):
    """What happens once an image."""

    def __init__(self, model: PARSeq) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 3, H, W) → `MEMORY`."""
        memory = self.model.encode(images)
        return memory.projected.key, memory.projected.value, memory.counts


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
        memory_counts: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """`decode_step`, and before it the keys and values of `token` appended to those of the tokens before it.

        Args:
            position: () int64.
            token: (N, 1) int64, the one before.
            column: (N, 1) float32, where that was found; negative for `<bos>`.
            key: (N, A, T, D/A), of the tokens before that one.
            value: likewise.
            memory_key: as in `MEMORY`.
            memory_value: likewise.
            memory_counts: likewise.

        Returns:
            the next token, its log-probability and its column, (N, 1) each, and key and value with `token` appended.
        """
        new = self.model.decoder.project_content(self.model.embed_at(token, position))
        content = KeyValue(key, value).append(new)
        memory = Memory(KeyValue(memory_key, memory_value), memory_counts)
        return *decode_step(self.model, memory, position, column, content), *content


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
        memory_counts: Tensor,
    ) -> Outputs:
        """`refine`: tokens, their log-probabilities and columns (N, T), and `MEMORY` → (N, T, …)."""
        memory = Memory(KeyValue(memory_key, memory_value), memory_counts)
        return refine(self.model, memory, LocatedTokens(read_tokens, read_log_probs, read_columns))


class FactoredConvolution(nn.Module):
    """A convolution and the batch normalisation behind it, as two factors of its weights.

    The exporter would multiply them, and 16 bits no longer hold the product exactly. onnxruntime does it once, when it loads.
    """

    def __init__(self, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        assert norm.running_mean is not None and norm.running_var is not None
        self.convolution = convolution
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.scale = nn.Parameter(scale[:, None, None, None])
        self.bias = nn.Parameter(norm.bias - norm.running_mean * scale)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, H_out, W_out)."""
        stride, padding = self.convolution.stride, self.convolution.padding
        return F.conv2d(features, self.convolution.weight * self.scale, self.bias, stride, padding)


def without_norms(model: PARSeq) -> PARSeq:
    """A copy whose convolutions have taken over the normalisation behind them."""
    model = deepcopy(model)
    for layers in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        for i, (layer, following) in enumerate(pairwise(layers)):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                layers[i], layers[i + 1] = FactoredConvolution(layer, following), nn.Identity()
    return model


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
        WEIGHTS_KEY: "fp32" if int8_for is None else "int8",
        DECODING_KEY: decoding,
    }
    trace = trace_one_pass if decoding == "one-pass" else trace_autoregressive
    graph = trace(without_norms(model))
    if int8_for is not None:
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(graph, Path(folder) / "fp32.onnx")
            graph = onnx.load(quantize(Path(folder) / "fp32.onnx", Path(folder), model.spec, int8_for))
    store_in_half(graph.graph)
    set_metadata(graph, about)
    with new_file(path) as partial:
        onnx.save(graph, partial)


def replace_spec(path: Path, spec: RecognizerSpec) -> None:
    """Write another spec into a model, whole or not at all; all else that the file holds stays as it is.

    Args:
        path: an `.onnx` or `.safetensors` model.
        spec: the new one.

    Raises:
        InputError: the file cannot be read or written.
    """
    replace_metadata = metadata.replace_metadata if path.suffix == ".onnx" else checkpoint.replace_metadata
    replace_metadata(path, {SPEC_KEY: spec.to_json()})


def trace_one_pass(model: PARSeq) -> onnx.ModelProto:
    """`decode_one_pass` as a graph from `images` to `OUTPUTS`."""
    images, dynamic = _image_example(model)
    return _trace(OnePass(model), {"images": images}, OUTPUTS, {"images": dynamic})


def trace_autoregressive(model: PARSeq) -> onnx.ModelProto:
    """`decode_autoregressive` as a graph from `images` to `OUTPUTS`, with a Loop around the step."""
    images, dynamic = _image_example(model)
    encode = _trace(Encode(model), {"images": images}, MEMORY, {"images": dynamic})

    batch, known, columns = torch.export.Dim("batch"), torch.export.Dim("known"), torch.export.Dim("columns")
    with torch.no_grad():
        memory = dict(zip(MEMORY, Encode(model)(images), strict=True))
    cells = columns if model.column_bias.rows == 1 else model.column_bias.rows * columns
    memory_shapes = dict(zip(MEMORY, ({0: batch, 2: cells}, {0: batch, 2: cells}, {0: batch, 1: columns}), strict=True))
    num_heads, head_width = memory["memory_key"].shape[1], memory["memory_key"].shape[3]
    state = {
        "position": torch.tensor(3),
        "token": torch.ones(2, 1, dtype=torch.int64),
        "column": torch.ones(2, 1),
        # Two tensors: the exporter takes one for both names to mean one input.
        "key": torch.zeros(2, num_heads, 3, head_width),
        "value": torch.zeros(2, num_heads, 3, head_width),
    }
    state_shapes: list[dict[int, Any]] = [{}, {0: batch}, {0: batch}, {0: batch, 2: known}, {0: batch, 2: known}]
    next_state = ["next_token", "next_log_prob", "next_column", "next_key", "next_value"]
    step = _trace(Step(model), state | memory, next_state, dict(zip(state, state_shapes, strict=True)) | memory_shapes)

    read = dict(zip(READ, (torch.ones(2, 5, dtype=torch.int64), torch.zeros(2, 5), torch.ones(2, 5)), strict=True))
    lines = {0: batch, 1: torch.export.Dim("steps", min=2)}
    refinement = _trace(Refine(model), read | memory, OUTPUTS, dict.fromkeys(READ, lines) | memory_shapes)

    values = LoopValues(
        max_steps=model.spec.max_label_length + 1,
        bos_id=model.tokenizer.bos_id,
        eos_id=model.tokenizer.eos_id,
        unknown_column=UNKNOWN,
        num_heads=num_heads,
        head_width=head_width,
    )
    return join(encode, step, refinement, MEMORY, values)


def _image_example(model: PARSeq) -> tuple[Tensor, dict[int, Any]]:
    """An image to trace with, and which of its dimensions may differ."""
    spec = model.spec
    steps = torch.export.Dim("width_steps", min=1, max=spec.max_width_px // spec.width_step_px)
    images = torch.zeros(2, spec.channels, spec.height_px, 4 * spec.width_step_px)
    return images, {0: torch.export.Dim("batch", min=1), 3: spec.width_step_px * steps}


def _trace(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], dynamic: Mapping[str, Any]
) -> onnx.ModelProto:
    """The graph of a module.

    Args:
        module: takes `inputs` by place.
        inputs: examples, by name.
        outputs: their names.
        dynamic: which dimensions of each input may differ.
    """
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # Inputs that share a length have one name for it, as they should; and torch asks its own pytree in a deprecated way.
        warnings.filterwarnings("ignore", message=r"# The axis name", category=UserWarning)
        warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
        path = Path(folder) / "traced.onnx"
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=dict(dynamic),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        graph = onnx.load(path)
    for node in graph.graph.node:
        del node.metadata_props[:]  # where in the code it came from: for all nodes half a megabyte
    return graph


NOTHING_READ = 0.01
"""Below this confidence a model that has learned next to nothing draws lots between its classes, and rounding decides."""


@dataclass(frozen=True)
class Parity:
    """How two engines read the same crops."""

    num_crops: int
    num_same: int
    """Crops that both read as the same text."""
    max_confidence_difference: float
    """Over the crops read the same."""
    num_unreadable: int = 0
    """Crops that they read differently, neither with a confidence of `NOTHING_READ`."""

    @property
    def num_different(self) -> int:
        """Crops that they read differently, though not by lot."""
        return self.num_crops - self.num_same - self.num_unreadable


def compare(one: Recognizer, other: Recognizer, crops: Sequence[NDArray[np.uint8]]) -> Parity:
    """Read `crops` with both recognizers."""
    pairs = list(zip(one.recognize(crops), other.recognize(crops), strict=True))
    differences = [abs(a.confidence - b.confidence) for a, b in pairs if a.text == b.text]
    num_unreadable = sum(a.text != b.text and max(a.confidence, b.confidence) < NOTHING_READ for a, b in pairs)
    return Parity(len(pairs), len(differences), max(differences, default=0.0), num_unreadable)
