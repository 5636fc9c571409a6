"""The short run, judged on one that was really taken; every fault alone, with its cure, is in test_faults (slow)."""

from dataclasses import replace
from pathlib import Path

import pytest

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.checks.short_run import prediction_kinds, recommended_rate
from hunmin.diagnosis.examine import CHECKS, SHORT_RUN, examine
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.overfit import NUM_LINES, RATES, Attempt, Sweep, choose_lines, overfit
from hunmin.diagnosis.measure.probe import as_in_training
from hunmin.text.charset import ksx1001
from hunmin.text.tokenizer import Tokenizer
from tests.diagnosis import healthy
from tests.diagnosis.model_faults import Blind, encoder

NAMES = [name for name, check in CHECKS.items() if check.family == SHORT_RUN]


@pytest.fixture(scope="module")
def sweep(stores: Path) -> Sweep:
    return healthy.case(stores).sweep


def look(case: Case, check: str) -> Finding:
    (finding,) = examine(case, [check])
    return finding


def at_rate(stores: Path, sweep: Sweep, rate: float) -> Case:
    """A run at `rate`, beside the rates that were tried already."""
    case = healthy.case(stores, f"trainer.learning_rate={rate}")
    own, _ = overfit(case.model, sweep.batch, rate, case.config.trainer)
    attempts = sorted((*sweep.attempts, own), key=lambda attempt: attempt.rate)
    case.sweep = replace(sweep, attempts=tuple(attempts))
    return case


def test_a_healthy_run_learns_a_batch_by_heart_with_the_image_and_at_its_rate(stores: Path, sweep: Sweep) -> None:
    case = healthy.case(stores)
    case.sweep = sweep
    findings = list(examine(case, NAMES))
    assert [finding.status for finding in findings] == ["passed"] * 4, findings
    rate = findings[1]
    assert rate.chart.count("<circle") == len({*RATES, case.config.trainer.learning_rate})
    assert len(rate.figures) == len({*RATES, case.config.trainer.learning_rate})
    assert findings[3].figures["right"] >= NUM_LINES - 1


@pytest.mark.parametrize(
    ("rate", "cause"),
    [(1e-5, "too low: the loss falls, but too slowly"), (1.0, "the rate is too high")],
)
def test_a_rate_that_does_not_learn_is_found_and_the_recommended_one_does(
    rate: float, cause: str, stores: Path, sweep: Sweep
) -> None:
    found = look(at_rate(stores, sweep, rate), "learning_rate")
    assert found.status == "failed"
    assert cause in found.cause
    key, _, wanted = found.change.partition("=")
    assert key == "trainer.learning_rate"
    assert float(wanted) == recommended_rate(sweep)
    cured = healthy.case(stores, found.change)
    cured.sweep = sweep
    assert look(cured, "learning_rate").status == "passed"


def test_a_model_that_no_longer_sees_the_image_is_found_by_gap_and_predictions(stores: Path, sweep: Sweep) -> None:
    case = healthy.case(stores)
    blind = as_in_training(sweep.model)
    blind.encoder = Blind(blind.encoder)  # type: ignore[assignment]
    case.sweep = replace(sweep, model=blind)
    gap = look(case, "image_used")
    assert gap.status == "failed"
    assert gap.figures["own_image"] == pytest.approx(gap.figures["other_image"])
    written = look(case, "predictions")
    assert written.status == "failed"
    # One text for all images; which one, the rounding of the machine decides: it may be a word, one character, or none.
    same_for_all = ("every image gets the same text", "one character", "nothing is read")
    assert any(kind in written.cause for kind in same_for_all), written.cause


def test_where_no_rate_learns_the_rate_is_not_blamed(stores: Path, sweep: Sweep) -> None:
    case = healthy.case(stores)
    case.sweep = replace(sweep, attempts=tuple(Attempt(one.rate, (8.0, 7.9)) for one in sweep.attempts))
    assert look(case, "learns_by_heart").status == "failed"
    assert "learned nothing" in look(case, "learns_by_heart").cause
    for name in NAMES[1:]:
        assert look(case, name).status == "skipped"


def test_a_rate_at_which_the_loss_is_no_number_has_failed(sweep: Sweep) -> None:
    broken = Attempt(1.0, (8.0, float("nan")))
    assert replace(sweep, attempts=(*sweep.attempts, broken)).best is sweep.best


def test_a_model_whose_output_does_not_depend_on_the_image_is_not_trained_at_all(stores: Path) -> None:
    case = healthy.case(stores)
    encoder(Blind)(case)
    findings = list(examine(case, NAMES))
    assert {finding.status for finding in findings} == {"skipped"}
    assert "does not depend on the image" in findings[0].cause


def test_a_short_run_is_not_taken_while_what_it_needs_has_failed(stores: Path) -> None:
    case = healthy.case(stores)
    encoder(Blind)(case)
    findings = {finding.check: finding for finding in examine(case, ["encoder_features", *NAMES])}
    assert findings["encoder_features"].status == "failed"
    assert all("encoder_features" in findings[name].measured for name in NAMES)


def test_the_batch_has_different_short_lines(stores: Path) -> None:
    case = healthy.case(stores)
    lines = choose_lines(case.samples, case.spec)
    assert len({line.text for line in lines}) == NUM_LINES
    usual = sorted(len(sample.text) for sample in case.samples)[len(case.samples) // 2]
    assert max(len(line.text) for line in lines) <= usual


def test_predictions_are_told_apart() -> None:
    tokenizer = Tokenizer(ksx1001())
    labels = ["확인", "ㅋㅋㅋㅋ", "영수증", "합계", "취소", "영업"]
    texts = ["", "ㅋㅋㅋㅋ", "이이이이이이", "금액", "금액", "금액"]
    ids = [[*tokenizer.encode(text), tokenizer.eos_id] for text in texts]
    assert prediction_kinds(ids, labels, tokenizer) == ["empty", "plausible", "one character", *["same text"] * 3]
    ids[0] = [tokenizer.bos_id, tokenizer.bos_id, tokenizer.eos_id]
    assert prediction_kinds(ids, labels, tokenizer)[0] == "<bos> loop"
    assert prediction_kinds([*ids[1:2], [tokenizer.eos_id, tokenizer.bos_id]], ["a", "b"], tokenizer)[1] == "empty"
