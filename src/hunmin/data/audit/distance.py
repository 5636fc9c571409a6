"""How far a reading is from a label.

Texts are compared without spaces and case, every syllable spelled out in jamo, signs that print alike as one: what a reader
easily gets wrong, and what labels leave open, then weighs little beside a text that is another one altogether.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

from hunmin.text.hangul import to_jamo
from hunmin.text.normalize import fold_for_comparison


@dataclass(frozen=True)
class Limits:
    """From where on texts count as different, and who says so."""

    disagrees: float
    """Distance above which a text is another one."""
    fits: float
    """Distance up to which a text is the one that was read, a few mistakes aside."""
    sure: float
    """Confidence from which a reading may contradict a label."""


WIDE: Final = Limits(disagrees=0.4, fits=0.25, sure=0.5)
"""Of 12,700 crops of 24 generated kinds that the bundled model is sure of, 7 are further from their own labels; of the labels of
other lines, 99 in 100 are further than 0.7."""
NARROW: Final = Limits(disagrees=0.12, fits=0.0, sure=0.9)
"""For stores whose labels are much alike, such as prices. Of 9,400 crops, 20 are further from their own labels."""
SURE_OF_SHORT: Final = 0.98
"""Confidence from which a reading may contradict a label of fewer than `FEWEST_JAMO`: one mistake makes another text of it. From
0.9 on, 9 of 296 lone syllables are read for another one, from here on 1 of 133."""
FEWEST_JAMO: Final = 4
"""A text shorter than this fits too many others by chance."""

_JAMO = range(0x3131, 0x318F)


# Labels are compared again and again: with their own readings, with others', in pairs by lot.
@lru_cache(maxsize=1 << 17)
def comparable(text: str) -> str:
    """`text` as it is compared: 한글 A → ㅎㅏㄴㄱㅡㄹa."""
    spelled = to_jamo(fold_for_comparison(text).replace(" ", ""))
    # Compatibility jamo would come out as conjoining ones.
    plain = (one if ord(one) in _JAMO else unicodedata.normalize("NFKC", one) for one in spelled)
    return "".join(plain).casefold()


def distance(text: str, other: str) -> float:
    """Edits between two comparable texts, as a share of the longer one: 0 = the same, 1 = nothing in common."""
    return Levenshtein.normalized_distance(text, other)
