"""What is read for what."""

import pytest

from hunmin.evaluation.confusion import AlignedLine, Confusion, character_confusions, jamo_confusions
from hunmin.metrics import align


def lines(*pairs: tuple[str, str]) -> list[AlignedLine]:
    return [AlignedLine(label, text, align(text, label)) for label, text in pairs]


def counts(confusions: tuple[Confusion, ...]) -> list[tuple[str, str, int]]:
    return [(one.wanted, one.read, one.count) for one in confusions]


def test_the_most_frequent_mistake_comes_first_and_every_kind_of_edit_is_told_apart() -> None:
    found = character_confusions(lines(("가나다", "가너다"), ("나", "너"), ("가나", "가"), ("가", "가요")))
    assert counts(found) == [("나", "너", 2), ("", "요", 1), ("나", "", 1)]
    assert [one.kind for one in found] == ["substitution", "insertion", "deletion"]


def test_the_counts_add_up_to_the_edits() -> None:
    pairs = [("가나다라 마바", "나다 라바사"), ("abc", ""), ("", "abc"), ("같다", "같다")]
    aligned = lines(*pairs)
    edits = sum(column.wanted != column.read for line in aligned for column in line.columns)
    assert sum(one.count for one in character_confusions(aligned)) == edits


def test_jamo_are_compared_part_by_part_and_a_lost_final_reads_nothing() -> None:
    found = jamo_confusions(lines(("한", "힘"), ("간", "가"), ("가", "각")))
    assert sorted((one.part, one.wanted, one.read) for one in found) == [
        ("jong", "", "ㄱ"),
        ("jong", "ㄴ", ""),
        ("jong", "ㄴ", "ㅁ"),
        ("jung", "ㅏ", "ㅣ"),
    ]


@pytest.mark.parametrize("pair", [("A", "가"), ("가", "1"), ("가나", "가"), ("가", "가나"), ("가", "가")])
def test_only_a_syllable_read_for_a_syllable_says_something_about_jamo(pair: tuple[str, str]) -> None:
    assert jamo_confusions(lines(pair)) == ()


def test_examples_are_the_lines_with_the_fewest_mistakes_and_say_where() -> None:
    worse, better = ("나라바다", "너러버더"), ("우리나라", "우리너라")
    (first, *_) = character_confusions(lines(worse, better))
    assert (first.wanted, first.read, first.count) == ("나", "너", 2)
    assert [example.line.label for example in first.examples] == ["우리나라", "나라바다"]
    assert [example.column for example in first.examples] == [2, 0]


def test_a_line_is_an_example_once_and_three_are_enough() -> None:
    (found,) = character_confusions(lines(("나나", "너너"), *[("나가", "너가")] * 5))
    assert found.count == 7
    assert len(found.examples) == 3
