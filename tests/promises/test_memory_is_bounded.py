"""Promise R11: however many pages are read, memory and open files stay what they were after the first of them."""

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.bulk.ledger import Counts
from hunmin.bulk.read_folder import read_folder
from hunmin.cli.folder import load_reader
from tests.bulk.folders import coloured, run_of
from tests.documents.paper import block_reader

PROC = Path("/proc")
EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_GROWTH = 1.05

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="needs Linux's /proc")


def held(process: int) -> tuple[int, int]:
    """Resident KiB and open files of a process."""
    status = (PROC / str(process) / "status").read_text()
    resident = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident), len(list((PROC / str(process) / "fd").iterdir()))


def growth(folder: Path, out: Path, make_reader: Callable[[], object], num_pages: int, warm_share: float = 0.2) -> None:
    """Read a folder with one process, and compare what it and its parent hold after a share of the pages and at the end."""
    after: dict[int, list[tuple[int, int]]] = {}
    num_warm = round(warm_share * num_pages)

    def look(counts: Counts) -> None:
        for at in (num_warm, num_pages - 1):
            if counts.num_rows == at and at not in after:
                (worker,) = multiprocessing.active_children()
                assert worker.pid
                after[at] = [held(os.getpid()), held(worker.pid)]

    read_folder(run_of(folder, out, make_reader=make_reader, num_workers=1), report=look)
    first, last = (after[at] for at in (num_warm, num_pages - 1))
    for (kib_before, files_before), (kib_after, files_after) in zip(first, last, strict=True):
        assert kib_after <= MOST_GROWTH * kib_before
        assert files_after <= files_before


def test_memory_and_files_stay_flat_over_many_pages(tmp_path: Path, rounds: Callable[..., int]) -> None:
    num_pages = rounds(short=500, full=5000)
    (tmp_path / "in").mkdir()
    coloured().save(tmp_path / "first.png")
    for number in range(num_pages):
        os.link(tmp_path / "first.png", tmp_path / "in" / f"{number}.png")
    growth(tmp_path / "in", tmp_path / "out", block_reader, num_pages)


@pytest.mark.slow
def test_memory_stays_flat_with_the_bundled_model_and_pages_of_many_sizes(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    num_pages = rounds(short=100, full=1000)
    (tmp_path / "in").mkdir()
    sources = [Image.open(path).convert("RGB") for path in sorted(EXAMPLES.glob("*.jpg"))]
    rng = np.random.default_rng(0)
    for number in range(num_pages):
        source = sources[number % len(sources)]
        width, height = (round(side * rng.uniform(0.3, 0.6)) for side in source.size)
        source.resize((width, height)).save(tmp_path / "in" / f"{number}.jpg")
    # What the engine holds is what the largest batch so far has taken: 436 MB after 10 pages, 652 after 50, 656 from 70 on.
    make_reader = partial(load_reader, "bundled-int8", ("default",))
    growth(tmp_path / "in", tmp_path / "out", make_reader, num_pages, warm_share=0.5)
