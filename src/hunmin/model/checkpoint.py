"""Models on disk: weights as safetensors with the spec and the config in the metadata; never a pickle that could run code."""

import hashlib
import json
import os
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError  # the one name of it that is needed; nothing here unpickles
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from hunmin.errors import InputError, MismatchError, reason_of
from hunmin.files import write_bytes
from hunmin.model.config import ModelConfig
from hunmin.model.parseq import PARSeq
from hunmin.spec import SPEC_KEY, RecognizerSpec

MODEL_KEY = "hunmin_model"
DIGEST_KEY = "hunmin_sha256"
PREFIX = "model."  # the training module's name for what it trains
OLD_NAMES = {"ordinals.": "character_count.", "places.": "column_bias."}
"""Beginnings of parameters' names in files from before decision 0014 → what they are now."""

# What zipfile and torch raise for other files and for damaged ones.
_NO_CHECKPOINT = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
)


def save_model(model: PARSeq, path: Path) -> None:
    """Write weights, spec and config as one safetensors file; whole or not at all.

    Weights are rounded to 16 bits (decision 0009); what is computed in stays 32 bits.

    Raises:
        InputError: the file cannot be written.
    """
    metadata = {SPEC_KEY: model.spec.to_json(), MODEL_KEY: model.config.to_json()}
    _write(path, metadata, {name: _in_half(tensor.cpu().contiguous()) for name, tensor in model.state_dict().items()})


def _in_half(tensor: Tensor) -> Tensor:
    """A matrix or convolution in 16 bits, if they reach far enough; vectors, which weigh little, as they are."""
    if tensor.dtype != torch.float32 or tensor.ndim < 2:  # noqa: PLR2004 - a matrix has two dimensions
        return tensor
    half = tensor.half()
    return half if bool(half.isfinite().all()) else tensor


def _write(path: Path, metadata: dict[str, str], weights: dict[str, Tensor]) -> None:
    write_bytes(path, _in_order(save(weights, metadata | {DIGEST_KEY: _digest(metadata, weights)})))


def _in_order(content: bytes) -> bytes:
    """The same safetensors file with its metadata in order: the library writes them in another one each time."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode().ljust(size)
    assert len(text) == size, "the same header in another order is as long"
    return content[:8] + text + content[8 + size :]


def _digest(metadata: Mapping[str, str], weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of all that a model file says: safetensors itself has no checksums, and a flipped bit would load silently."""
    digest = hashlib.sha256()
    for key in (SPEC_KEY, MODEL_KEY):
        digest.update(metadata.get(key, "").encode())
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def replace_metadata(path: Path, changed: Mapping[str, str]) -> None:
    """Change entries of the metadata of a `.safetensors` model, whole or not at all; the weights stay as they are.

    Raises:
        InputError: the file cannot be read or written.
    """
    metadata, weights = _read_safetensors(path)
    _write(path, {key: value for key, value in metadata.items() if key != DIGEST_KEY} | dict(changed), weights)


def load_model(path: Path) -> PARSeq:
    """Read a model that `save_model` or a training run wrote.

    Args:
        path: a `.safetensors` file, or a run's `.ckpt`.

    Returns:
        The model on the CPU, in evaluation mode.

    Raises:
        InputError: no such file, not a checkpoint of hunmin, or a file that could run code.
        MismatchError: the weights belong to another vocabulary or shape than the spec beside them.
    """
    metadata, weights = _read(path)
    spec = RecognizerSpec.from_json(metadata[SPEC_KEY], where=str(path))
    config = ModelConfig.from_json(metadata[MODEL_KEY], where=str(path))
    model = PARSeq(config, spec)
    load_weights(model, with_current_names(weights), where=str(path))
    return model.eval()


def average_models(paths: Sequence[Path]) -> PARSeq:
    """The mean of the weights of several models, "model soup" (Wortsman et al., ICML 2022).

    It reads better than each of them where all come out of one training, as its ends with other data, batches or seeds, and
    not at all where they began at different random weights.

    Args:
        paths: as for `load_model`, two or more; one that is named twice counts twice.

    Returns:
        The model on the CPU, in evaluation mode, with the spec of the first, its confidence not calibrated.

    Raises:
        InputError: fewer than two, or as for `load_model`.
        MismatchError: models of different shape, charset or image format.
    """
    if len(paths) < 2:  # noqa: PLR2004 - a mean of one is itself
        raise InputError(f"averaging takes two models or more, not {len(paths)}")
    first = load_model(paths[0])
    spec = replace(first.spec, confidence_exponent=0.0)
    sums = {name: tensor.double() for name, tensor in first.state_dict().items() if tensor.is_floating_point()}
    for path in paths[1:]:
        other = load_model(path)
        same_spec = replace(other.spec, confidence_exponent=0.0, charset_name=spec.charset_name) == spec
        if other.config != first.config or not same_spec:
            raise MismatchError(
                f"{path}: is {_described(other)}, {paths[0]} is {_described(first)}; average models of one architecture, "
                "charset and image format"
            )
        for name, tensor in other.state_dict().items():
            if name in sums:
                sums[name] += tensor
    mean = PARSeq(first.config, spec)
    load_weights(mean, first.state_dict() | {name: total / len(paths) for name, total in sums.items()}, where="mean")
    return mean.eval()


