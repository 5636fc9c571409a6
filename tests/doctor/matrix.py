"""Every fault against every check, as the page docs/reference/doctor-faults.md.

`python -m tests.doctor.matrix > docs/reference/doctor-faults.md` takes half an hour on one core; with `--quick` it leaves
out the checks that train, but for the faults that are theirs, and takes some minutes.
"""

import sys
import tempfile
from pathlib import Path

from hunmin.doctor.checks import CHECKS, examine
from hunmin.doctor.findings import Finding
from tests.doctor import healthy
from tests.doctor.fault import Fault
from tests.doctor.faults import FAULTS

INTRO = """# Faults that the doctor finds

Each of these is put into a small healthy run, through its configuration, its data, or a wrapped module, and the doctor
looks at it. The check named has to find it and to name its cause, and what it suggests has to cure it
(`tests/doctor`). A fault may trip no more than two other checks: whoever reads ten findings knows no more than before.
`python -m tests.doctor.matrix` makes this page.

| fault | found by | also trips | cause that it names |
|---|---|---|---|"""


def row(fault: Fault, findings: list[Finding]) -> str:
    """One line of the table; a check that does not find its fault stands in bold."""
    tripped = {finding.check: finding for finding in findings if finding.status in ("failed", "warning")}
    found = tripped.pop(fault.check, None)
    by = f"`{fault.check}`" if found else f"**not {fault.check}**"
    others = ", ".join(f"`{name}`" for name in tripped)
    return f"| {_cell(fault.name)} | {by} | {others} | {_cell(found.cause if found else '')} |"


def _cell(text: str) -> str:
    """Text that is no table and no HTML."""
    return text.replace("|", "/").replace("<", "\\<")


def main() -> None:
    names = [name for name, check in CHECKS.items() if not ("--quick" in sys.argv and check.trains)]
    with tempfile.TemporaryDirectory() as folder:
        stores = Path(folder)
        healthy.write_stores(stores)
        print(INTRO)
        for number, fault in enumerate(FAULTS):
            # A short run of its own faults is looked at in any case.
            wanted = [name for name in CHECKS if name in names or name == fault.check]
            findings = list(examine(fault.case(stores, stores / str(number)), wanted))
            print(row(fault, findings).replace(folder, "…"), flush=True)


if __name__ == "__main__":
    main()
