"""What an ONNX recognizer says of itself, in the metadata of its file.

Reading it needs no `onnx`: ONNX Runtime hands it out with the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hunmin.errors import InputError, reason_of
from hunmin.files import new_file
from hunmin.spec import SPEC_KEY, RecognizerSpec

if TYPE_CHECKING:
    import onnx

CLASSES_KEY = "hunmin_num_classes"
"""How many classes the graph chooses from, which its outputs do not tell."""
WEIGHTS_KEY = "hunmin_weights"
"""`fp32` or `int8`: what the graph multiplies in."""
DECODING_KEY = "hunmin_decoding"
"""`autoregressive` or `one-pass`."""


@dataclass(frozen=True)
class GraphMetadata:
    """What reading needs to know of a graph."""

    spec: RecognizerSpec
    num_classes: int


def parse_metadata(metadata: Mapping[str, str], *, where: str) -> GraphMetadata:
    """Read what `hunmin export` wrote.

    Raises:
        InputError: not written by `hunmin export`, or by one before decision 0008.
    """
    if SPEC_KEY not in metadata:
        raise InputError(f"{where}: no {SPEC_KEY!r} in its metadata, so no recognizer of hunmin; use hunmin export")
    num_classes = metadata.get(CLASSES_KEY, "")
    if not num_classes.isdecimal():
        raise InputError(
            f"{where}: {CLASSES_KEY!r} in its metadata is {num_classes!r}, not a number of classes; export it again"
        )
    return GraphMetadata(RecognizerSpec.from_json(metadata[SPEC_KEY], where=where), int(num_classes))


def set_metadata(model: "onnx.ModelProto", metadata: Mapping[str, str]) -> None:
    """Make `metadata` all that `model` says of itself."""
    from onnx.helper import set_model_props

    del model.metadata_props[:]
    set_model_props(model, dict(metadata))


def replace_metadata(path: Path, changed: Mapping[str, str]) -> None:
    """Change entries of the metadata of an ONNX file, whole or not at all; the graph stays as it is.

    Raises:
        InputError: the file cannot be read or written.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path)
    except (OSError, DecodeError) as error:
        raise InputError(f"{path}: cannot be read ({reason_of(error)}); export it again") from error
    set_metadata(model, {entry.key: entry.value for entry in model.metadata_props} | dict(changed))
    with new_file(path) as partial:
        onnx.save(model, partial)
