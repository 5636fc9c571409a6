"""A folder read by a Ray cluster has the rows that one machine gives it, also where a machine of the cluster is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from hunmin.bulk.read_folder import read_folder
from tests.bulk.folders import pages_and_others, pages_of, rows, run_of

pytest.importorskip("ray")
REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_machine_that_is_killed_loses_no_page_and_repeats_none(tmp_path: Path) -> None:
    expected = pages_and_others(tmp_path / "in", 100, num_corrupt=1)
    command = [sys.executable, "-m", "tests.bulk.read_on_ray", tmp_path / "in", tmp_path / "cluster", "60"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"True {expected.total()} rows, 1 killed\n"), done.stdout  # before it, what Ray says
    assert pages_of(tmp_path / "cluster") == expected
    read_folder(run_of(tmp_path / "in", tmp_path / "here"))
    keys = [sorted(map(str, rows(tmp_path / name))) for name in ("here", "cluster")]
    assert keys[0] == keys[1]
