"""The command line as a function, and what its tests feed it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.cli.app import main
from tests.cli.tiny_model import TinyModel, tiny_model


@dataclass(frozen=True)
class Done:
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


Hunmin = Callable[..., Done]


@pytest.fixture
def hunmin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hunmin:
    """`hunmin("recognize", path)` runs the command in this process; whatever is no `SystemExit` is a traceback."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["hunmin", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        code = 0
        try:
            main()
        except SystemExit as end:
            assert end.code is None or isinstance(end.code, int)
            code = end.code or 0
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return tiny_model(tmp_path_factory.getbasetemp() / "tiny_model")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A folder with five crops, a to e, of different pixels and widths."""
    folder = tmp_path / "crops"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, name in enumerate("abcde"):
        Image.fromarray(rng.integers(0, 256, (32, 80 + 20 * number, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    return folder
