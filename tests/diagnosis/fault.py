"""What a fault is, and how its cure is tried."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Status
from tests.diagnosis import healthy

MOST_OTHERS = 2
"""Checks beside its own that a fault may trip."""

Data = Callable[[Path, Path], tuple[str, ...]]
"""(folder of the healthy sets, folder to write to) → overrides that use what was written."""

_OVERRIDES = re.compile(r"[\w.+]+=(\[.*\]|\S+)( [\w.+]+=(\[.*\]|\S+))*")


def no_data(stores: Path, folder: Path) -> tuple[str, ...]:
    """The healthy sets."""
    return ()


def as_it_is(case: Case) -> None:
    """Change no piece."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in real trainings, and what the doctor has to say about it."""

    name: str
    """As a user would tell it, once they know."""
    check: str
    """The check that has to find it."""
    cause: str
    """Words of the cause that it has to name."""
    overrides: tuple[str, ...] = ()
    """The configuration, where the fault is in there."""
    data: Data = no_data
    """Writes the data, where the fault is in there."""
    wrap: Callable[[Case], None] = as_it_is
    """Exchanges pieces of the case, where the fault is in the code or in the machine."""
    status: Status = "failed"

    def folder(self, stores: Path) -> Path:
        """Where its data goes: below the healthy sets."""
        return stores / re.sub(r"\W+", "_", self.name)

    def case(self, stores: Path, folder: Path) -> Case:
        """The healthy run with this fault."""
        folder.mkdir(parents=True, exist_ok=True)
        made = healthy.case(stores, *self.data(stores, folder), *self.overrides)
        self.wrap(made)
        return made

    def cured(self, stores: Path, folder: Path, change: str) -> Case:
        """The run after the suggestion was followed: an override is pasted, anything else undoes the fault."""
        if not _OVERRIDES.fullmatch(change):
            return healthy.case(stores)
        folder.mkdir(parents=True, exist_ok=True)
        made = healthy.case(stores, *self.data(stores, folder), *self.overrides, *_pasted(change))
        self.wrap(made)
        return made


def _pasted(change: str) -> list[str]:
    return re.split(r" (?=[\w.+]+=)", change)
