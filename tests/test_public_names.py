"""What `import hunmin` gives, what it costs, and what it must not load."""

import json
import os
import subprocess
import sys

import pytest

import hunmin

# Adding a name is a promise to keep it; removing one breaks somebody. Change this list knowingly.
PUBLIC_NAMES = ["InputError", "Line", "Page", "Reader", "Reading", "Recognizer", "__version__"]

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


def test_reading_loads_nothing_that_only_training_needs() -> None:
    code = "import sys, json, hunmin; hunmin.Reader; hunmin.Recognizer; print(json.dumps(sorted(sys.modules)))"
    assert not set(TRAINING_ONLY) & set(json.loads(run_python(code)))
