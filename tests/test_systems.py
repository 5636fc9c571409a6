"""Windows and macOS: what only Linux, or only POSIX, has is taken away from a fresh interpreter, and reading goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINES = Path(__file__).parents[1] / "examples" / "lines"

# What Python on Windows lacks. `random` and `logging` ask for some of it while they are imported, hence first of all.
WITHOUT_POSIX = """
import os, signal, sys

class Missing:
    names = {"curses", "fcntl", "grp", "pwd", "resource", "syslog", "termios"}

    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            raise ImportError(f"{name} is not on this system")

sys.meta_path.insert(0, Missing())
for name in Missing.names & sys.modules.keys():
    del sys.modules[name]
for name in ("fork", "getloadavg", "getuid", "killpg", "register_at_fork", "sched_getaffinity", "setsid", "statvfs", "sysconf"):
    delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "pthread_sigmask", "setitimer"):
    delattr(signal, name)
"""


# torch is built for one system and asks for all that this one has, so it comes before anything is taken away.
WITH_TORCH_WITHOUT_POSIX = f"import torch\n{WITHOUT_POSIX}"

COMMAND_LINE = "from hunmin.cli.app import main; main()"


def run(code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "USERNAME": "kim"}
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", env=environment)


@pytest.mark.parametrize("name", ["fcntl", "resource", "termios"])
def test_the_modules_are_really_hidden(name: str) -> None:
    done = run(f"{WITHOUT_POSIX}import {name}")
    assert done.returncode == 1
    assert f"ImportError: {name} is not on this system" in done.stderr


def test_lines_and_pages_are_read() -> None:
    code = """
from hunmin import Reader, Recognizer
print(Recognizer().recognize([sys.argv[1]])[0].text)
print(len(Reader().read(sys.argv[2]).lines))
"""
    done = run(WITHOUT_POSIX + code, LINES / "notice_1.png", LINES.parent / "sign.jpg")
    assert done.returncode == 0, done.stderr
    text, num_lines = done.stdout.splitlines()
    assert f"notice_1.png\t{text}\n" in (LINES / "labels.tsv").read_text("utf-8")
    assert int(num_lines) > 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["read", "--help"],
        ["recognize", LINES / "sign_1.png"],
        ["read", LINES.parent / "sign.jpg"],
    ],
    ids=lambda arguments: " ".join(str(one) for one in arguments[:2] if not isinstance(one, Path)),
)
def test_a_command_that_reads_needs_no_posix(arguments: list[object]) -> None:
    done = run(WITHOUT_POSIX + COMMAND_LINE, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_info_leaves_out_what_the_system_does_not_say() -> None:
    done = run(WITH_TORCH_WITHOUT_POSIX + COMMAND_LINE, "info")
    assert done.returncode == 0, done.stderr
    assert "cores, Python" in done.stdout


def test_what_trains_can_be_imported() -> None:
    modules = ", ".join(
        f"hunmin.{name}" for name in ("training.run", "diagnosis.examine", "data.imports.run", "synth.store")
    )
    done = run(f"{WITH_TORCH_WITHOUT_POSIX}import {modules}")
    assert done.returncode == 0, done.stderr


def test_writing_a_store_says_that_it_needs_posix(tmp_path: Path) -> None:
    done = run(WITH_TORCH_WITHOUT_POSIX + COMMAND_LINE, "synth", tmp_path / "store", "num=2")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"hunmin: {tmp_path / 'store'}: stores are written on Linux and macOS only, whose file locks keep two processes "
        "apart; on Windows run this in WSL"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_takes_every_character_whatever_code_page_the_system_gave_it() -> None:
    command = [sys.executable, "-c", COMMAND_LINE, "recognize", str(LINES / "notice_1.png")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert any("가" <= character <= "힣" for character in done.stdout.decode("utf-8"))
