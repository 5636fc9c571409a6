"""The how-to page of the doctor is what its checks say, in both languages."""

import runpy
from pathlib import Path

import pytest

from hunmin.diagnosis.examine import CHECKS
from tests.diagnosis.faults import FAULTS

DOCS = Path(__file__).parents[2] / "docs"
SCRIPT = runpy.run_path(str(DOCS / "checks_page.py"))


@pytest.mark.parametrize("page", SCRIPT["pages"](), ids=lambda page: page.name)
def test_the_page_says_what_the_checks_say(page: Path) -> None:
    assert page.read_text("utf-8") == SCRIPT["pages"]()[page], "run: python docs/checks_page.py"


def test_both_pages_have_the_same_checks() -> None:
    names = [
        [line for line in page.read_text("utf-8").splitlines() if line[:4] == "### "] for page in SCRIPT["pages"]()
    ]
    assert names[0] == names[1] == [f"### {name}" for name in CHECKS]


def test_the_table_of_faults_has_every_fault_and_the_check_that_finds_it() -> None:
    rows = (DOCS / "reference" / "doctor-faults.md").read_text("utf-8").splitlines()
    found = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows if row.startswith("| ")][1:]
    wanted = [(fault.name.replace("<", "\\<"), f"`{fault.check}`") for fault in FAULTS]
    assert found == wanted, "run: python -m tests.diagnosis.matrix"
