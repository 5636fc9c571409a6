"""README and documentation stay true: their blocks run, their links lead somewhere, both READMEs say the same."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from hunmin.cli.app import app
from hunmin.compose import load_config
from hunmin.data.imports.config import ImportRun
from hunmin.training.config import TrainConfig

REPOSITORY = Path(__file__).parents[2]
GENERATED = REPOSITORY / "docs" / "reference" / "cli.md"
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
PAGES = [page for page in PAGES if page != GENERATED and "_build" not in page.parts]
# Korean readers get the blocks of README.md, which run; a test below holds the two together.
RUNNABLE = [page for page in PAGES if page.name != "README.ko.md"]

# Their blocks run for more than half a minute.
SLOW = {"python.md", "train-on-a-gpu.ko.md", "train-on-a-gpu.md", "train-your-own.md"}

SHOWN_ONLY = {"text", "yaml", "toml", "json"}

# A person waits for a model that reads; here it is enough that each command does its work.
PATIENCE = re.compile(r"\b(num|trainer\.max_steps)=\d+")
SMALL = {"num": "num=16", "trainer.max_steps": "data.num_validation=16 data.batch_size=8 trainer.max_steps=2"}


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    source: str


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of `page` in order, without directives such as `{toctree}`."""
    text = page.read_text("utf-8")
    found = re.finditer(r"^```(\S*)[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    made = [Block(page, text.count("\n", 0, match.start()) + 2, match[1], match[2]) for match in found]
    return [block for block in made if not block.language.startswith("{")]


def run_python(block: Block) -> None:
    # Empty lines in front, so that a traceback shows the page's own line.
    code = compile("\n" * (block.line - 1) + block.source, str(block.page), "exec")
    exec(code, {"__name__": "__main__"})  # noqa: S102 - our own pages


def run_shell(block: Block, folder: Path) -> None:
    """Run the `hunmin` commands of a block; `make` lines are only checked against the Makefile."""
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    commands = []
    for line in block.source.splitlines():
        program, *arguments = line.split()
        if program == "make":
            assert arguments[0] in targets, f"{name(block.page)}, line {block.line}: no target {arguments[0]}"
        else:
            assert program == "hunmin", f"{name(block.page)}, line {block.line}: {program} is not known to this test"
            commands.append(PATIENCE.sub(lambda match: SMALL[match[1]], line))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = "\n".join(["set -euo pipefail", *commands])
    command = ["/bin/bash", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name(block.page)}, line {block.line}:\n{script}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a copy of `examples/`, and the working directory of the test."""
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page.name in SLOW else ()) for page in RUNNABLE if blocks(page)],
    ids=name,
)
def test_the_blocks_of_the_page_run_from_top_to_bottom(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            run_python(block)
        elif block.language == "sh":
            run_shell(block, folder)
        else:
            assert block.language in SHOWN_ONLY, f"{name(page)}, line {block.line}: a block needs a language"


def shown_commands(page: Path) -> list[str]:
    """The commands in blocks that are not run, such as those that need a download."""
    lines = [line for block in blocks(page) if block.language == "text" for line in joined(block.source)]
    return [line for line in lines if line.startswith("hunmin ")]


def joined(source: str) -> list[str]:
    """Lines of a shell, those that a backslash carries on in one."""
    return source.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("page", [page for page in PAGES if shown_commands(page)], ids=name)
def test_the_command_line_takes_the_commands_that_the_page_only_shows(page: Path) -> None:
    for line in shown_commands(page):
        words = shlex.split(line)[1:]
        command: Any = typer.main.get_command(app)
        while isinstance(command, TyperGroup):
            command = command.commands[words.pop(0)]
        command.make_context(line, list(words)).close()
        keys = [word for word in words if re.match(r"[a-z_.]+=", word)]
        if command.name in ("train", "import"):
            load_config(TrainConfig if command.name == "train" else ImportRun, keys)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    files = [link for link in links if not re.match(r"\w+:", link)]
    assert [link for link in files if not (page.parent / link).exists()] == []


def test_both_readmes_have_the_same_blocks_and_the_same_figures() -> None:
    english, korean = REPOSITORY / "README.md", REPOSITORY / "README.ko.md"
    assert [block.source for block in blocks(english)] == [block.source for block in blocks(korean)]

    def figures(page: Path) -> list[list[str]]:
        rows = re.findall(r"^\|.*\|$", page.read_text("utf-8"), re.MULTILINE)
        return [re.findall(r"\d[\d.,]*|TO-MEASURE", row) for row in rows]

    assert figures(english) == figures(korean)


KOREAN = [page for page in PAGES if page.name.endswith(".ko.md")]


@pytest.mark.parametrize("page", KOREAN, ids=name)
def test_a_korean_page_has_the_blocks_of_the_english_one(page: Path) -> None:
    def without_words(source: str) -> str:
        """Without what each language says in its own words: comments, and texts that are printed."""
        source = re.sub(r" *#.*", "", source)
        return re.sub(r"(\"[^\"]*\")(?= if |, reading)", '""', source)

    english = page.with_name(page.name.replace(".ko.md", ".md"))
    assert [without_words(block.source) for block in blocks(page)] == [
        without_words(block.source) for block in blocks(english)
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_figure_is_left_to_be_measured(page: Path) -> None:
    assert "TO-MEASURE" not in page.read_text("utf-8")
