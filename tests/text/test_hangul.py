"""Arithmetic on syllables."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.text.hangul import (
    CHO,
    FIRST_SYLLABLE,
    JONG,
    JUNG,
    NUM_CHO,
    NUM_JONG,
    NUM_JUNG,
    NUM_SYLLABLES,
    decompose,
    is_syllable,
    to_jamo,
)

SYLLABLES = [chr(FIRST_SYLLABLE + i) for i in range(NUM_SYLLABLES)]


def test_no_two_of_the_11172_syllables_have_the_same_parts() -> None:
    assert len(SYLLABLES) == 11_172
    assert len({decompose(syllable) for syllable in SYLLABLES}) == 11_172


def test_the_parts_are_those_that_unicode_names() -> None:
    for syllable in SYLLABLES[::37]:
        cho, jung, jong = decompose(syllable)
        conjoining = chr(0x1100 + cho) + chr(0x1161 + jung) + (chr(0x11A7 + jong) if jong else "")
        assert unicodedata.normalize("NFD", syllable) == conjoining


def test_every_part_has_its_letter() -> None:
    assert (len(CHO), len(JUNG), len(JONG)) == (NUM_CHO, NUM_JUNG, NUM_JONG)
    assert decompose("한") == (CHO.index("ㅎ"), JUNG.index("ㅏ"), JONG.index("ㄴ"))
    assert decompose("뷁") == (CHO.index("ㅂ"), JUNG.index("ㅞ"), JONG.index("ㄺ"))


def test_only_precomposed_modern_syllables_count_as_syllables() -> None:
    assert is_syllable("가")
    assert is_syllable("힣")
    for other in ("", "ㄱ", "a", "가가", "\uabff", "\ud7a4", unicodedata.normalize("NFD", "가")):
        assert not is_syllable(other)


@pytest.mark.parametrize("other", ["ㅎ", "a", "", "한글"])
def test_what_is_no_syllable_cannot_be_taken_apart(other: str) -> None:
    with pytest.raises(ValueError, match="not a modern Hangul syllable"):
        decompose(other)


def test_a_text_is_spelled_in_the_letters_that_a_person_would_type() -> None:
    assert to_jamo("한글 뷁 abc ㅋㅋ") == "ㅎㅏㄴㄱㅡㄹ ㅂㅞㄺ abc ㅋㅋ"


@given(st.text())
def test_spelling_out_leaves_no_syllable_and_changes_nothing_else(text: str) -> None:
    spelled = to_jamo(text)
    assert not any(map(is_syllable, spelled))
    assert to_jamo(spelled) == spelled
    if not any(map(is_syllable, text)):
        assert spelled == text
