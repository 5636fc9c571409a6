"""The same import on a cluster: two workers of Ray on this machine, in a process of its own, since Ray opens sockets."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from hunmin.data.imports.run import Imported
from hunmin.errors import InputError
from tests.data.pages import CONFIG, imported, pages

pytest.importorskip("ray")
REPOSITORY = Path(__file__).parents[3]
NUM_PAGES = 120


def on_two_workers(out: Path) -> Imported:
    from hunmin.data.imports.on_ray import on_ray

    return imported(pages(NUM_PAGES), out, CONFIG, partial(on_ray, workers=2, address=None))


@pytest.mark.slow
def test_a_cluster_makes_the_stores_and_the_ledger_that_one_process_makes(tmp_path: Path) -> None:
    start = "from pathlib import Path; from tests.data.imports.test_on_ray import *; "
    command = start + f"on_two_workers(Path({str(tmp_path / 'cluster')!r}))"
    done = subprocess.run([sys.executable, "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    here = imported(pages(NUM_PAGES), tmp_path / "here")
    for split, manifest in here.manifests.items():
        assert manifest.content_digest in (tmp_path / "cluster" / split / "manifest.json").read_text("utf-8")
    ledgers = [(tmp_path / name / "ledger.json").read_bytes() for name in ("here", "cluster")]
    assert ledgers[0] == ledgers[1]


@pytest.mark.slow
def test_an_address_where_nothing_answers_is_named_at_once(tmp_path: Path) -> None:
    from hunmin.data.imports.on_ray import on_ray

    there = partial(on_ray, workers=1, address="127.0.0.1:1")
    with pytest.raises(InputError, match=r"ray_address=127\.0\.0\.1:1: nothing answers there"):
        imported(pages(2), tmp_path / "set", CONFIG, there)
    assert not (tmp_path / "set").exists()
