"""Arithmetic on modern Hangul syllables.

Unicode lays the 11,172 syllables out as `0xAC00 + (cho * 21 + jung) * 28 + jong` (The Unicode Standard, section 3.12),
with 19 leading consonants (cho), 21 vowels (jung) and 28 trailing consonants (jong, 0 = none).
"""

from typing import NamedTuple

FIRST_SYLLABLE = 0xAC00
NUM_CHO, NUM_JUNG, NUM_JONG = 19, 21, 28
NUM_SYLLABLES = NUM_CHO * NUM_JUNG * NUM_JONG

CHO = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
JUNG = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
JONG = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"


class Jamo(NamedTuple):
    """The three parts of a syllable, as indices into CHO, JUNG and JONG (jong 0 = none)."""

    cho: int
    jung: int
    jong: int


def is_syllable(character: str) -> bool:
    """Whether `character` is one precomposed modern syllable, 가 to 힣."""
    return len(character) == 1 and 0 <= ord(character) - FIRST_SYLLABLE < NUM_SYLLABLES


def decompose(syllable: str) -> Jamo:
    """Split one syllable into its parts: 한 → (ㅎ, ㅏ, ㄴ).

    Raises:
        ValueError: `syllable` is not one precomposed modern syllable.
    """
    if not is_syllable(syllable):
        raise ValueError(f"{syllable!r} is not a modern Hangul syllable")
    index = ord(syllable) - FIRST_SYLLABLE
    return Jamo(index // (NUM_JUNG * NUM_JONG), index // NUM_JONG % NUM_JUNG, index % NUM_JONG)


def to_jamo(text: str) -> str:
    """Spell every syllable out in compatibility jamo, 한글 → ㅎㅏㄴㄱㅡㄹ; other characters stay."""
    spelled = []
    for character in text:
        if is_syllable(character):
            cho, jung, jong = decompose(character)
            spelled.append(CHO[cho] + JUNG[jung] + (JONG[jong] if jong else ""))
        else:
            spelled.append(character)
    return "".join(spelled)
