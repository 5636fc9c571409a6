"""From downloads to a model: fake trees of every AI Hub schema are imported and verified, and one run trains on them all.

Promise R6 is among it: twelve kinds of planted defects or more in each tree, each counted under its reason, the sum exact.
"""

import json
from pathlib import Path

from hunmin.data.imports.split import SPLITS
from hunmin.data.store.lmdb_store import open_store
from tests.cli.conftest import Hunmin
from tests.data.fake_aihub import FakeSet, build
from tests.training.runs import TINY, read_csv

SCHEMAS = ("aihub-88", "aihub-81", "aihub-91", "aihub-105", "aihub-105-2023", "aihub-023")
SHARES = ("split.validation=0.3", "split.test=0.1", "workers=1")


def check_account(printed: str, out: Path, fake: FakeSet) -> None:
    assert f"seen {fake.num_seen}, kept {fake.num_kept}, dropped {fake.dropped.total()}\n" in printed
    ledger = json.loads((out / "ledger.json").read_text("utf-8"))
    assert ledger["dropped"] == fake.dropped
    assert len(ledger["dropped"]) >= 12
    assert ledger["seen"] == ledger["kept"] + sum(ledger["dropped"].values()) == fake.num_seen


def test_downloads_of_every_schema_are_accounted_for_verified_and_trained_on_together(
    hunmin: Hunmin, tmp_path: Path
) -> None:
    for number, schema in enumerate(SCHEMAS):
        fake = build(schema, tmp_path / "downloads" / schema, num_pages=12, seed=number, defects=True, num_volumes=2)
        out = tmp_path / schema
        done = hunmin("data", "import", fake.source, *fake.paths, out, *SHARES)
        assert done.code == 0, done.err
        check_account(done.out, out, fake)
        stores = [out / split for split in SPLITS if (out / split).exists()]
        assert [hunmin("data", "verify", store).code for store in stores] == [0] * len(stores)
        assert sorted(text for store in stores for text in open_store(store).labels()) == fake.texts

    sources = ", ".join(f"{{path: {tmp_path / schema / 'train'}}}" for schema in SCHEMAS)
    # Sheets of 91 are of one writer here, and so in one split.
    validated = [schema for schema in SCHEMAS if (tmp_path / schema / "validation").exists()]
    assert set(SCHEMAS) - set(validated) == {"aihub-91"}
    validation = ", ".join(str(tmp_path / schema / "validation") for schema in validated)
    settings = [
        f"out={tmp_path / 'run'}",
        "data=store",
        f"data.sources=[{sources}]",
        f"data.validation=[{validation}]",
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
    done = hunmin("train", *settings)
    assert done.code == 0, done.err
    assert (tmp_path / "run" / "model.safetensors").is_file()
    figures = {name for row in read_csv(tmp_path / "run") for name, value in row.items() if value}
    assert {f"{schema}_validation/cer" for schema in validated} <= figures
