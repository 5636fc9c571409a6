"""The table of layers names what there is, and all of it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_IN_THE_TABLE = {"configs"}
"""Data, no code."""


def test_the_table_of_layers_has_every_module_once() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", page, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    package = ROOT / "src" / "hunmin"
    there = {path.stem for path in package.glob("*.py")} | {path.parent.name for path in package.glob("*/__init__.py")}
    assert sorted(named) == sorted(there - {"__init__"} - NOT_IN_THE_TABLE)


def test_the_files_that_it_leads_through_are_there() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
    for path in re.findall(r"`(\w+/\w+\.py)`", page):
        assert (ROOT / "src" / "hunmin" / path).is_file(), path
