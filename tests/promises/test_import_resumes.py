"""Promise R5: an import that is killed goes on with no loss and no duplicate."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np

from hunmin.data.imports.run import Imported
from hunmin.data.imports.split import SPLITS
from hunmin.data.store.manifest import Manifest
from hunmin.data.store.verify import verify_store
from tests.promises.import_pages import run

REPOSITORY = Path(__file__).parents[2]


def content(out: Path) -> dict[str, object]:
    """Stores and ledger of a finished import, but for how LMDB laid out its pages."""
    found: dict[str, object] = {"ledger": (out / "ledger.json").read_text("utf-8")}
    for split in SPLITS:
        manifest = Manifest.read(out / split)
        assert manifest is not None
        found[split] = asdict(manifest) | {"file": None}
    return found


def start(out: Path, workers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.promises.import_pages", out, str(workers)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_import_that_is_killed_again_and_again_gives_what_an_unbroken_one_gives(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    unbroken: Imported = run(tmp_path / "unbroken")
    assert unbroken.ledger.dropped == {"duplicate": 240, "no image": 60}
    wanted = content(tmp_path / "unbroken")
    rng = np.random.default_rng(5)
    num_kills, number = 0, 0
    phases = set()
    while num_kills < rounds(short=5, full=40):
        number += 1
        out = tmp_path / f"import-{number}"
        while not out.exists():
            # The first report comes before the first shard; an unbroken run sends about thirty. Then it may end.
            num_reports = int(rng.integers(1, 30)) if num_kills < rounds(short=5, full=40) else None
            with start(out, workers=int(rng.integers(1, 3))) as process:
                assert process.stdout is not None
                reports = list(islice(process.stdout, num_reports))
                if num_reports is not None and len(reports) == num_reports:
                    time.sleep(rng.uniform(0, 0.02))
                    process.kill()
                    num_kills += 1
                    phases.add(reports[-1].split()[0])
        assert content(out) == wanted
        assert [verify_store(out / split) for split in SPLITS] == [[], [], []]
        assert not out.with_name(f"{out.name}.partial").exists()
    assert phases == {"cutting", "storing"}
