"""Predictions against labels."""

import pytest

from hunmin.evaluation.report import Interval, Prediction, bootstrap, build_report, score_line

PREDICTIONS = [
    Prediction("한글", "한글", 0.9, "sign"),
    Prediction("가나다라", "가나", 0.5, "sign"),
    Prediction("가 나", "가나", 0.5, "receipt"),
    Prediction("3·1절", "3ㆍ1절", 0.5),
]


def test_every_kind_has_its_own_counts_and_all_lines_count_together() -> None:
    report = build_report(PREDICTIONS)
    kinds = report.breakdowns["kind"]
    assert {kind: one.spaced.num_samples for kind, one in kinds.items()} == {"": 1, "receipt": 1, "sign": 2}
    assert kinds["sign"].rates()["cer"] == 2 / 6
    assert report.scores.rates()["cer"] == 4 / 13


def test_without_spaces_only_the_letters_count() -> None:
    receipt = build_report(PREDICTIONS).breakdowns["kind"]["receipt"].rates()
    assert (receipt["exact"], receipt["exact_ns"]) == (0, 1)
    assert (receipt["cer"], receipt["cer_ns"]) == (1 / 3, 0)


def test_characters_that_print_alike_are_the_same_only_when_asked() -> None:
    assert build_report(PREDICTIONS).scores.rates()["exact"] == 1 / 4
    assert build_report(PREDICTIONS, fold=True).scores.rates()["exact"] == 2 / 4


def test_every_line_is_in_one_group_of_every_breakdown() -> None:
    report = build_report(PREDICTIONS)
    for groups in report.breakdowns.values():
        assert sum(groups.values(), type(report.scores)()) == report.scores


def test_groups_stand_in_the_order_of_their_meaning() -> None:
    labels = ["漢字", "가" * 30, "ABC", "가나", "12", "가나다 12", "ㄱ" * 10, "---"]
    report = build_report([Prediction(label, label, 1.0) for label in labels])
    assert list(report.breakdowns["length"]) == ["1-6", "7-12", "25+"]
    assert list(report.breakdowns["script"]) == ["hangul", "latin", "digits", "mixed", "other", "symbols"]


def test_nothing_read_gives_rates_of_zero_and_no_groups() -> None:
    report = build_report([])
    assert report.scores.rates()["exact"] == 0
    assert all(not groups for groups in report.breakdowns.values())
    assert report.intervals["cer"] == Interval(0.0, 0.0)
    assert report.reliability is None
    assert report.worst(5) == []


def test_the_worst_line_is_the_one_with_most_edits_a_character_and_of_equals_the_surest() -> None:
    lines = [("가나다라", "가나다라", 0.1), ("가나", "가다", 0.2), ("가나", "가라", 0.9), ("가", "나다", 0.1)]
    report = build_report([Prediction(*line) for line in lines])
    assert report.worst(3) == [3, 2, 1]
    assert report.worst(10) == [3, 2, 1, 0]


def test_confidences_that_are_all_the_same_say_nothing() -> None:
    assert build_report([Prediction("가", "가", 1.0)] * 5).reliability is None
    assert build_report([Prediction("가", "가", 1.0), Prediction("나", "다", 0.5)]).reliability is not None


def test_the_names_for_logs_are_the_same_for_every_set() -> None:
    figures = build_report(PREDICTIONS, fold=True).figures()
    assert {"exact", "exact_ns", "cer", "cer_ns", "one_minus_ned", "jamo_error_rate", "ece"} <= figures.keys()
    assert {"kind/sign/cer_ns", "length/1-6/exact_ns", "script/mixed/cer_ns"} <= figures.keys()
    assert "kind//cer_ns" not in figures
    assert figures["kind/sign/cer_ns"] == 2 / 6


class TestBootstrap:
    """Intervals hold the rate, narrow with more lines, and are the same every time."""

    @staticmethod
    def lines(num: int) -> list[Prediction]:
        return [Prediction("가나다라", "가나다라" if number % 2 else "가나", 0.5) for number in range(num)]

    def test_the_interval_holds_the_rate_and_narrows_with_the_root_of_the_lines(self) -> None:
        few, many = (bootstrap([score_line(one) for one in self.lines(num)])["exact"] for num in (40, 640))
        assert few.low < 0.5 < few.high
        assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4, rel=0.25)
        # Two standard errors of a share of one half.
        assert few.high - few.low == pytest.approx(2 * 1.96 * 0.5 / 40**0.5, rel=0.15)

    def test_the_same_lines_give_the_same_interval_and_another_seed_another(self) -> None:
        lines = [score_line(one) for one in self.lines(40)]
        assert bootstrap(lines) == bootstrap(lines)
        assert bootstrap(lines) != bootstrap(lines, seed=1)

    def test_lines_that_are_all_right_leave_the_doubt_of_their_number(self) -> None:
        found = bootstrap([score_line(Prediction("가 나", "가 나", 1.0))] * 10)
        assert found["exact"] == Interval(pytest.approx(0.6915, abs=1e-4), 1.0)  # Clopper and Pearson for 10 of 10
        assert found["cer"] == Interval(0.0, pytest.approx(0.1157, abs=1e-4))  # and for 0 of 30

    def test_lines_that_are_all_wrong_leave_the_doubt_of_their_number(self) -> None:
        found = bootstrap([score_line(Prediction("가", "나", 1.0))] * 100)
        assert found["exact"] == Interval(0.0, pytest.approx(0.0362, abs=1e-4))

    def test_spaces_count_in_the_rates_with_spaces_and_in_no_others(self) -> None:
        found = bootstrap([score_line(Prediction("가 나", "가나", 1.0))] * 10)
        assert found["cer"] == Interval(1 / 3, 1 / 3)
        assert (found["exact"].low, found["exact_ns"].high, found["cer_ns"].low) == (0.0, 1.0, 0.0)
