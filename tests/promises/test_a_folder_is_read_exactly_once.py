"""Promise R9: however often reading a folder is killed, every page has one row, and what cannot be read says why."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np

from tests.bulk.folders import pages_and_others, pages_of, rows
from tests.documents.paper import PLACES

REPOSITORY = Path(__file__).parents[2]


def start(folder: Path, out: Path, workers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.promises.read_folder", folder, out, str(workers)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_folder_that_is_killed_again_and_again_has_every_page_once(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    num_images, num_kills = rounds(short=200, full=10_000), rounds(short=3, full=10)
    expected = pages_and_others(tmp_path / "in", num_images, num_corrupt=num_images // 100)
    out = tmp_path / "out"
    rng = np.random.default_rng(9)
    # The first report says what is there; what a run has left is then shared among the kills that are still to come.
    for kill in range(num_kills + 1):
        left = expected.total() - (pages_of(out).total() if (out / "pages").exists() else 0)
        num_reports = int(rng.uniform(0.5, 1.5) * left / (num_kills + 2)) if kill < num_kills else None
        with start(tmp_path / "in", out, workers=int(rng.integers(1, 3))) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            reports = list(islice(process.stdout, num_reports))
            if num_reports is not None:
                time.sleep(rng.uniform(0, 0.02))
                process.kill()
            errors = process.stderr.read()
            assert len(reports) == num_reports or num_reports is None, errors
        found = pages_of(out)
        assert max(found.values(), default=1) == 1
        assert not found - expected
    assert process.returncode == 0, errors
    assert pages_of(out) == expected
    text = "\n".join(PLACES)
    for row in rows(out):
        if row["number"] is None:
            assert row["error"]["code"] == "unknown_format"  # type: ignore[index]
        else:
            assert row["text"] == text
    assert sum(row["number"] is None for row in rows(out)) == num_images // 100
    assert not list(out.rglob("*.partial*"))
