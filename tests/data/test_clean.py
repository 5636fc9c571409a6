"""What is dropped has a reason, and the account adds up."""

import pytest

from hunmin.data.clean import Ledger, Rules
from hunmin.errors import InputError
from tests.data.lines import RULES, SPEC, line


def test_every_unfit_sample_has_its_reason() -> None:
    rules = Rules(SPEC, on_unknown_character="drop")
    unfit = {
        "empty label": line(1, text=""),
        "too long": line(2, text="가나다라 가나다라"),
        "too wide": line(3, width=200),
        "unknown character": line(4, text="뷁"),
    }
    assert [rules.why_unfit(sample) for sample in unfit.values()] == list(unfit)


def test_a_sample_at_the_limits_is_fit() -> None:
    for sample in (line(0), line(6, text="가나다라마바사아"), line(7, width=192)):
        assert RULES.why_unfit(sample) is None


def test_an_unknown_character_stops_unless_it_may_be_dropped() -> None:
    with pytest.raises(InputError, match=r"line/0/4: label '가뷁' has '뷁', not in charset 'test' \(27 characters\)"):
        RULES.why_unfit(line(4, text="가뷁"))


def test_a_reason_keeps_a_few_examples_and_counts_all() -> None:
    ledger, other = Ledger(), Ledger()
    for number in range(4):
        ledger.drop("too wide", f"a{number}")
        other.drop("too wide", f"b{number}")
    other.keep()
    ledger.add(other)
    assert ledger.examples == {"too wide": ["a0", "a1", "a2", "a3", "b0"]}
    assert ledger.summary() == "kept 1 of 9; dropped too wide 8"
    ledger.check()
    assert Ledger(seen=2, kept=2).summary() == "kept 2 of 2"


def test_a_ledger_that_does_not_add_up_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="does not add up"):
        Ledger(seen=3, kept=2).check()
