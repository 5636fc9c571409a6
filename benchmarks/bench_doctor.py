"""What `hunmin doctor` and its watch find beside labels, and how long it takes.

    python benchmarks/bench_doctor.py [--tables entering watch quick whole] [--stores DIR] [--out FILE.md]

`entering`: faults on the way into the model, put into the batches of runs on stores of 50, 600 and 20,000 lines, some of
handwriting. `watch`: real runs of a tiny model, some of them with a rate or labels that cannot work. `quick`, `whole`: CPU
seconds of `hunmin doctor --quick` and of `hunmin doctor`. Stores are those of `bench_label_audit.py`, kept in DIR.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from audited_stores import of_kinds, write
from label_faults import shuffled
from machine import heading, write_result

from hunmin.data.loading.batch import Batch
from hunmin.data.store.lmdb_store import open_store, write_store
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.examine import examine
from hunmin.synth.config import default_config

TABLES = ("entering", "watch", "quick", "whole")
SEEDS = 2
ENTERING = ("golden_image", "batch_readable", "batch_statistics")
STEPS = 1_700
TINY = (
    "model.name=tiny",
    "model.encoder.width=64",
    "model.encoder.depth=1",
    "model.encoder.num_heads=2",
    "model.encoder.stem=[{channels: 16, stride_rows: 2, stride_columns: 2}, "
    "{channels: 32, stride_rows: 2, stride_columns: 2}, {channels: 64, stride_rows: 4, stride_columns: 1}]",
    "model.decoder.num_heads=2",
    "model.head.rank=8",
    "data.height_px=32",
    "data.width_step_px=32",
    "data.batch_size=16",
    "data.num_workers=0",
    "trainer.accelerator=cpu",
    "trainer.threads=1",
    "trainer.num_permutations=2",
)


@dataclass(frozen=True)
class Fault:
    """Something that happens to lines on their way into the model."""

    name: str
    check: str
    """That has to find it."""
    words: str
    """Of the cause that it names."""
    spoil: Callable[[Batch], Batch]


def _next_labels(batch: Batch) -> Batch:
    return replace(batch, labels=[batch.labels[-1], *batch.labels[:-1]], tgt=batch.tgt.roll(1, dims=0))


FAULTS = [
    Fault("blue, green, red", "golden_image", "blue, green, red", lambda b: replace(b, images=b.images.flip(1))),
    Fault("pixels are 0 to 255", "batch_statistics", "0 to 255", lambda b: replace(b, images=(b.images + 1) * 127.5)),
    Fault("normalised twice", "batch_statistics", "twice", lambda b: replace(b, images=(b.images - 0.5) / 0.5)),
    Fault("top for bottom", "batch_readable", "", lambda b: replace(b, images=b.images.flip(2))),
    Fault("the next line's labels", "batch_readable", "", _next_labels),
    Fault("half of each line gone", "batch_readable", "", lambda b: replace(b, widths_px=(b.widths_px + 1) // 2)),
]


def main(tables: list[str], folder: Path | None, out: Path | None) -> None:
    """Measure, print, and keep the tables where a file is given."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        parts = [heading("The doctor", ("torch", "onnxruntime", "numpy"))]
        parts += entering_table(folder) if "entering" in tables else []
        parts += watch_table(folder) if "watch" in tables else []
        parts += times_table(folder, "--quick") if "quick" in tables else []
        parts += times_table(folder) if "whole" in tables else []
        write_result(out, "\n".join(parts) + "\n")


def stores(folder: Path) -> dict[str, Path]:
    """Print of three sizes, and handwriting of two."""
    printed, written = replace(default_config(), held_out=True), of_kinds("handwriting")
    return {
        "print, 50": write(folder, "all", printed, 50, 12),
        "print, 600": write(folder, "all", printed, 600, 12),
        "print, 20,000": write(folder, "large", default_config(), 20_000, 31),
        "handwriting, 50": write(folder, "handwriting", written, 50, 11),
        "handwriting, 600": write(folder, "handwriting", written, 600, 11),
    }


def entering_table(folder: Path) -> Iterator[str]:
    """Faults on the way into the model, by store."""
    yield (
        f"\n## On the way into the model\n\nFound by the check that is named, of {SEEDS} batches each; in brackets what else of "
        f"{', '.join(f'`{one}`' for one in ENTERING)} failed.\n"
    )
    paths = stores(folder)
    yield "| fault | found by | " + " | ".join(paths) + " |"
    yield "|---|---|" + "---|" * len(paths)
    cases = {name: [_case(path, seed) for seed in range(SEEDS)] for name, path in paths.items()}
    for fault in (None, *FAULTS):
        cells = [_found(fault, some) for some in cases.values()]
        about = f"{fault.name} | `{fault.check}`" if fault else "nothing | none"
        yield f"| {about} | " + " | ".join(cells) + " |"


