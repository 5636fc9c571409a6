"""The audit of labelled crops from elsewhere, such as real ones: as they are, shuffled, and with some wrong labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from audited_stores import reader
from label_faults import noise, shuffled
from numpy.typing import NDArray

from hunmin.data.audit.audit import Audit, judge
from hunmin.data.audit.lines import ReadLine
from hunmin.data.turns import Turn, turned
from hunmin.evaluation.labelled import labelled_crops
from hunmin.recognize.recognizer import Reading

SHARES = (0.1, 0.2)
ReadCrop = tuple[NDArray[np.uint8], str, Reading]
"""A picture, its label, what was read."""


def real_table(folders: Sequence[Path]) -> Iterator[str]:
    """What the audit says of each kind of crops."""
    found = [crop for folder in folders for crop in labelled_crops(folder)]
    readings = reader().recognize([crop.image for crop in found])
    kinds: dict[str, list[ReadCrop]] = {}
    for crop, reading in zip(found, readings, strict=True):
        for kind in (crop.kind, "all"):
            kinds.setdefault(kind, []).append((crop.image, crop.label, reading))
    yield "\n## Real crops\n\nWrong labels as estimated, and what is named: as they are, and with labels that were changed.\n"
    yield "| crops | judged | as they are | shuffled | " + " | ".join(f"{share:.0%} wrong" for share in SHARES) + " |"
    yield "|---|---|---|---|" + "---|" * len(SHARES)
    for kind, crops in kinds.items():
        labels = [label for _, label, _ in crops]
        plain = _audited(crops, labels)
        rng = np.random.default_rng(0)
        cells = [_told(plain), ", ".join(one.kind for one in _audited(crops, shuffled(labels, rng)).faults)]
        cells += [_told(_audited(crops, noise(share)(labels, rng))) for share in SHARES]
        yield f"| {kind} | {plain.num_decided} of {len(crops)} | " + " | ".join(cells) + " |"


def _audited(crops: Sequence[ReadCrop], labels: Sequence[str]) -> Audit:
    lines = [
        ReadLine(row, label, reading.text, reading.confidence)
        for row, ((_, _, reading), label) in enumerate(zip(crops, labels, strict=True))
    ]

    def reread(some: Sequence[ReadLine], turn: Turn) -> list[Reading]:
        return reader().recognize([turned(crops[line.row][0], turn) for line in some])

    return judge(lines, dict(enumerate(labels)), len(labels), set(reader().spec.characters), reread)


def _told(audit: Audit) -> str:
    return f"{audit.wrong}; {', '.join(one.kind for one in audit.faults) or 'nothing'}"
