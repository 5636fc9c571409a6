"""What a language may decide, and what it may not."""

import math

import pytest

from hunmin.language.build import build
from hunmin.language.correct import SURE, Place, correct
from hunmin.language.model import Language
from tests.language.texts import SENTENCES


@pytest.fixture(scope="module")
def language() -> Language:
    return build(SENTENCES * 3)


def line(text: str, sure: float = 0.97, **doubts: dict[str, float]) -> list[Place]:
    """Places of a line that the image is fairly sure of, but for some: character → {other character: its probability}."""
    places = []
    for character in text:
        others = doubts.get(character)
        if others is None:
            places.append(Place(character, (math.log(sure),)))
        else:
            rest = 1 - sum(others.values())
            characters = {character: rest, **others}
            places.append(Place("".join(characters), tuple(map(math.log, characters.values()))))
    return places


def test_a_doubtful_syllable_becomes_the_one_that_korean_has_there(language: Language) -> None:
    found = correct(line("나라의 말아 중국과 달라", 아={"이": 0.3}), language)
    assert found is not None
    assert found.text == "나라의 말이 중국과 달라"


def test_what_the_image_is_sure_of_is_never_replaced(language: Language) -> None:
    assert correct(line("나라의 말아 중국과 달라", 아={"이": 1 - SURE - 0.001}), language) is None
    assert correct(line("나라의 말이 중국과 달라"), language) is None


def test_a_lone_doubt_in_a_line_that_is_plain_to_read_is_a_misprint_and_stays(language: Language) -> None:
    assert correct(line("나라의 말아 중국과 달라", sure=0.999, 아={"이": 0.3}), language) is None
    two = correct(line("어린 벡싱이 말하고자", sure=0.999, 벡={"백": 0.3}, 싱={"성": 0.3}), language)
    assert two is not None
    assert two.text == "어린 백성이 말하고자"


def test_signs_digits_and_letters_are_neither_replaced_nor_taken(language: Language) -> None:
    for sign in "1a&. ":
        assert correct(line(f"나라의 말{sign} 중국과", **{sign: {"이": 0.4}}), language) is None
    found = correct(line("나라의 말이 중국과", 이={"|": 0.3, " ": 0.1}), language)
    assert found is None or found.text == "나라의 말이 중국과"


@pytest.mark.parametrize(
    ("text", "doubts", "expected"),
    [
        ("HANBlT에서", {"l": {"I": 0.4}}, "HANBIT에서"),
        ("1SBN 979-11", {"1": {"I": 0.3}}, "ISBN 979-11"),
        ("the guick one", {"g": {"q": 0.3}}, "the quick one"),
        ("lnc.", {"l": {"I": 0.3, ".": 0.1}}, "Inc."),
    ],
)
def test_a_doubtful_letter_becomes_the_one_that_words_have_there(
    text: str, doubts: dict[str, dict[str, float]], expected: str
) -> None:
    language = build(["HANBIT", "ISBN", "quick", "the", "Inc", "one"] * 3)
    found = correct(line(text, sure=0.999, **doubts), language)
    assert found is not None
    assert found.text == expected


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("WK-RPA-K01", {"R": {"A": 0.4}}),  # a code
        ("No. 27", {"N": {"M": 0.3}}),  # too short to be a word
        ("Zxvw", {"x": {"y": 0.3}}),  # nothing that the language knows
        ("R1020", {"1": {"I": 0.4}}),  # a number with a letter
        ("quick", {"u": {"우": 0.4}}),  # Hangul is no letter
    ],
)
def test_letters_that_are_no_word_of_the_language_stay(text: str, doubts: dict[str, dict[str, float]]) -> None:
    language = build(["APA", "MON", "Mo", "quick", "the", "IO"] * 3)
    found = correct(line(text, **doubts), language)
    assert found is None or found.text == text


def test_a_syllable_without_a_neighbour_stays(language: Language) -> None:
    """As on number plates and in codes, where each syllable is as likely as the next."""
    assert correct(line("12머 3456", 머={"마": 0.4}), language) is None


def test_what_looks_like_no_korean_is_left_to_the_image(language: Language) -> None:
    found = correct(line("뷁쉛괇", 쉛={"이": 0.3}), language)
    assert found is not None
    assert (found.text, found.gain) == ("뷁쉛괇", 0.0)


def test_two_doubts_side_by_side_are_decided_together(language: Language) -> None:
    found = correct(line("어린 벡싱이 말하고자", 벡={"백": 0.3}, 싱={"성": 0.3}), language)
    assert found is not None
    assert found.text == "어린 백성이 말하고자"


def test_the_line_is_surer_where_the_language_agrees_and_no_surer_than_the_image_allows(language: Language) -> None:
    agreed = correct(line("나라의 말이 중국과 달라", 이={"아": 0.3}), language)
    overruled = correct(line("나라의 말아 중국과 달라", 아={"이": 0.3}), language)
    assert agreed is not None and overruled is not None
    assert agreed.text == overruled.text
    assert 0 < agreed.gain < -math.log(0.7) + 1e-6
    assert math.log(0.7) + overruled.gain < math.log(0.7) + agreed.gain


def test_a_candidate_that_the_image_rules_out_is_not_taken(language: Language) -> None:
    places = line("나라의 말아 중국과 달라", 아={"하": 0.3, "이": 1e-4})
    found = correct(places, language)
    assert found is not None
    assert found.text != "나라의 말이 중국과 달라"
