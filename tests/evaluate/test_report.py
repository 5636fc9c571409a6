"""Predictions against labels."""

import pytest

from hunmin.evaluate.report import Prediction, flatten_rates, score

PREDICTIONS = [
    Prediction("한글", "한글", 0.9, "sign"),
    Prediction("가나다라", "가나", 0.5, "sign"),
    Prediction("가 나", "가나", 0.5, "receipt"),
    Prediction("3·1절", "3ㆍ1절", 0.5),
]


def test_all_come_first_and_every_kind_has_its_own_counts() -> None:
    scores = score(PREDICTIONS)
    assert list(scores) == ["all", "receipt", "sign"]
    assert [one.spaced.num_samples for one in scores.values()] == [4, 1, 2]
    assert scores["sign"].rates()["cer"] == 2 / 6
    assert scores["all"].rates()["cer"] == 4 / 13


def test_without_spaces_only_the_letters_count() -> None:
    receipt = score(PREDICTIONS)["receipt"].rates()
    assert (receipt["exact_match"], receipt["exact_match_ns"]) == (0, 1)
    assert (receipt["cer"], receipt["cer_ns"]) == (1 / 3, 0)


def test_characters_that_print_alike_are_the_same_only_when_asked() -> None:
    assert score(PREDICTIONS)["all"].rates()["exact_match"] == 1 / 4
    assert score(PREDICTIONS, fold=True)["all"].rates()["exact_match"] == 2 / 4


def test_predictions_without_a_kind_count_once() -> None:
    assert score([Prediction("가", "가", 1.0)])["all"].spaced.num_samples == 1


def test_the_flat_names_hold_kind_and_rate() -> None:
    flat = flatten_rates(score(PREDICTIONS[:2]))
    assert flat["all/cer"] == flat["sign/cer"] == pytest.approx(2 / 6)
    assert len(flat) == 2 * 8
