"""What was taken out of labels on their way: spaces, signs, case, whole scripts, or their ends."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from hunmin.data.audit.distance import FEWEST_JAMO, comparable, distance
from hunmin.data.audit.lines import ReadLine
from hunmin.text.hangul import is_syllable, to_jamo
from hunmin.text.normalize import fold_for_comparison

ALIKE: Final = 0.2
"""Distance up to which a label is what was read, but for what it lost."""
NEARLY_ALL: Final = 0.9
"""Share of the lines with something to lose that have lost it, from which on it was taken out: labels as people write them keep
most of it."""
FEWEST: Final = 5
"""Lines with something to lose."""
FALSE_SPACES: Final = 0.03
"""Share of the lines in which a reader may see a space that is not there: 2.2 % at most in 25 stores of generated lines. Of
anything else it sees about `READERS_MISTAKES` too much, or less."""
LEAST_CUT: Final = 2
"""Characters by which a reading must go beyond its label: one may be a speck."""
AT_ONE_LENGTH_BY_CHANCE: Final = 1e-3
"""Share of lines that go on where their label, one of the longest of all, stops: what neighbours in the crop may do."""
AT_ONE_LENGTH: Final = 0.8
"""Share of the cut labels that have the greatest length of all, from which on they were cut at that length."""


def _without(*categories: str) -> Callable[[str], str]:
    def strip(text: str) -> str:
        return "".join(one for one in text if not unicodedata.category(one).startswith(categories))

    return strip


def _without_hangul(text: str) -> str:
    return "".join(one for one in to_jamo(text) if not unicodedata.name(one, "").startswith("HANGUL"))


LOSSES: Final[dict[str, Callable[[str], str]]] = {
    "spaces": lambda text: text.replace(" ", ""),
    "capitals": str.lower,
    "small letters": str.upper,
    "signs": _without("P", "S"),
    "digits": _without("N"),
    "Latin letters": lambda text: "".join(one for one in text if not (one.isascii() and one.isalpha())),
    "Hangul": _without_hangul,
    "syllables": to_jamo,
}
"""What a label can lose → a text without it. Syllables are lost to a spelling in jamo: ㅎㅏㄴㄱㅡㄹ."""


def has_lost(line: ReadLine, what: str) -> bool | None:
    """Whether a label lacks what the reading has, and nothing else; None where the line cannot tell."""
    strip = LOSSES[what]
    text, label = fold_for_comparison(line.text), fold_for_comparison(line.label)
    stripped = strip(text)
    if stripped == text:
        return None
    if strip(label) != label:
        return False if line.distance <= ALIKE else None
    key = comparable(stripped)
    # Of a short text all must be there; nothing at all is left only of Hangul, where labels are brought to ASCII.
    alike = ALIKE if len(key) >= FEWEST_JAMO and not is_cut(line) else 0
    return True if distance(key, line.label_key) <= alike and (key or what == "Hangul") else None


def is_cut(line: ReadLine) -> bool:
    """Whether the label is how the reading begins, and no more."""
    text, label = (one.replace(" ", "") for one in (line.text, line.label))
    if len(text) < len(label) + LEAST_CUT or not line.label_key:
        return False
    # Of a short label all must be there.
    alike = ALIKE if len(line.label_key) >= FEWEST_JAMO else 0
    return distance(line.text_key[: len(line.label_key)], line.label_key) <= alike


def cut_length(cut: Sequence[ReadLine], longest: int) -> int:
    """At how many characters labels were cut, `longest` being the greatest length in the store; 0 = at no one length."""
    # A space at the end is gone by the time a label is stored.
    at_longest = sum(longest - 1 <= len(line.label) for line in cut)
    return longest if cut and at_longest >= AT_ONE_LENGTH * len(cut) else 0


def main_script(text: str) -> str:
    """The script of most letters of `text`: `HANGUL`, `LATIN`, `CJK` …; empty where it has fewer than two letters."""
    names = [unicodedata.name(one, "").split(" ", 1)[0] for one in text if one.isalpha()]
    names = ["HANGUL" if is_syllable(one) else one for one in names]
    return max(set(names), key=names.count) if len(names) > 1 else ""
