"""What is known about designs: `configs/synth/families.yaml`."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Family:
    """An entry of families.yaml: faces that share a name, and the design that they descend from."""

    family: str
    """The design; several entries may name the same."""
    style: str
    """One of `font_manifest.STYLES`."""
    licence: str
    """SPDX identifier where there is one."""
    names: tuple[str, ...]
    """What the names of its faces begin with, folded as `fold` does."""
    held_out: bool = False
    """True = for validation only."""
    misdrawn: str = ""
    """Characters that at least one face of the design draws as something else."""
    left_out: str = ""
    """Why no line is drawn with it; empty = it is used."""


def find_family(names: Iterable[str]) -> Family | None:
    """The entry for a face of these names, the one with the longest name that fits; None for an unknown design."""
    folded = [fold(name) for name in names]
    known = _by_name()
    matches = [start for start in known if any(name.startswith(start) for name in folded)]
    return known[max(matches, key=len)] if matches else None


def fold(name: str) -> str:
    """A family's name as families.yaml writes it: lower-case, without spaces, hyphens and underscores."""
    return "".join(char for char in name.lower() if not char.isspace() and char not in "-_")


@functools.cache
def misdrawn(family: str) -> frozenset[str]:
    """What the faces of a design draw as something else."""
    return frozenset(char for known in _families() if known.family == family for char in known.misdrawn)


@functools.cache
def _families() -> tuple[Family, ...]:
    text = (resources.files("hunmin") / "configs" / "synth" / "families.yaml").read_text(encoding="utf-8")
    return tuple(Family(**{**entry, "names": tuple(entry["names"])}) for entry in yaml.safe_load(text))


@functools.cache
def _by_name() -> dict[str, Family]:
    return {name: known for known in _families() for name in known.names}