def _case(path: Path, seed: int) -> Case:
    sets = (f"data.sources=[{{path: '{path}'}}]", "data.validation=[]", "data.on_unknown_character=drop")
    return Case(["data=store", *sets, *TINY, f"seed={seed}"])


def _found(fault: Fault | None, cases: list[Case]) -> str:
    right, others = 0, list[str]()
    for case in cases:
        spoiled, batch, make = Case(case.overrides), case.batch, case.collate
        spoiled.pieces.update(case.pieces)
        if fault:
            spoiled.batch = fault.spoil(batch)
            spoiled.collate = lambda *given, make=make: fault.spoil(make(*given))
        failed = {one.check: one.cause for one in examine(spoiled, ENTERING) if one.status == "failed"}
        case.pieces.update({name: piece for name, piece in spoiled.pieces.items() if name in ("samples", "reader")})
        cause = failed.pop(fault.check, None) if fault else None
        right += not failed if fault is None else cause is not None and fault.words in cause
        others += failed
    told = ", ".join(f"{name} {others.count(name)}" for name in dict.fromkeys(others))
    return f"{right} of {len(cases)}" + (f" ({told})" if told else "")


def watch_table(folder: Path) -> Iterator[str]:
    """What is told while real runs go on."""
    healthy = write(folder, "all", replace(default_config(), held_out=True), 600, 12)
    written = write(folder, "handwriting", of_kinds("handwriting"), 600, 11)
    runs = {
        "print, 600": (healthy, "3e-3"),
        "handwriting, 600": (written, "3e-3"),
        "print, a rate of 0.3": (healthy, "0.3"),
        "handwriting, a rate of 0.3": (written, "0.3"),
        "print, a rate of 1e-6": (healthy, "1e-6"),
        "print, labels shuffled": (_shuffled(healthy, folder), "3e-3"),
    }
    yield f"\n## The watch\n\nRuns of {STEPS:,} steps of a model of {64} channels; first warning of each.\n"
    yield "| run | loss at the end | told |"
    yield "|---|---|---|"
    for name, (path, rate) in runs.items():
        with tempfile.TemporaryDirectory() as out:
            sets = (
                f"data.sources=[{{path: '{path}'}}]",
                f"data.validation=['{path}']",
                "data.on_unknown_character=drop",
            )
            overrides = (f"out={out}/run", "data=store", *sets, *TINY, f"trainer.learning_rate={rate}")
            steps = (f"trainer.max_steps={STEPS}", "trainer.warmup_steps=50", f"trainer.validate_every={STEPS}")
            said = _hunmin("train", *overrides, *steps)[0]
        told = re.findall(r"doctor: (.*?)\. More by hunmin doctor", said)
        losses = re.findall(r"loss ([\d.]+|nan|inf)", said)
        yield f"| {name} | {losses[-1] if losses else '–'} | {'; '.join(told) or 'nothing'} |"


def _shuffled(path: Path, folder: Path) -> Path:
    target = folder / f"{path.name}-shuffled"
    if not target.exists():
        store = open_store(path)
        labels = shuffled(list(store.labels()), np.random.default_rng(0))
        write_store((replace(store.sample(row), text=label, boxes=None) for row, label in enumerate(labels)), target)
    return target


def times_table(folder: Path, *given: str) -> Iterator[str]:
    """CPU seconds of `hunmin doctor`, with these arguments."""
    path = write(folder, "all", replace(default_config(), held_out=True), 600, 12)
    ways = {"generated lines": ("data=synth",), "a store of 600": ("data=store", f"data.sources=[{{path: '{path}'}}]")}
    yield "\n## Time\n\n`model=nano`; CPU seconds of all threads, and seconds on the clock of a machine that does other things.\n"
    yield "| data | command | CPU | clock |"
    yield "|---|---|---|---|"
    for name, data in ways.items():
        _, cpu_s, clock_s = _hunmin("doctor", *given, "model=nano", *data)
        yield f"| {name} | `{' '.join(['hunmin doctor', *given])}` | {cpu_s:.0f} s | {clock_s:.0f} s |"


def _hunmin(*words: str) -> tuple[str, float, float]:
    """What a command says, its CPU seconds, and seconds on the clock."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from hunmin.cli.app import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "400"})  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout + done.stderr, cpu_s, time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Faults that the doctor finds beside labels, and its time.")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--stores", type=Path, help="folder for stores")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    main(given.tables, given.stores, given.out)
