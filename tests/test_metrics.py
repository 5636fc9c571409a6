import csv
import importlib.util
import math
import random
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from hunmin.metrics import (
    EditCounts,
    HitCounts,
    align,
    bigram_entropy,
    count_edits,
    count_spaces,
    count_words,
    label_entropy,
)


def test_a_wrong_vowel_is_one_edit_of_two_characters_and_one_of_six_jamo() -> None:
    counts = count_edits("힌글", "한글")
    assert (counts.num_edits, counts.num_characters) == (1, 2)
    assert (counts.num_jamo_edits, counts.num_jamo) == (1, 6)
    assert counts.cer == 0.5
    assert counts.jamo_error_rate == pytest.approx(1 / 6)
    assert counts.one_minus_ned == 0.5
    assert counts.exact_match == 0.0


def test_counts_add_up_before_anything_is_divided() -> None:
    total = count_edits("가", "가") + count_edits("가나다라", "가나다마바사")
    assert total.num_samples == 2
    assert total.cer == 3 / 7
    assert total.one_minus_ned == pytest.approx((1 + 0.5) / 2)
    assert total.exact_match == 0.5
    assert sum([total, total], EditCounts()).num_edits == 6


def test_decomposed_input_and_runs_of_spaces_are_no_errors() -> None:
    assert count_edits("한글  입니다 ", "한글 입니다").exact_match == 1.0


def test_spaces_count_unless_they_are_left_out() -> None:
    assert count_edits("서울시청", "서울 시청").num_edits == 1
    without = count_edits("서울시청", "서울 시청", spaces=False)
    assert (without.num_edits, without.num_characters) == (0, 4)


def test_look_alikes_are_equal_only_when_folded() -> None:
    assert count_edits("“10～20” ㆍ ￦5", '"10~20" · ₩5').num_edits > 0
    assert count_edits("“10～20” ㆍ ￦5", '"10~20" · ₩5', fold=True).exact_match == 1.0


def test_two_empty_texts_are_a_perfect_reading() -> None:
    counts = count_edits("", "")
    assert (counts.cer, counts.jamo_error_rate, counts.one_minus_ned, counts.exact_match) == (0.0, 0.0, 1.0, 1.0)


def test_a_reading_of_an_empty_label_is_all_wrong() -> None:
    counts = count_edits("가나", "")
    assert (counts.cer, counts.jamo_error_rate, counts.one_minus_ned) == (1.0, 1.0, 0.0)
    assert count_edits("", "가나").cer == 1.0


def test_an_empty_sum_has_rates_of_zero() -> None:
    assert (EditCounts().cer, EditCounts().exact_match, EditCounts().one_minus_ned) == (0.0, 0.0, 0.0)


def test_rates_agree_with_the_script_that_scores_every_engine(shared: Path) -> None:
    module_spec = importlib.util.spec_from_file_location("score", shared / "score.py")
    assert module_spec is not None
    assert module_spec.loader is not None
    score = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(score)
    with (shared / "real_dev" / "meta.tsv").open(encoding="utf-8") as file:
        labels = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    rng = random.Random(0)
    readings = ["".join(c for c in label if rng.random() < 0.9) + rng.choice(["", " ", "다", "“"]) for label in labels]
    pairs = list(zip(readings, labels, strict=True))
    pairs.append(("", "가"))

    expected = score.score(pairs)

    total = sum((count_edits(p, t, fold=True) for p, t in pairs), EditCounts())
    no_spaces = sum((count_edits(p, t, fold=True, spaces=False) for p, t in pairs), EditCounts())
    assert expected == {
        "n": total.num_samples,
        "exact": pytest.approx(100 * total.exact_match),
        "exact_ns": pytest.approx(100 * no_spaces.exact_match),
        "cer": pytest.approx(100 * total.cer),
        "cer_ns": pytest.approx(100 * no_spaces.cer),
        "ned_ns": pytest.approx(100 * no_spaces.one_minus_ned),
    }
    assert 0 < total.cer < 1


def test_an_alignment_has_as_many_wrong_columns_as_there_are_edits_and_spells_both_texts() -> None:
    rng = random.Random(0)
    for _ in range(200):
        label, text = ("".join(rng.choices("가나 ab", k=rng.randrange(9))) for _ in range(2))
        columns = align(text, label)
        assert sum(one.wanted != one.read for one in columns) == Levenshtein.distance(text, label)
        assert "".join(one.wanted for one in columns) == label
        assert "".join(one.read for one in columns) == text
        assert all(one.wanted or one.read for one in columns)


@pytest.mark.parametrize(
    ("label", "text", "precision", "recall"),
    [
        ("가 나 다", "가 나 다", 1.0, 1.0),
        ("가 나 다", "가나 다", 1.0, 0.5),
        ("가나 다", "가 나 다", 0.5, 1.0),
        ("대한 민국", "대힌 민국", 1.0, 1.0),
        ("가나", "가 나", 0.0, 1.0),
        ("가 나", "가나", 1.0, 0.0),
        ("가나", "가나", 1.0, 1.0),
        ("", "", 1.0, 1.0),
    ],
)
def test_spaces_are_right_where_both_texts_have_one(label: str, text: str, precision: float, recall: float) -> None:
    counts = count_spaces(align(text, label))
    assert (counts.precision, counts.recall) == (precision, recall)


def test_counts_of_spaces_add_up() -> None:
    total = count_spaces(align("가 나", "가 나")) + count_spaces(align("가나", "가 나"))
    assert total == HitCounts(num_wanted=2, num_read=1, num_right=1)


@pytest.mark.parametrize(
    ("label", "text", "right"),
    [
        ("한국 사람 말", "한국 사람 말", 3),
        ("한국 사람 말", "한국 사랑 말", 2),
        ("한국 사람", "한국사람", 0),
        ("한국사람", "한국 사람", 0),
        ("가 나 다", "나 다 가", 2),  # in order
        ("가 가", "가", 1),
        ("", "", 0),
    ],
)
def test_words_are_right_whole_and_in_order(label: str, text: str, right: int) -> None:
    counts = count_words(text, label)
    assert counts == HitCounts(len(label.split()), len(text.split()), right)


def test_word_rates_are_those_of_all_words_together_and_whole_where_there_is_none() -> None:
    counts = count_words("가 나", "가 나 다 라") + count_words("마", "바")
    assert (counts.recall, counts.precision) == (2 / 5, 2 / 3)
    assert counts.f1 == pytest.approx(0.5)
    assert count_words("", "").f1 == 1.0


def test_the_bigram_entropy_is_what_is_left_when_the_character_before_is_known() -> None:
    assert bigram_entropy(["가나다"] * 5) == 0.0
    # After <bos> 가 or 나, evenly; then both end: one of two tokens costs ln 2.
    assert bigram_entropy(["가", "나"]) == pytest.approx(math.log(2) / 2)
    labels = ["가나", "나가", "가가", "나나"]
    assert 0 < bigram_entropy(labels) <= label_entropy(labels)
    assert bigram_entropy([]) == 0.0