def _described(model: PARSeq) -> str:
    spec = model.spec
    return (
        f"model {model.config.name!r} with {len(spec.characters):,} characters, labels up to {spec.max_label_length}, "
        f"crops of {spec.height_px}×{spec.max_width_px} px, mean {spec.mean:g} and std {spec.std:g}"
    )


def with_current_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, those named by `OLD_NAMES` under the names that they have now; with `PREFIX` or without."""
    current = {}
    for name, tensor in weights.items():
        prefix = PREFIX if name.startswith(PREFIX) else ""
        first, dot, rest = name.removeprefix(prefix).partition(".")
        current[prefix + OLD_NAMES.get(first + dot, first + dot) + rest] = tensor
    return current


def load_weights(model: PARSeq, weights: Mapping[str, Tensor], *, where: str) -> None:
    """Put `weights` into `model`: every tensor, each of the right shape.

    Raises:
        MismatchError: the vocabulary differs (with both sizes), or tensors are missing, unknown or of another shape.
    """
    if model.config.head.kind == "dense":
        tables = [weights.get(name) for name in ("embedding.weight", "head.weight")]
        vocab_size, num_classes = (None if table is None or not table.ndim else len(table) for table in tables)
        model.tokenizer.check_sizes(where=where, vocab_size=vocab_size, num_classes=num_classes)
    own = model.state_dict()
    problems = [f"{name} is missing" for name in own if name not in weights]
    problems += [f"{name} is unknown" for name in weights if name not in own]
    problems += [
        f"{name} is {tuple(weights[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in own.items()
        if name in weights and weights[name].shape != tensor.shape
    ]
    if problems:
        raise MismatchError(
            f"{where}: its weights do not fit model {model.config.name!r}: {'; '.join(problems[:5])}"
            + (f" and {len(problems) - 5} more" if len(problems) > 5 else "")  # noqa: PLR2004 - five examples fit a line
        )
    model.load_state_dict(dict(weights))


def _read(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    """Metadata and weights of a model file."""
    if not os.path.isfile(path):  # noqa: PTH113 - that of Path raises where a name is too long
        raise InputError(f"{path}: no such file; give a .safetensors model or a .ckpt of a training run")
    metadata, weights = _read_checkpoint(path) if path.suffix == ".ckpt" else _read_safetensors(path)
    if SPEC_KEY not in metadata or MODEL_KEY not in metadata:
        raise InputError(f"{path}: holds no hunmin model (no {SPEC_KEY} and {MODEL_KEY} in its metadata)")
    return metadata, weights


def _read_safetensors(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata, weights = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: is not a whole safetensors file ({reason_of(error)}); download or export it again"
        ) from error
    # Files of other programs, and of hunmin before it wrote them, have none.
    if DIGEST_KEY in metadata and metadata[DIGEST_KEY] != _digest(metadata, weights):
        raise InputError(f"{path}: is damaged, its checksum is another one; download or export it again")
    return metadata, weights


def _read_checkpoint(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    checkpoint = read_training_state(path)
    metadata = {key: checkpoint[key] for key in (SPEC_KEY, MODEL_KEY) if isinstance(checkpoint.get(key), str)}
    state = checkpoint.get("state_dict")
    weights = {
        name.removeprefix(PREFIX): value
        for name, value in (state.items() if isinstance(state, dict) else ())
        if isinstance(name, str) and name.startswith(PREFIX) and isinstance(value, Tensor)
    }
    return metadata, weights


def read_training_state(path: Path) -> dict[str, Any]:
    """All of a run's checkpoint, its checksums verified, read without the power to run code.

    Raises:
        InputError: damaged, of another program, or holding objects other than tensors and plain values.
    """
    try:
        with path.open("rb") as file:
            damaged = zipfile.ZipFile(file).testzip()  # torch itself passes over the checksums that it wrote
            if damaged:
                raise InputError(f"{path}: is damaged in its part {damaged}; use an earlier checkpoint")
            file.seek(0)
            with warnings.catch_warnings(action="ignore"):  # of what is refused a moment later
                checkpoint = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise InputError(
            f"{path}: holds more than tensors and plain values, so loading it could run code; hunmin refuses such files"
        ) from error
    except _NO_CHECKPOINT as error:
        raise InputError(f"{path}: is damaged or no checkpoint ({' '.join(str(error).split())[:120]})") from error
    if not isinstance(checkpoint, dict):
        raise InputError(f"{path}: holds a {type(checkpoint).__name__}, not a checkpoint of hunmin")
    return checkpoint
