"""Promises R1 and R4: a run that was killed, or told to stop, goes on exactly where it was."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.promises.killed_training import INSIDE

REPOSITORY = Path(__file__).parents[2]


def rounds_of(what: str, folder: Path, number: int) -> list[dict[str, Any]]:
    """What `killed_training` prints."""
    arguments = [sys.executable, "-m", "tests.promises.killed_training", what, str(folder), str(number), "7"]
    done = subprocess.run(arguments, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_after_kill_9_at_any_time_every_loss_and_the_final_weights_are_those_of_the_unbroken_run(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    number = rounds(short=3, full=30)
    results = rounds_of("kill", tmp_path, number)
    assert len(results) == number
    assert [one for one in results if not one["same"]] == []
    assert any(0 < one["killed_at"] < 24 for one in results), "no kill came in the middle of a run"


def test_sigterm_saves_and_ends_with_143_in_ten_seconds_and_a_second_one_at_once(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    number = rounds(short=3, full=20)
    *results, inside, twice = rounds_of("terminate", tmp_path, number)
    assert len(results) == number
    for one in results:
        if one["step"] == 24:  # it was done before the signal came
            assert one["code"] in (0, 143)
        else:
            assert one["code"] == 143
        assert one["took_s"] <= 10
        assert one["same"]
    assert inside == {"code": 143, "step": INSIDE + 1, "same": True}
    assert twice["twice"] in (-15, 143)
