"""S14: no command looks for another machine. In the tests' own process pytest-socket forbids it; here are the others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.tiny_model import TinyModel, tiny_model
from tests.training.runs import overrides

# Python starts it in every process, workers included. The hook sees each attempt, whichever library makes it.
GUARD = """
import os, sys

def guard(event, arguments):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        return
    address = arguments[0] if event.startswith("socket.get") else arguments[1]
    host = address[0] if isinstance(address, tuple) else address
    is_local = event == "socket.connect" and isinstance(address, (str, bytes))  # a Unix socket
    if not is_local and host not in ("127.0.0.1", "::1", "localhost"):
        with open(os.environ["NETWORK_ATTEMPTS"], "a") as file:
            file.write(f"{event} {address}\\n")
        raise OSError(f"this test has no network: {address}")

sys.addaudithook(guard)
"""

# One process for all commands: importing torch anew for each would take most of the time.
COMMANDS = """
import json, sys
from hunmin.cli.app import main
for line in sys.stdin:
    sys.argv = ["hunmin", *json.loads(line)]
    try:
        main()
    except SystemExit as end:
        assert not end.code, sys.argv
"""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return tiny_model(tmp_path_factory.getbasetemp() / "tiny_model")


def run_guarded(code: str, folder: Path, stdin: str = "") -> tuple[subprocess.CompletedProcess[str], str]:
    """Run Python code without a network; the process and what it tried to reach."""
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    attempts = folder / "attempts.txt"
    path = os.pathsep.join([str(folder / "guard"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "NETWORK_ATTEMPTS": str(attempts)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done, attempts.read_text() if attempts.exists() else ""


@pytest.mark.parametrize("call", ["create_connection(('192.0.2.1', 80), timeout=1)", "getaddrinfo('example.org', 80)"])
def test_the_guard_notices_an_attempt(call: str, tmp_path: Path) -> None:
    done, attempts = run_guarded(f"import socket; socket.{call}", tmp_path)
    assert done.returncode == 1
    assert attempts.count("\n") == 1


def test_no_command_reaches_for_another_machine(model: TinyModel, tmp_path: Path) -> None:
    crop = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 90, 3), dtype=np.uint8)).save(crop)
    (tmp_path / "labels.tsv").write_text("a.png\t가\n", encoding="utf-8")
    with_synth = ("data.sources=[{path: synth}]", "data.on_unknown_character=drop", "data.num_workers=1")
    commands: list[list[object]] = [
        ["train", *overrides(tmp_path, *with_synth, "trainer.max_steps=2")],
        ["recognize", crop, "--model", model.onnx],
        ["read", crop, "--model", model.onnx, "--overlay", tmp_path / "drawn"],
        ["evaluate", model.onnx, tmp_path],
        ["evaluate", model.checkpoint, tmp_path],
        ["synth", tmp_path / "lines", "num=2"],
        ["data", "verify", tmp_path / "lines"],
        ["info"],
    ]
    stdin = "".join(json.dumps([str(argument) for argument in command]) + "\n" for command in commands)
    done, attempts = run_guarded(COMMANDS, tmp_path, stdin)
    assert attempts == ""
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_the_engine_makes_itself_no_identity_to_report_under(tmp_path: Path) -> None:
    # Its reports leave from C++ some seconds later, which the guard above does not see; the identity is a file at once.
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = "import hunmin.onnx_model.session"
    subprocess.run([sys.executable, "-c", code], env={**environment, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
