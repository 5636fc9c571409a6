"""Training runs that take less than a second."""

import csv
from pathlib import Path

from hunmin.compose import load_config
from hunmin.data.store.lmdb_store import write_store
from hunmin.training.config import TrainConfig
from tests.data.lines import CHARSET, lines

TINY = (
    "model.encoder.width=32",
    "model.encoder.depth=1",
    "model.encoder.num_heads=2",
    "model.encoder.stem=[{channels: 8, stride_rows: 4, stride_columns: 2}, "
    "{channels: 16, stride_rows: 8, stride_columns: 2}]",
    "model.decoder.num_heads=2",
    "model.head.kind=dense",
    "data.height_px=32",
    "data.width_step_px=32",
)


def overrides(folder: Path, *more: str) -> list[str]:
    """What makes a run short: 8 steps on 40 lines of noise in `folder`, a checkpoint every 4, into `folder`/run."""
    if not (folder / "store").exists():
        write_store(lines(40), folder / "store")
        (folder / "charset.txt").write_text("\n".join(CHARSET.characters), encoding="utf-8")
    return [
        f"out={folder / 'run'}",
        "data=store",
        f"data.sources=[{{path: {folder / 'store'}}}]",
        f"data.validation=[{folder / 'store'}]",
        f"data.charset={folder / 'charset.txt'}",
        "data.augment=0",
        "data.num_validation=8",
        "data.batch_size=4",
        "data.num_workers=0",
        "data.max_width_px=256",
        "data.max_label_length=8",
        "trainer.accelerator=cpu",
        "trainer.threads=1",
        "trainer.precision=32",
        "trainer.max_steps=8",
        "trainer.save_every=4",
        "trainer.validate_every=4",
        "trainer.log_every=1",
        *TINY,
        *more,
    ]


def config(folder: Path, *more: str) -> TrainConfig:
    """The configuration of such a run."""
    return load_config(TrainConfig, overrides(folder, *more))


def read_csv(out: Path) -> list[dict[str, str]]:
    """The rows of a run's figures."""
    rows: list[dict[str, str]] = []
    for path in sorted((out / "log").rglob("metrics.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows
