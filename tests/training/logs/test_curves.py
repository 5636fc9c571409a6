"""Every run leaves a picture of its curves, over all of its parts; and none ends for want of it."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.training.logs.curves import NAME, draw_curves, read_figures
from hunmin.training.run import run
from tests.training.runs import config


def test_a_run_leaves_its_curves(tmp_path: Path) -> None:
    run(config(tmp_path), Console(quiet=True))
    svg = (tmp_path / "run" / NAME).read_text("utf-8")
    ET.fromstring(svg)
    for title in ("Loss, nats a token", "Lines read right", "Learning rate", "Images a second"):
        assert title in svg
    assert "labels&#x27; entropy, store" in svg
    figures = read_figures(tmp_path / "run")
    assert [step for step, _ in figures["train/loss"]] == list(range(1, 9))


def test_of_what_a_continuation_repeats_the_later_counts(tmp_path: Path) -> None:
    for part, rows in {"from_00000000": "0,1.0\n1,2.0\n2,3.0\n", "from_00000002": "2,9.0\n3,8.0\n"}.items():
        (tmp_path / "log" / part).mkdir(parents=True)
        (tmp_path / "log" / part / "metrics.csv").write_text(f"step,train/loss\n{rows}", encoding="utf-8")
    figures = read_figures(tmp_path)
    assert figures == {"train/loss": [(1, 1.0), (2, 2.0), (3, 9.0), (4, 8.0)]}
    ET.fromstring(draw_curves(figures))


def test_a_picture_that_cannot_be_written_is_told_once_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hunmin.training.logs.curves.write_text", full)
    printed = io.StringIO()
    model = run(config(tmp_path), Console(file=printed, width=400))
    assert model.exists()
    assert printed.getvalue().count("curves.svg could not be written, the run goes on") == 1


def test_a_row_that_a_full_disk_cut_short_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log" / "from_0"
    log.mkdir(parents=True)
    (log / "metrics.csv").write_text("epoch,held_out/loss,step,train/loss\n0,2.5,4,3.5\n0,2.25,9,1.2e-\n0,2.")
    assert read_figures(tmp_path) == {"held_out/loss": [(5, 2.5)], "train/loss": [(5, 3.5)]}
