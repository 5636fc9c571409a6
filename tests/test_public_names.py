"""What `import hunmin` gives, what it costs, and what it must not load."""

import json
import os
import pkgutil
import subprocess
import sys

import pytest

import hunmin

# Adding a name is a promise to keep it; removing one breaks somebody. Change this list knowingly.
PUBLIC_NAMES = [
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

TRAINING_ONLY = ("torch", "pytorch_lightning", "hydra", "wandb", "lmdb", "onnx")


def run_python(code: str) -> str:
    """Standard output of `code` in a fresh interpreter that treats warnings as errors."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout


def test_the_public_names_are_these_and_no_others() -> None:
    assert sorted(hunmin.__all__) == PUBLIC_NAMES
    assert sorted(dir(hunmin)) == PUBLIC_NAMES


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(hunmin, name) is not None


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Raeder"):
        hunmin.Raeder  # noqa: B018


def test_import_is_quick_and_loads_no_heavy_package() -> None:
    code = (
        "import sys, time; start = time.process_time(); import hunmin; seconds = time.process_time() - start\n"
        "import json; print(json.dumps([seconds, sorted(sys.modules)]))"
    )
    seconds, modules = json.loads(run_python(code))
    assert seconds < 0.3
    assert not {"numpy", "cv2", "onnxruntime", *TRAINING_ONLY} & set(modules)


def test_no_package_has_the_name_of_a_public_function() -> None:
    packages = {module.name for module in pkgutil.iter_modules(hunmin.__path__)}
    assert not packages & set(hunmin.__all__)


def test_training_names_load_nothing_heavy_before_they_are_called() -> None:
    code = (
        "import sys, json, hunmin; hunmin.train, hunmin.evaluate, hunmin.export, hunmin.doctor, hunmin.TrainResult\n"
        "hunmin.StoppedError, hunmin.ExportResult; print(json.dumps(sorted(sys.modules)))"
    )
    assert not {"numpy", "cv2", "onnxruntime", *TRAINING_ONLY} & set(json.loads(run_python(code)))


def test_a_missing_extra_is_named_when_a_function_is_called_not_when_it_is_imported() -> None:
    code = (
        "import importlib.util as util, hunmin\nfind = util.find_spec\n"
        "import hunmin.errors as errors\nerrors.find_spec = lambda name: None if name == 'torch' else find(name)\n"
        "try:\n    hunmin.train('model=nano')\nexcept hunmin.ExtraMissingError as error:\n    print(error)"
    )
    assert "pip install -c constraints.txt '.[train]'" in run_python(code)


def test_reading_loads_nothing_that_only_training_needs() -> None:
    code = "import sys, json, hunmin; hunmin.Reader; hunmin.Recognizer; print(json.dumps(sorted(sys.modules)))"
    assert not set(TRAINING_ONLY) & set(json.loads(run_python(code)))
