"""Which group a line belongs to."""

import pytest

from hunmin.evaluation.breakdown import COMMON_SYLLABLES, GROUPINGS, ORDER, by_frequency, by_length, by_script
from hunmin.text.charset import ksx1001_syllables


@pytest.mark.parametrize(
    ("length", "group"),
    [(0, "1-6"), (6, "1-6"), (7, "7-12"), (12, "7-12"), (13, "13-24"), (24, "13-24"), (25, "25+"), (64, "25+")],
)
def test_lengths_have_the_borders_of_their_names(length: int, group: str) -> None:
    assert by_length("가" * length) == group


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("한글 입니다.", "hangul"),
        ("ㅋㅋ", "hangul"),
        ("Hello, World", "latin"),
        ("2024-11-22", "digits"),
        ("₩ 1,100", "digits"),
        ("A4 용지", "mixed"),
        ("3층", "mixed"),
        ("漢字", "other"),
        ("漢字 한글", "mixed"),
        ("Ω", "other"),
        ("→ ※ ?!", "symbols"),
        ("", "symbols"),
    ],
)
def test_only_letters_and_digits_decide_the_script(label: str, group: str) -> None:
    assert by_script(label) == group


@pytest.mark.parametrize(
    ("label", "group"),
    [("이 가", "common"), ("이 꿸", "rare"), ("이 꿸 뷁", "outside"), ("뷁", "outside"), ("A 12", "no syllable")],
)
def test_the_rarest_syllable_decides_how_rare_a_line_is(label: str, group: str) -> None:
    assert by_frequency(label) == group


def test_common_syllables_are_600_of_ksx1001() -> None:
    assert len(COMMON_SYLLABLES) == 600
    assert set(ksx1001_syllables()) >= COMMON_SYLLABLES


def test_every_group_has_a_place_in_tables() -> None:
    labels = ["가", "가" * 9, "가" * 20, "가" * 30, "A", "1", "A1", "漢", "-", "꿸", "뷁"]
    assert {group_of(label) for group_of in GROUPINGS.values() for label in labels} == set(ORDER)
