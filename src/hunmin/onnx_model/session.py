"""ONNX files as engines.

Legend: N batch, H W pixels, T label length with `<eos>`, K candidates.
"""

import os
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

from hunmin.errors import InputError, MismatchError
from hunmin.onnx_model.metadata import parse_metadata
from hunmin.spec import RecognizerSpec


class EngineOutput(NamedTuple):
    """What an engine makes of a batch; what follows the first `<eos>` of a line means nothing."""

    tokens: NDArray[np.int64]
    """(N, T): the likeliest class of each position."""
    log_probs: NDArray[np.float32]
    """(N, T): how likely each is, in nats."""
    candidates: NDArray[np.int64] | None = None
    """(N, T, K): the likeliest classes, that of `tokens` first. None where an engine does not tell them."""
    candidate_log_probs: NDArray[np.float32] | None = None
    """(N, T, K), in nats; -inf where a position has fewer candidates."""
    centres: NDArray[np.float32] | None = None
    """(N, T): where each was found, 0 = the left edge of the image, 1 = the right."""


MOST_THREADS = 1024

Engine: TypeAlias = Callable[[NDArray[np.float32]], tuple[NDArray[np.int64], NDArray[np.float32]] | EngineOutput]
"""(N, 3, H, W) normalised images → an `EngineOutput`, or only its first two."""

OUTPUTS = EngineOutput._fields
"""Of every graph that is exported now; those exported before decision 0017 have the first two."""
NUM_OLD_OUTPUTS = 2

# ONNX Runtime's errors have no base class of their own.
_LOADING_ERRORS = (
    onnxruntime_state.EPFail,
    onnxruntime_state.Fail,
    onnxruntime_state.InvalidArgument,
    onnxruntime_state.InvalidGraph,
    onnxruntime_state.InvalidProtobuf,
    onnxruntime_state.NoModel,
    onnxruntime_state.NoSuchFile,
    onnxruntime_state.NotImplemented,
    onnxruntime_state.RuntimeException,
)


_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


class Reloadable(Generic[_Argument, _Result]):
    """A function over an ONNX session, which cannot be pickled: what is pickled in its place is how to load it anew."""

    def __init__(
        self, call: Callable[[_Argument], _Result], load: Callable[..., object], *load_arguments: Path | int
    ) -> None:
        """Keep the function and what loads it, which another process must be able to import."""
        self._call, self._load, self._load_arguments = call, load, load_arguments

    def __call__(self, argument: _Argument) -> _Result:
        """Call the function."""
        return self._call(argument)

    def __reduce__(self) -> tuple[object, ...]:
        return self._load, self._load_arguments


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load an ONNX file for the CPU.

    Args:
        path: the file.
        threads: threads for one run; 0 takes one for every core.

    Raises:
        InputError: no such file, or not a model that this ONNX Runtime can run; not a number of threads.
    """
    if not isinstance(threads, Integral) or not 0 <= threads <= MOST_THREADS:
        raise InputError(f"threads={threads!r}: give a whole number up to {MOST_THREADS:,}; 0 takes one for every core")
    if not os.path.isfile(path):  # noqa: PTH113 - that of Path raises where a name is too long
        raise InputError(
            f"{path}: no such model file; give bundled, bundled-int8, or a file from: hunmin export CHECKPOINT {path.name}"
        )
    if path.suffix in (".safetensors", ".ckpt"):
        raise InputError(f"{path}: is a model in training's form; first: hunmin export {path} {path.stem}.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # What goes wrong is raised; nothing else may reach the user's terminal.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Widths and batches vary, and a memory plan would be kept for each pair of them.
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except _LOADING_ERRORS as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not an ONNX model that can run here ({reason}); export it again") from error


def load_engine(path: Path, threads: int = 0) -> tuple[Engine, RecognizerSpec]:
    """Load a recognizer that `hunmin export` wrote.

    Args:
        path: the ONNX file.
        threads: threads for one run; 0 takes one for every core.

    Returns:
        The engine and the spec from the file's metadata.

    Raises:
        InputError: not an ONNX file, or not one of hunmin's.
        MismatchError: the graph has another height or number of classes than the spec says.
    """
    session = open_session(path, threads)
    metadata = parse_metadata(session.get_modelmeta().custom_metadata_map, where=str(path))
    spec = metadata.spec
    inputs, outputs = session.get_inputs(), tuple(output.name for output in session.get_outputs())
    known = (OUTPUTS, OUTPUTS[:NUM_OLD_OUTPUTS])
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or outputs not in known:  # noqa: PLR2004
        raise InputError(f"{path}: the graph does not map (N, 3, H, W) images to (N, T) tokens; export it again")
    if isinstance(inputs[0].shape[2], int) and inputs[0].shape[2] != spec.height_px:
        raise MismatchError(
            f"{path}: the graph reads lines {inputs[0].shape[2]} px high, its spec says {spec.height_px}"
        )
    spec.tokenizer().check_sizes(where=f"ONNX graph {path}", num_classes=metadata.num_classes)

    def engine(images: NDArray[np.float32]) -> EngineOutput:
        return EngineOutput(*session.run(outputs, {inputs[0].name: images}))

    return Reloadable(engine, _engine, path.absolute(), threads), spec


def _engine(path: Path, threads: int) -> Engine:
    return load_engine(path, threads)[0]
