"""hunmin: train, debug and run text recognizers for Korean."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hunmin.version import __version__

if TYPE_CHECKING:
    from hunmin.api import (
        ExportResult,
        TrainResult,
        TuneResult,
        doctor,
        evaluate,
        export,
        pull,
        push,
        train,
        tune,
    )
    from hunmin.diagnosis.findings import Diagnosis, Finding
    from hunmin.documents.document import Document
    from hunmin.documents.page import DocumentPage
    from hunmin.documents.reader import Reader
    from hunmin.errors import ExtraMissingError, ImageError, InputError, MismatchError, StoppedError, StoreError
    from hunmin.evaluation.report import Report
    from hunmin.hub.pull import PullResult
    from hunmin.hub.push import PushResult
    from hunmin.pages.line import Line
    from hunmin.pages.page import Page
    from hunmin.recognize.characters import Character
    from hunmin.recognize.recognizer import Reading, Recognizer

# From 1.32 on, the published builds of ONNX Runtime send their maker a report some seconds after they are loaded; nothing here
# talks to a network unless it is asked to. It is read once, when ONNX Runtime is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Imported when first asked for: `import hunmin` must not load OpenCV or ONNX Runtime.
_HOMES = {
    "Character": "hunmin.recognize.characters",
    "Diagnosis": "hunmin.diagnosis.findings",
    "Document": "hunmin.documents.document",
    "DocumentPage": "hunmin.documents.page",
    "ExportResult": "hunmin.api",
    "ExtraMissingError": "hunmin.errors",
    "Finding": "hunmin.diagnosis.findings",
    "ImageError": "hunmin.errors",
    "InputError": "hunmin.errors",
    "Line": "hunmin.pages.line",
    "MismatchError": "hunmin.errors",
    "Page": "hunmin.pages.page",
    "PullResult": "hunmin.hub.pull",
    "PushResult": "hunmin.hub.push",
    "Reader": "hunmin.documents.reader",
    "Reading": "hunmin.recognize.recognizer",
    "Recognizer": "hunmin.recognize.recognizer",
    "Report": "hunmin.evaluation.report",
    "StoppedError": "hunmin.errors",
    "StoreError": "hunmin.errors",
    "TrainResult": "hunmin.api",
    "TuneResult": "hunmin.api",
    "doctor": "hunmin.api",
    "evaluate": "hunmin.api",
    "export": "hunmin.api",
    "pull": "hunmin.api",
    "push": "hunmin.api",
    "train": "hunmin.api",
    "tune": "hunmin.api",
}

__all__ = [
    "Character",
    "Diagnosis",
    "Document",
    "DocumentPage",
    "ExportResult",
    "ExtraMissingError",
    "Finding",
    "ImageError",
    "InputError",
    "Line",
    "MismatchError",
    "Page",
    "PullResult",
    "PushResult",
    "Reader",
    "Reading",
    "Recognizer",
    "Report",
    "StoppedError",
    "StoreError",
    "TrainResult",
    "TuneResult",
    "__version__",
    "doctor",
    "evaluate",
    "export",
    "pull",
    "push",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hunmin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
