"""Every fault against every check, as the page docs/reference/doctor-faults.md.

`python -m tests.diagnosis.matrix > docs/reference/doctor-faults.md` takes a quarter of an hour on one core; words after it leave
out the faults that have none of them in their name. Exit code 1 if a fault is not found or trips more others than it may.
"""

import sys
import tempfile
from pathlib import Path

from hunmin.diagnosis.examine import CHECKS, SHORT_RUN
from hunmin.diagnosis.findings import Finding
from tests.diagnosis import healthy
from tests.diagnosis.fault import MOST_OTHERS, Fault
from tests.diagnosis.faults import FAULTS
from tests.diagnosis.sweeps import Sweeps

INTRO = """# Faults that the doctor finds

Each of these is put into a small healthy run, through its configuration, its data, or a wrapped module, and all checks of
the doctor look at it. The check named has to find it and to name its cause, and what it suggests has to cure it
(`tests/diagnosis`). A fault may trip no more than two other checks: whoever reads ten findings knows no more than before.
The short run is `skipped` where what it needs is broken already, and where a check that comes first has failed without
which it says nothing. `python -m tests.diagnosis.matrix` makes this page.

| fault | found by | also trips | short run | cause that it names |
|---|---|---|---|---|"""


def row(fault: Fault, findings: list[Finding]) -> str:
    """One line of the table; a check that does not find its fault stands in bold."""
    tripped = tripped_by(findings)
    found = tripped.pop(fault.check, None)
    by = f"`{fault.check}`" if found else f"**not {fault.check}**"
    others = ", ".join(f"`{name}`" for name in tripped)
    cause = _cell(found.cause if found else "")
    return f"| {_cell(fault.name)} | {by} | {others} | {_short_run(findings)} | {cause} |"


def tripped_by(findings: list[Finding]) -> dict[str, Finding]:
    """What failed or warns, by check."""
    return {finding.check: finding for finding in findings if finding.status in ("failed", "warning")}


def _short_run(findings: list[Finding]) -> str:
    """What its four checks said together: the worst, but `skipped` only where none said anything."""
    statuses = {finding.status for finding in findings if CHECKS[finding.check].family == SHORT_RUN}
    return next(status for status in ("failed", "warning", "passed", "skipped") if status in statuses)


def _cell(text: str) -> str:
    """Text that is no table and no HTML."""
    return text.replace("|", "/").replace("<", "\\<")


def main() -> None:
    wanted = [one for one in FAULTS if not sys.argv[1:] or any(word in one.name for word in sys.argv[1:])]
    wrong, sweeps = [], Sweeps()
    with tempfile.TemporaryDirectory() as folder:
        stores = Path(folder)
        healthy.write_stores(stores)
        print(INTRO)
        for fault in wanted:
            findings = sweeps.examine(fault.case(stores, fault.folder(stores)))
            print(row(fault, findings).replace(folder, "…"), flush=True)
            tripped = tripped_by(findings)
            if fault.check not in tripped or len(tripped) > 1 + MOST_OTHERS:
                wrong.append(fault.name)
    if wrong:
        sys.exit(f"not found, or more than {MOST_OTHERS} others tripped: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
