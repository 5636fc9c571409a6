"""hunmin: train, debug and run text recognizers for Korean."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hunmin.errors import InputError
    from hunmin.pages.page import Line, Page, Reader
    from hunmin.recognize.recognizer import Reading, Recognizer

__version__ = "0.1.0"

# Imported when first asked for: `import hunmin` must not load OpenCV or ONNX Runtime.
_HOMES = {
    "InputError": "hunmin.errors",
    "Line": "hunmin.pages.page",
    "Page": "hunmin.pages.page",
    "Reader": "hunmin.pages.page",
    "Reading": "hunmin.recognize.recognizer",
    "Recognizer": "hunmin.recognize.recognizer",
}

__all__ = ["InputError", "Line", "Page", "Reader", "Reading", "Recognizer", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hunmin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
