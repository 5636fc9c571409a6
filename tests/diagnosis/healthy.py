"""A small run with nothing wrong: rendered lines, a model of some ten thousand parameters, a described machine."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hunmin.compose import load_config
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import write_store
from hunmin.diagnosis.case import Case, Timings
from hunmin.diagnosis.measure.hardware import Hardware
from hunmin.font_manifest import BUNDLED_FONTS
from hunmin.synth.generate import Recipe
from hunmin.synth.source import SynthSource
from hunmin.text.charset import ksx1001
from hunmin.training.config import TrainConfig

NUM_TRAINING, NUM_VALIDATION = 240, 60
BUNDLED = BUNDLED_FONTS

TINY = (
    "model.name=doctor",
    "model.encoder.width=64",
    "model.encoder.depth=1",
    "model.encoder.num_heads=2",
    "model.encoder.stem=[{channels: 16, stride_rows: 2, stride_columns: 2}, "
    "{channels: 32, stride_rows: 2, stride_columns: 2}, {channels: 64, stride_rows: 4, stride_columns: 1}]",
    "model.decoder.num_heads=2",
    "model.head.rank=8",
)

MACHINE = Hardware(cores=4, free_bytes=16 << 30, accelerator="")
"""What no test needs to have."""
TIMINGS = Timings(prepare_s=0.002, compute_s=0.02)
"""What no busy machine changes."""


def rendered(num: int, *, seed: int = 0) -> Iterator[Sample]:
    """Lines in the bundled fonts, with characters of KS X 1001 and up to 24 of them."""
    synth = replace(load_config(TrainConfig, []).synth, max_length=24)
    source = SynthSource(Recipe(synth, frozenset(ksx1001().characters), BUNDLED), seed=seed)
    return (source.sample(0, index) for index in range(num))


def write_stores(folder: Path) -> None:
    """The two sets of the healthy run."""
    write_store(rendered(NUM_TRAINING), folder / "training")
    write_store(rendered(NUM_VALIDATION, seed=1), folder / "validation")


def overrides(folder: Path, *more: str) -> list[str]:
    """The configuration of the run whose sets `write_stores` wrote to `folder`; later overrides win."""
    return [
        f"out={folder / 'run'}",
        "data=store",
        f"data.sources=[{{path: {folder / 'training'}}}]",
        f"data.validation=[{folder / 'validation'}]",
        "data.charset=ksx1001",
        "data.height_px=32",
        "data.width_step_px=32",
        "data.max_width_px=1024",
        "data.batch_size=16",
        "trainer.accelerator=cpu",
        "trainer.threads=1",
        # One of the rates that a short run tries anyway, and few orders of reading: a short run then takes ten seconds.
        "trainer.learning_rate=3e-3",
        "trainer.num_permutations=2",
        *TINY,
        *more,
    ]


def case(folder: Path, *more: str) -> Case:
    """The run as the doctor looks at it, on `MACHINE`."""
    made = Case(overrides(folder, *more))
    made.hardware = MACHINE
    made.timings = TIMINGS
    return made
