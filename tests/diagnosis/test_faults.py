"""Every fault is found by its check, named by its cause, and cured by what the check suggests."""

import re
from pathlib import Path

import pytest

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.examine import CHECKS, SHORT_RUN, examine
from hunmin.diagnosis.findings import Finding
from tests.diagnosis import healthy
from tests.diagnosis.fault import MOST_OTHERS, Fault
from tests.diagnosis.faults import FAULTS
from tests.diagnosis.matrix import tripped_by
from tests.diagnosis.sweeps import Sweeps


def look(case: Case, check: str) -> Finding:
    (finding,) = examine(case, [check])
    return finding


@pytest.fixture(scope="module")
def sweeps() -> Sweeps:
    return Sweeps()


@pytest.mark.parametrize(
    "fault",
    # A short run takes a quarter of a minute; test_short_run looks at one for all.
    [pytest.param(one, marks=pytest.mark.slow if CHECKS[one.check].family == SHORT_RUN else ()) for one in FAULTS],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_found_and_its_cure_helps(fault: Fault, stores: Path) -> None:
    folder = fault.folder(stores)
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
def test_a_fault_trips_no_more_than_two_other_checks(fault: Fault, stores: Path, sweeps: Sweeps) -> None:
    tripped = tripped_by(sweeps.examine(fault.case(stores, fault.folder(stores))))
    assert fault.check in tripped
    assert len(tripped) <= 1 + MOST_OTHERS, list(tripped)


@pytest.mark.slow
@pytest.mark.parametrize("charset", ["ksx1001", "korean"])
@pytest.mark.parametrize("data", ["synth", "store"])
@pytest.mark.parametrize("model", ["nano", "tiny", "small"])
def test_every_bundled_configuration_is_healthy(model: str, data: str, charset: str, stores: Path) -> None:
    sets = [f"data.sources=[{{path: {stores / 'training'}}}]", f"data.validation=[{stores / 'validation'}]"]
    # What configs/model/small.yaml asks for with the memory of this machine.
    batch = ["data.batch_size=16"] if model == "small" else []
    case = Case(
        [f"model={model}", f"data={data}", f"data.charset={charset}", *(sets if data == "store" else []), *batch]
    )
    case.hardware = healthy.MACHINE
    quick = [name for name, check in CHECKS.items() if not check.trains]
    assert [finding for finding in examine(case, quick) if finding.status != "passed"] == []
