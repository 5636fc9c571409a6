"""The history that hunmin answers, replayed: each fault of it is found and named in one run of the doctor."""

from pathlib import Path

import pytest

from hunmin.diagnosis.examine import CHECKS, SHORT_RUN, examine
from tests.diagnosis.fault import Fault
from tests.diagnosis.faults import FAULTS

HISTORY = {
    "a decoder for 100 symbols, a tokenizer for 2,700": "built for another charset",
    "targets are not shifted": "the targets are not shifted",
    "patches of 16×16 on a height of 32": "a cell is 16 px wide and 16 px high",
    "the CLS token is left in the memory": "a [CLS] token is left in the memory",
    "positions are not scaled": "positions drown in the sum",
    "crops were resized to 224×224": "all crops were resized to 224×224 px",
    "labels were brought to ASCII": "something brought them to ASCII",
    "one store for everything": "one set serves as both",
    "the learning rate is far too low": "too low: the loss falls, but too slowly",
    "the learning rate is far too high": "the rate is too high",
    "float32 on a GPU made for bfloat16": "units for 16-bit floats",
}
"""What went wrong, and the words that name it. The GPU is described, so that none is needed."""

REPLAYED = [fault for fault in FAULTS if fault.name in HISTORY]


def test_the_whole_history_is_replayed() -> None:
    assert {fault.name for fault in REPLAYED} == set(HISTORY)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, marks=pytest.mark.slow if CHECKS[one.check].family == SHORT_RUN else ()) for one in REPLAYED],
    ids=lambda fault: fault.name,
)
def test_one_run_of_the_doctor_finds_and_names_it(fault: Fault, stores: Path) -> None:
    # Two faults need the short run; for the others the same run without it has to do.
    needs_training = CHECKS[fault.check].trains
    names = [name for name, check in CHECKS.items() if needs_training or not check.trains]
    findings = {one.check: one for one in examine(fault.case(stores, fault.folder(stores)), names)}
    found = findings[fault.check]
    assert found.status == fault.status
    assert HISTORY[fault.name] in found.cause
    assert found.change
