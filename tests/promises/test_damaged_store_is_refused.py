"""Promise R7: a damaged store is refused with a typed error, and never kills the process that opens it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator

from hunmin.data.store.lmdb_store import write_store
from tests.data.lines import lines
from tests.data.store.test_lmdb_store import write_published


def truncate(store: Path, rng: Generator) -> None:
    data = store / "data.mdb"
    data.write_bytes(data.read_bytes()[: int(rng.integers(data.stat().st_size))])


def zero(store: Path, rng: Generator) -> None:
    """Zeros over one to three pages, as a lost write leaves them."""
    data = store / "data.mdb"
    content = bytearray(data.read_bytes())
    while True:
        start = 4096 * int(rng.integers(len(content) // 4096))
        length = 4096 * int(rng.integers(1, 4))
        if any(content[start : start + length]):
            content[start : start + length] = bytes(len(content[start : start + length]))
            break
    data.write_bytes(content)


def flip(store: Path, rng: Generator) -> None:
    flip_a_bit(store / "data.mdb", rng)


def change_metadata(store: Path, rng: Generator) -> None:
    """A manifest that is gone, cut, wrong in one bit, of another store or edited by hand; or LMDB's own first pages."""
    path = store / "manifest.json"
    match int(rng.integers(6)):
        case 0:
            path.unlink()
        case 1:
            path.write_bytes(path.read_bytes()[: int(rng.integers(path.stat().st_size))])
        case 2:
            flip_a_bit(path, rng)
        case 3:
            shutil.copy(store.parent / "other" / "manifest.json", path)
        case 4:
            values = json.loads(path.read_text("utf-8"))
            values["num_samples"] += 1
            path.write_text(json.dumps(values, ensure_ascii=False, indent=1), "utf-8")
        case _:
            flip_a_bit(store / "data.mdb", rng, first=16, last=160)


def flip_a_bit(path: Path, rng: Generator, first: int = 0, last: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[int(rng.integers(first, last or len(content)))] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


MUTATIONS = (truncate, zero, flip, change_metadata)


def test_every_damage_is_found_and_refused_and_the_process_lives(tmp_path: Path, rounds: Callable[..., int]) -> None:
    write_store(lines(12), tmp_path / "sound")
    write_store(lines(12, seed=1), tmp_path / "other")
    num = rounds(short=60, full=200)
    for number in range(num):
        store = tmp_path / f"damaged-{number:03d}"
        shutil.copytree(tmp_path / "sound", store)
        MUTATIONS[number % len(MUTATIONS)](store, np.random.default_rng([7, number]))
    published = {b"num-samples": b"12"} | {
        b"%s-%09d" % (k, n): bytes(9000) for n in range(1, 13) for k in (b"image", b"label")
    }
    for number in range(num, num + 20):
        store = tmp_path / f"damaged-{number:03d}"
        write_published(store, published)
        truncate(store, np.random.default_rng([7, number]))

    reader = Path(__file__).with_name("read_stores.py")
    verdicts = subprocess.run([sys.executable, reader, tmp_path], capture_output=True, text=True, check=False)

    assert verdicts.returncode == 0, (
        f"{verdicts.returncode} after {verdicts.stdout.splitlines()[-1:]}\n{verdicts.stderr}"
    )
    assert verdicts.stdout.splitlines() == [f"damaged-{number:03d} found refused" for number in range(num + 20)] + [
        "other sound read",
        "sound sound read",
    ]
