"""A model of the Hub onto this machine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hunmin.errors import InputError
from hunmin.hub.client import client, endpoint, telling_failures
from hunmin.hub.pulled import CHECKPOINT, FILES, ONNX, HubName, cache_folder
from hunmin.onnx_model.session import load_engine

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

MOST_BYTES: Final = 2 * 2**30
"""Of all files of a model; a recognizer has a hundredth of it."""


@dataclass(frozen=True)
class PullResult:
    """A model that lies on this machine."""

    name: str
    """As it was asked for; `Recognizer` takes it from now on."""
    commit: str
    """What it is of; `organisation/name@commit` never means another one."""
    model: Path
    """The ONNX file."""
    checkpoint: Path | None
    """`model.safetensors`, to train on from; None where there is none."""


def pull(text: str) -> PullResult:
    """Download a model, and check it as every model is checked that is read.

    Only `FILES` are fetched. Each must have the size and the SHA-256 that the Hub tells of it, and the graph must be one of
    hunmin's. What lies here already is not fetched again.

    Raises:
        InputError: there is no such model, it is none of hunmin's, is too large or damaged, or the Hub cannot be reached.
        ExtraMissingError: the extra `hub` is not installed.
    """
    name, hub = HubName.parse(text), client()
    from huggingface_hub import snapshot_download

    with telling_failures(name):
        info = hub.model_info(name.repository, revision=name.revision, files_metadata=True)
        sizes = {one.rfilename: one.size or 0 for one in info.siblings or () if one.rfilename in FILES}
        if ONNX not in sizes:
            raise InputError(f"{name}: has no {ONNX}, so it was not pushed by hunmin; give another model")
        if sum(sizes.values()) > MOST_BYTES:
            raise InputError(f"{name}: has {sum(sizes.values()):,} bytes; a model has at most {MOST_BYTES:,}")
        folder = Path(
            snapshot_download(
                name.repository,
                revision=name.revision,
                cache_dir=cache_folder(),
                allow_patterns=list(FILES),
                endpoint=endpoint(),
                library_name="hunmin",
            )
        )
    if folder.name != info.sha:
        raise InputError(f"{name}: was changed while it was pulled; pull it again")
    _check_hashes(name, folder, info)
    load_engine(folder / ONNX, 1)
    checkpoint = folder / CHECKPOINT
    return PullResult(str(name), folder.name, folder / ONNX, checkpoint if checkpoint.is_file() else None)


def _check_hashes(name: HubName, folder: Path, info: "ModelInfo") -> None:
    """The library compares sizes alone."""
    for one in info.siblings or ():
        path = folder / one.rfilename
        if one.rfilename not in FILES:
            continue
        if _hash(path, is_large=one.lfs is not None) != (one.lfs.sha256 if one.lfs else one.blob_id):
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise InputError(f"{name}: {one.rfilename} is damaged, its hash is not what the Hub tells; pull it again")


def _hash(path: Path, *, is_large: bool) -> str:
    """The SHA-256 of a file that the Hub keeps apart, or the hash that git has for any other; empty if there is none."""
    if not path.is_file():
        return ""
    if is_large:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
