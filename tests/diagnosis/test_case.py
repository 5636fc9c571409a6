"""Pieces of a case are built once, fail once, and can be replaced; the rest goes on without them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hunmin.cli.app import app
from hunmin.diagnosis.case import Case, Timings, UnbuiltError
from hunmin.diagnosis.examine import CHECKS, examine
from hunmin.diagnosis.findings import Finding
from hunmin.errors import StoreError
from hunmin.text.charset import ksx1001
from tests.diagnosis import healthy
from tests.diagnosis.data_faults import spoiled, squashed
from tests.diagnosis.model_faults import WithCls, encoder
from tests.diagnosis.target_faults import HUNDRED, UnshiftedInputs, model_for, model_of, weights_of

QUICK = [name for name, check in CHECKS.items() if not check.trains]


def failed(case: Case, names: list[str] = QUICK) -> set[str]:
    return {finding.check for finding in examine(case, names) if finding.status == "failed"}


def test_a_piece_is_built_once(stores: Path) -> None:
    case = healthy.case(stores)
    assert case.batch is case.batch
    assert case.model is case.model


def test_a_piece_that_fails_is_tried_once_and_named(stores: Path) -> None:
    case = healthy.case(stores, "data.sources=[{path: nowhere}]")
    errors = []
    for piece in ("batch", "samples"):
        with pytest.raises(UnbuiltError) as caught:
            getattr(case, piece)
        errors.append(caught.value)
    assert errors[0] is errors[1]
    assert errors[0].piece == "sources"


def test_the_samples_do_not_change_from_one_look_to_the_next(stores: Path) -> None:
    first, second = (healthy.case(stores).batch for _ in range(2))
    assert first.ids == second.ids


def test_generated_lines_come_from_the_whole_run_and_not_from_its_short_beginning() -> None:
    case = Case(
        ["trainer.max_steps=1000", "data.batch_size=64", "data.curriculum_share=0.5", "data.curriculum_start_length=2"]
    )
    indices = [int(sample.id.rpartition("/")[2]) for sample in case.samples]
    assert (indices[0], indices[-1]) == (0, 1000 * 64 - 1)


def test_a_configuration_that_cannot_be_built_gets_its_report(stores: Path) -> None:
    findings = list(examine(healthy.case(stores, "data.max_label_lenght=64"), CHECKS))
    assert [finding.check for finding in findings] == list(CHECKS)
    (first, *rest) = findings
    assert first.status == "failed"
    assert "data.max_label_lenght" in first.measured
    assert "data.max_label_length" in first.change
    # How images are prepared does not depend on the configuration.
    assert {finding.check for finding in rest if finding.status != "skipped"} == {"golden_image"}


def test_every_mistake_of_a_configuration_is_told_and_none_passes_for_the_way_out(stores: Path) -> None:
    case = healthy.case(stores, "data.batch_size=many", "trainer.max_steps=-1")
    (finding,) = examine(case, ["configuration"])
    assert "data.batch_size='many'" in finding.measured
    assert "trainer.max_steps=-1" in finding.measured
    assert "max_steps" not in finding.change


def test_without_training_data_the_model_is_still_looked_at(stores: Path) -> None:
    statuses = {one.check: one.status for one in examine(healthy.case(stores, "data.sources=[{path: nowhere}]"), QUICK)}
    assert statuses["training_data"] == "failed"
    assert statuses["label_length"] == "skipped"
    assert statuses["vocabulary"] == statuses["validation_data"] == "passed"


def test_a_model_that_stops_with_an_error_is_reported_and_not_raised(stores: Path) -> None:
    case = healthy.case(stores)
    encoder(WithCls)(case)
    findings = {finding.check: finding for finding in examine(case, QUICK)}
    assert findings["model_runs"].status == "failed"
    assert findings["shifted_targets"].status == "skipped"


def test_a_model_for_another_charset_has_one_name(stores: Path) -> None:
    case = healthy.case(stores)
    model_for(HUNDRED)(case)
    findings = {finding.check: finding for finding in examine(case, QUICK)}
    assert {name for name, one in findings.items() if one.status == "failed"} == {"vocabulary"}
    assert findings["model_runs"].status == "skipped"
    assert "vocabulary" in findings["model_runs"].measured


def test_a_batch_size_that_the_run_will_find_itself_is_not_judged(stores: Path) -> None:
    statuses = {}
    for size in ("512", "auto"):
        case = healthy.case(stores, f"data.batch_size={size}")
        case.hardware = replace(healthy.MACHINE, free_bytes=1 << 30)
        (finding,) = examine(case, ["batch_memory"])
        statuses[size] = finding.status
    assert statuses == {"512": "failed", "auto": "passed"}


def test_two_faults_at_once_are_both_found(stores: Path, tmp_path: Path) -> None:
    case = healthy.case(stores, *spoiled(squashed)(stores, tmp_path))
    model_of(UnshiftedInputs)(case)
    assert {"squashed_images", "shifted_targets"} <= failed(case)
    case = healthy.case(stores, "data.max_label_length=10", f"data.validation=[{stores / 'training'}]")
    assert {"label_length", "validation_leak"} <= failed(case)


def test_weights_of_another_charset_are_healthy_where_most_characters_are_taken_over(
    stores: Path, tmp_path: Path
) -> None:
    reversed_order = weights_of(ksx1001().characters[::-1])(stores, tmp_path)
    (finding,) = examine(healthy.case(stores, *reversed_order), ["vocabulary"])
    assert finding.status == "passed", finding
    assert finding.figures["taken_over"] == len(ksx1001())


def test_what_is_to_be_done_about_dear_lines_names_commands_that_there_are(stores: Path) -> None:
    case = healthy.case(stores)
    case.timings = Timings(prepare_s=0.5, compute_s=0.01)
    (finding,) = examine(case, ["data_wait"])
    named = re.findall(r"hunmin ([\w-]+)", finding.change)
    assert named
    assert set(named) <= {command.name for command in app.registered_commands}


def test_a_store_that_a_check_cannot_read_is_a_finding_and_the_other_checks_go_on(
    stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(case: Case) -> Finding:
        raise StoreError("train: label-000000007 is missing; see hunmin data verify")

    first, second = QUICK[:2]
    monkeypatch.setitem(CHECKS, first, replace(CHECKS[first], look=damaged))
    findings = list(examine(healthy.case(stores), [first, second]))
    assert [(one.check, one.status) for one in findings] == [(first, "failed"), (second, "passed")]
    assert "label-000000007 is missing" in findings[0].cause
