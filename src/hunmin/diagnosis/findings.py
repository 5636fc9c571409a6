"""What a check says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["failed", "warning", "skipped", "passed"]
"""Worst first. `failed`: this run will not learn, or not what it should. `warning`: it learns worse or slower than it could.
`skipped`: could not be looked at, and the finding says why."""


@dataclass(frozen=True)
class Picture:
    """Something that is easier seen than told."""

    caption: str
    image: NDArray[np.uint8]
    """(H, W) grey or (H, W, 3) RGB."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    check: str
    """Its name in `CHECKS`."""
    status: Status
    measured: str
    """What is there, with the figure that decided."""
    expected: str
    """What it was compared with."""
    cause: str = ""
    """The likely reason; empty where the check passed."""
    change: str = ""
    """What to do: an override that can be pasted, such as `data.max_label_length=64`, or a sentence."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What was measured, for `--json`."""
    pictures: tuple[Picture, ...] = ()
    """For `--html`."""
    command: str = ""
    """What shows more, ready for a shell; empty where there is no such command."""
    chart: str = ""
    """HTML, for `--html`."""


@dataclass(frozen=True)
class Diagnosis:
    """What all checks say."""

    findings: tuple[Finding, ...]
    """In the order of `CHECKS`."""

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What keeps this run from learning as it should."""
        return tuple(finding for finding in self.findings if finding.status == "failed")


SOME, MANY = 0.01, 0.05
"""Share of lines from which a defect is a `warning`, and from which it has `failed`.

Rules of thumb. Of 228 real crops the default limits leave out two, 0.9 %; one line in twenty has a cause of its own, and what it
takes away is no longer a random part of the data.
"""


def grade(share: float, some: float = SOME, many: float = MANY) -> Status:
    """`failed` above `many`, `warning` above `some`, else `passed`."""
    return "failed" if share > many else "warning" if share > some else "passed"
