"""The way out of a fault of labels: what `hunmin data import` makes of the list that `hunmin data audit` writes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from audited_stores import Lines
from label_faults import LABEL_FAULTS, LabelFault, noise

from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import open_store, write_store
from hunmin.data.turns import turned

MENDED = (
    "shuffled",
    "shifted by a row",
    "backwards",
    "upside down",
    "a fifth upside down",
)
"""Faults whose list says what to write, or whom to leave out; what was cut or stripped must be imported anew."""
NUM = 120
SAME_PX = 8.0
"""Grey levels, on average, that two savings of one picture may differ."""


def mended_table(stores: dict[str, Lines], folder: Path) -> Iterator[str]:
    """What the way out leaves, for each fault and sort of lines."""
    faults = [one for one in LABEL_FAULTS if one.name in MENDED]
    faults += [LabelFault(f"{share:.0%} of the labels wrong", "noise", noise(share)) for share in (0.1, 0.5)]
    yield (
        f"\n## The way out\n\nStores of {NUM} lines, through the commands: `hunmin data audit STORE --lines 0 --out LIST`, "
        "`hunmin data import lmdb STORE NEW corrections=LIST`, and the audit of what came out. Lines whose label and picture "
        "are right, before and after, and what the audit says then: exit code 0 = nothing.\n"
    )
    yield "| lines | fault | right before | right after | lines after | exit code then |"
    yield "|---|---|---|---|---|---|"
    for name in ("all kinds", "handwriting"):
        for fault in faults:
            yield f"| {name} | {fault.name} | {_mended(stores[name], fault, folder / 'mended')} |"


def _mended(lines: Lines, fault: LabelFault, folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    rng = np.random.default_rng(7)
    samples = [replace(lines.store.sample(row), id=f"line/{row}", boxes=None) for row in range(NUM)]
    right = {one.id: one for one in samples}
    labels = fault.damage([one.text for one in samples], rng)
    turns = [fault.turn if fault.turn and rng.random() < fault.turned_share else None for _ in samples]
    damaged = [
        replace(one, text=label, image=turned(one.image, turn) if turn else one.image)
        for one, label, turn in zip(samples, labels, turns, strict=True)
    ]
    write_store(damaged, folder / "store", jpeg_quality=92)
    before = sum(label == one.text and not turn for one, label, turn in zip(samples, labels, turns, strict=True))
    listed = folder / "list.tsv"
    _hunmin("data", "audit", folder / "store", "--lines", "0", "--out", listed)
    whole = ("split.validation=0", "split.test=0", "workers=1")
    _hunmin("data", "import", "lmdb", folder / "store", folder / "new", f"corrections={listed}", *whole)
    code = _hunmin("data", "audit", folder / "new" / "train", "--lines", "0")
    new = open_store(folder / "new" / "train")
    after = sum(_is_same(one, right[one.id]) for one in map(new.sample, range(len(new))))
    return f"{before} | {after} | {len(new)} | {code}"


def _is_same(sample: Sample, other: Sample) -> bool:
    """Whether label and picture are, but for what saving it again leaves."""
    if sample.text != other.text or sample.image.shape[:2] != other.image.shape[:2]:
        return False
    return float(np.abs(sample.image.astype(float) - other.image).mean()) < SAME_PX


def _hunmin(*words: object) -> int:
    command = [sys.executable, "-c", "from hunmin.cli.app import main; main()", *map(str, words), "--quiet"]
    return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603 - our own command
