"""Every fault is found by its check, named by its cause, and cured by what the check suggests."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hunmin.doctor.case import Case
from hunmin.doctor.checks import CHECKS, SHORT_RUN, examine
from hunmin.doctor.findings import Finding
from tests.doctor import healthy
from tests.doctor.fault import Fault
from tests.doctor.faults import FAULTS

MOST_OTHERS = 2
"""Checks beside its own that a fault may trip."""


def look(case: Case, check: str) -> Finding:
    (finding,) = examine(case, [check])
    return finding


def folder_of(fault: Fault, stores: Path) -> Path:
    return stores / re.sub(r"\W+", "_", fault.name)


def tripped(case: Case) -> list[str]:
    return [finding.check for finding in examine(case, CHECKS) if finding.status in ("failed", "warning")]


@pytest.mark.parametrize(
    "fault",
    # A short run takes a quarter of a minute; test_short_run looks at one for all.
    [pytest.param(one, marks=pytest.mark.slow if CHECKS[one.check].family == SHORT_RUN else ()) for one in FAULTS],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_found_and_its_cure_helps(fault: Fault, stores: Path) -> None:
    folder = folder_of(fault, stores)
    found = look(fault.case(stores, folder), fault.check)
    assert (found.check, found.status) == (fault.check, fault.status), found
    assert re.search(fault.cause, found.cause), found
    assert found.measured
    assert found.expected

    cured = look(fault.cured(stores, folder, found.change), fault.check)
    assert cured.status == "passed", f"{found.change!r} did not help: {cured}"


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert set(CHECKS) - {fault.check for fault in FAULTS} == set()


def test_a_healthy_run_raises_nothing(stores: Path) -> None:
    quick = [name for name, check in CHECKS.items() if not check.trains]
    findings = list(examine(healthy.case(stores), quick))
    assert [finding for finding in findings if finding.status != "passed"] == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_trips_no_more_than_two_other_checks(fault: Fault, stores: Path) -> None:
    others = set(tripped(fault.case(stores, folder_of(fault, stores)))) - {fault.check}
    assert len(others) <= MOST_OTHERS, others


@pytest.mark.slow
@pytest.mark.parametrize("charset", ["ksx1001", "korean"])
@pytest.mark.parametrize("data", ["synth", "store"])
@pytest.mark.parametrize("model", ["nano", "tiny", "small"])
def test_every_bundled_configuration_is_healthy(model: str, data: str, charset: str, stores: Path) -> None:
    sets = [f"data.sources=[{{path: {stores / 'training'}}}]", f"data.validation=[{stores / 'validation'}]"]
    case = Case([f"model={model}", f"data={data}", f"data.charset={charset}", *(sets if data == "store" else [])])
    case.hardware = replace(healthy.MACHINE, free_bytes=64 << 30)
    quick = [name for name, check in CHECKS.items() if not check.trains]
    assert [finding for finding in examine(case, quick) if finding.status != "passed"] == []
