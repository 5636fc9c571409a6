"""Names of models on the Hub, and where those that were pulled lie on this machine.

Nothing here touches a network or imports `huggingface_hub`. Files lie as that library keeps them, so its own commands list
and remove them: `models--ORG--NAME/refs/REVISION` holds a commit, `models--ORG--NAME/snapshots/COMMIT/` its files.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hunmin.errors import InputError

ONNX: Final = "model.onnx"
CHECKPOINT: Final = "model.safetensors"
CARD: Final = "README.md"
FILES: Final = (ONNX, CHECKPOINT, CARD)
"""All that is ever pushed or pulled: nothing that could run code."""
DEFAULT_REVISION: Final = "main"

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
_NAME = re.compile(rf"({_PART}/{_PART})(?:@({_PART}(?:/{_PART})*))?")
_SUFFIXES_OF_FILES = (".onnx", ".safetensors", ".ckpt")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LONGEST: Final = 96


@dataclass(frozen=True)
class HubName:
    """A model on the Hub."""

    repository: str
    """`organisation/name`."""
    revision: str = DEFAULT_REVISION
    """A branch, a tag or a commit."""

    def __str__(self) -> str:
        return self.repository if self.revision == DEFAULT_REVISION else f"{self.repository}@{self.revision}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A name from `organisation/name` or `organisation/name@revision`.

        Raises:
            InputError: it is neither.
        """
        match = _NAME.fullmatch(text)
        if match is None or len(match[1]) > _LONGEST or ".." in text or "--" in match[1]:
            raise InputError(
                f"{text!r:.200}: is no name of a model on the Hub; give organisation/name or organisation/name@revision"
            )
        return cls(match[1], match[2] or DEFAULT_REVISION)

    @property
    def is_commit(self) -> bool:
        """Whether the revision can never mean anything else."""
        return _COMMIT.fullmatch(self.revision) is not None


def cache_folder() -> Path:
    """Where `huggingface_hub` keeps what was pulled: HF_HUB_CACHE, or `hub` in HF_HOME, or in the user's cache."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", os.path.join(caches, "huggingface"))  # noqa: PTH118 - of strings that may hold $HOME
    folder = os.environ.get("HF_HUB_CACHE", os.path.join(home, "hub"))  # noqa: PTH118
    return Path(os.path.expandvars(folder)).expanduser()


def pulled_folder(name: HubName) -> Path | None:
    """The files of a model as they were last pulled under this name; None if they never were."""
    folder = cache_folder() / f"models--{name.repository.replace('/', '--')}"
    commit = name.revision
    if not name.is_commit:
        try:
            commit = (folder / "refs" / name.revision).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
    snapshot = folder / "snapshots" / commit
    return snapshot if _COMMIT.fullmatch(commit) and (snapshot / ONNX).is_file() else None


def pulled_model(model: Path | str) -> Path | None:
    """The ONNX file of a model of the Hub that was pulled; None where `model` is a file's name, or no such name.

    Raises:
        InputError: it could be a model of the Hub, is no file, and was not pulled.
    """
    text = Path(model).as_posix()
    if text.endswith(_SUFFIXES_OF_FILES) or os.path.exists(model):  # noqa: PTH110 - that of Path raises for a long name
        return None
    try:
        name = HubName.parse(text)
    except InputError:
        return None
    folder = pulled_folder(name)
    if folder is None:
        raise InputError(
            f"{text}: there is no such file, and no model of the Hub was pulled under this name; nothing is downloaded "
            f"without being asked for, so if you trust it: hunmin pull {text}"
        )
    return folder / ONNX
