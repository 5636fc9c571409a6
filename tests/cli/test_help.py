"""The first contact: help that comes at once, and imports that pull in nothing heavy."""

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Hunmin

COMMANDS = [
    "read",
    "recognize",
    "serve",
    "synth",
    "train",
    "tune",
    "doctor",
    "average",
    "evaluate",
    "calibrate",
    "export",
    "info",
    "pull",
    "push",
    "label",
    "data",
]


def processor_s(code: str, *arguments: str) -> float:
    """Least processor time of five runs of `code`: what else runs on the machine only ever adds to it."""
    runs = []
    for _ in range(5):
        before = os.times()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
        after = os.times()
        runs.append(
            after.children_user - before.children_user + after.children_system - before.children_system,
        )
    return min(runs)


def test_importing_hunmin_takes_less_than_300_ms() -> None:
    assert processor_s("import hunmin") < 0.3


def test_the_help_takes_less_than_250_ms_or_on_a_busy_machine_little_more_than_typer() -> None:
    help_s = processor_s("from hunmin.cli.app import main; main()", "--help")
    assert help_s < max(0.25, 2.5 * processor_s("import typer"))


def test_the_help_loads_typer_and_nothing_that_a_command_needs() -> None:
    code = (
        "import sys\nfrom hunmin.cli.app import main\ntry: main()\n"
        "except SystemExit: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], check=True, capture_output=True, text=True)
    loaded = set(done.stderr.split()) - sys.stdlib_module_names
    assert "typer" in loaded
    heavy = {"rich", "numpy", "cv2", "PIL", "onnxruntime", "rapidocr", "yaml", "pydantic", "hydra", "lmdb", "torch"}
    assert sorted(heavy & loaded) == []


def test_neither_the_package_nor_the_command_line_imports_numpy_torch_or_opencv_before_it_must() -> None:
    code = "import sys, hunmin, hunmin.cli.app; print(*sorted({'torch', 'cv2', 'onnxruntime', 'numpy'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("arguments", [[], ["--help"]], ids=["nothing", "--help"])
def test_all_commands_are_listed(arguments: list[str], hunmin: Hunmin) -> None:
    done = hunmin(*arguments)
    words = (done.out + done.err).split()
    assert [command for command in COMMANDS if command not in words] == []


def test_the_first_sentence_of_the_help_says_that_images_and_documents_are_read(hunmin: Hunmin) -> None:
    assert "Read Korean text in images and documents; train and debug" in hunmin("--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, hunmin: Hunmin) -> None:
    done = hunmin(command, "--help")
    assert done.code == 0
    assert f"Usage: hunmin {command}" in done.out
