"""From a download to a model: a fake tree of every AI Hub schema is imported, verified, and trained on.

Promise R6 is among it: twelve kinds of planted defects, each counted under its reason, the sum exact.
"""

import json
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.data.split import SPLITS
from hunmin.data.store import open_store
from hunmin.train.config import TrainConfig, load_config
from hunmin.train.run import run
from tests.cli.conftest import Hunmin
from tests.data.fake_aihub import build
from tests.train.runs import TINY

SCHEMAS = ["aihub-88", "aihub-81", "aihub-91", "aihub-105", "aihub-105-2023", "aihub-023"]
SHARES = ("split.validation=0.25", "split.test=0.1", "workers=1")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_text_of_a_download_is_accounted_for_and_what_is_fit_is_in_sound_stores(
    schema: str, hunmin: Hunmin, tmp_path: Path
) -> None:
    fake = build(schema, tmp_path / "download", num_pages=8, defects=True)
    done = hunmin("data", "import", fake.source, *fake.paths, tmp_path / "set", *SHARES)
    assert done.code == 0, done.err
    assert f"seen {fake.num_seen}, kept {fake.num_kept}, dropped {fake.dropped.total()}\n" in done.out
    ledger = json.loads((tmp_path / "set" / "ledger.json").read_text("utf-8"))
    assert ledger["dropped"] == fake.dropped
    assert len(ledger["dropped"]) >= 11
    assert ledger["seen"] == ledger["kept"] + sum(ledger["dropped"].values()) == fake.num_seen
    texts = []
    for split in SPLITS:
        if (tmp_path / "set" / split).exists():
            assert hunmin("data", "verify", tmp_path / "set" / split).code == 0
            texts += open_store(tmp_path / "set" / split).labels()
    assert sorted(texts) == fake.texts


def test_what_was_imported_trains_a_model(hunmin: Hunmin, tmp_path: Path) -> None:
    fake = build("aihub-88", tmp_path / "download", num_pages=24, num_volumes=2)
    assert hunmin("data", "import", "aihub-88", *fake.paths, tmp_path / "set", *SHARES).code == 0
    settings = [
        f"out={tmp_path / 'run'}",
        "data=store",
        f"data.sources=[{{path: {tmp_path / 'set' / 'train'}}}]",
        f"data.validation=[{tmp_path / 'set' / 'validation'}]",
        "data.charset=ksx1001",
        "data.num_validation=8",
        "data.batch_size=8",
        "data.num_workers=0",
        "trainer.accelerator=cpu",
        "trainer.threads=1",
        "trainer.max_steps=3",
        "trainer.validate_every=3",
        "trainer.save_every=3",
        *TINY,
    ]
    assert run(load_config(TrainConfig, settings), Console(quiet=True)).is_file()
