"""What can go wrong on the user's side.

    InputError                a file, key or value that the user gave is wrong
    ├── ImageError            an image cannot be used; `code` says why in one word
    ├── StoreError            a data store is missing, damaged or of another version
    ├── MismatchError         two parts disagree about the vocabulary or the image
    └── ExtraMissingError     the command needs an extra that is not installed

Every message is one line that names the file or key, the value found, and the way out. The command line prints it and
exits with code 2. `StoppedError` is nobody's mistake: a signal ended a training run, whose state is saved. Anything else that is
raised is a defect of hunmin and shows its traceback.
"""

import signal
from importlib.util import find_spec
from typing import Final

_WITH_TORCH: Final = ("train", "wandb", "tensorboard")
"""Extras that need the pin of torch: without it pip takes gigabytes of CUDA packages."""


class InputError(Exception):
    """The user's file, key or value is wrong; the message says which one and what to do."""


class ImageError(InputError):
    """An image cannot be used.

    Attributes:
        code: one word for machines, such as `unreadable`, `too_large` or `empty`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep `code` beside the message."""
        super().__init__(message)
        self.code = code


class StoreError(InputError):
    """A data store is missing, damaged or written by another version."""


class MismatchError(InputError):
    """Two parts disagree: model and tokenizer, spec and weights."""


class ExtraMissingError(InputError):
    """A command needs packages that the base install leaves out."""


class StoppedError(Exception):
    """A signal ended a training run; its state is saved, and the same command or call goes on.

    Attributes:
        number: of the signal.
        step: finished steps.
    """

    def __init__(self, number: int, step: int) -> None:
        """Remember what stopped the run, and where."""
        super().__init__(f"stopped by {signal.Signals(number).name} after step {step:,}")
        self.number = number
        self.step = step


def reason_of(error: Exception) -> str:
    """What went wrong, without the number and the path that an OSError adds: the message that it goes into names the path."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def how_to_install(extra: str) -> str:
    """The command that installs an extra. It works in a clone of the repository, for no package index has hunmin."""
    pinned = "-c constraints.txt " if extra in _WITH_TORCH else ""
    return f"pip install {pinned}'.[{extra}]' in a clone of hunmin's repository"


def require_extra(extra: str, modules: tuple[str, ...]) -> None:
    """Check that an extra is installed before anything of it is imported.

    Raises:
        ExtraMissingError: one of `modules` cannot be found.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ExtraMissingError(
            f"This needs {', '.join(missing)}, which the base install leaves out. Run: {how_to_install(extra)}"
        )
