"""Trackers that are asked for and not installed."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.errors import ExtraMissingError
from hunmin.training.logs.trackers import build_tracker
from tests.training.runs import config


@pytest.mark.parametrize("tracker", ["wandb", "tensorboard"])
def test_a_tracker_that_is_not_installed_is_named_with_its_extra(
    tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, tracker, None)  # as if it were not there
    with pytest.raises(ExtraMissingError, match=rf"needs {tracker}.*pip install -c constraints\.txt '\.\[{tracker}\]'"):
        build_tracker(config(tmp_path, f"logger={tracker}"), Console(file=io.StringIO()))
