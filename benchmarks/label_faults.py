"""What goes wrong with the labels or the pictures of a whole store, and what the audit has to call it."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numpy.random import Generator as Rng

from hunmin.data.turns import Turn
from hunmin.text.hangul import to_jamo

Labels = list[str]
Damage = Callable[[Labels, Rng], Labels]


@dataclass(frozen=True)
class LabelFault:
    """Something that goes wrong with all labels or all pictures, and what the audit has to call it."""

    name: str
    kind: str
    damage: Damage = lambda labels, rng: list(labels)
    turn: Turn | None = None
    turned_share: float = 1.0
    words: str = ""
    """What the finding must say beside its kind."""


def shuffled(labels: Labels, rng: Rng) -> Labels:
    """All dealt out anew."""
    return [labels[place] for place in rng.permutation(len(labels))]


def shuffled_among_equals(labels: Labels, rng: Rng) -> Labels:
    """Dealt out among those of one length."""
    dealt = list(labels)
    for length in {len(label) for label in labels}:
        places = [place for place, label in enumerate(labels) if len(label) == length]
        for place, other in zip(places, rng.permutation(places), strict=True):
            dealt[place] = labels[other]
    return dealt


def shifted(by: int, begin: float = 0.0) -> Damage:
    """Every label `by` rows later, from a share of the rows on."""

    def damage(labels: Labels, rng: Rng) -> Labels:
        first, num = int(begin * len(labels)), len(labels)
        return [label if place < first else labels[(place - by) % num] for place, label in enumerate(labels)]

    return damage


def each(change: Callable[[str], str]) -> Damage:
    """Every label changed."""
    return lambda labels, rng: [change(label) for label in labels]


def noise(share: float, elsewhere: Sequence[str] = ()) -> Damage:
    """A share of the labels, to the line, replaced by other lines' labels or by texts from elsewhere that differ from them."""

    def damage(labels: Labels, rng: Rng) -> Labels:
        wrong = rng.permutation(len(labels))[: round(share * len(labels))]
        texts, spoiled = list(elsewhere or labels), list(labels)
        for place in wrong:
            other = labels[place]
            while other == labels[place]:
                other = texts[int(rng.integers(len(texts)))]
            spoiled[place] = other
        return spoiled

    return damage


def without_signs(text: str) -> str:
    """Letters, digits and spaces alone."""
    return "".join(one for one in text if one.isalnum() or one == " ")


def translated(text: str) -> str:
    """Some English, another one for every text."""
    return f"the line {len(text)} in words {zlib.crc32(text.encode()) % 97}"


def in_hanja(text: str) -> str:
    """As many Chinese characters as `text` has letters."""
    return "".join(chr(0x4E00 + ord(one) % 20_000) if one.isalpha() else one for one in text)


LABEL_FAULTS = [
    LabelFault("shuffled", "shuffled", shuffled),
    LabelFault("shuffled among equal lengths", "shuffled", shuffled_among_equals),
    LabelFault("shifted by a row", "shifted", shifted(1), words="1 row later"),
    LabelFault("shifted by three rows", "shifted", shifted(3), words="3 rows later"),
    LabelFault("shifted by two rows, the other way", "shifted", shifted(-2), words="2 rows earlier"),
    LabelFault("shifted by a row from the middle on", "shifted", shifted(1, 0.5), words="1 row later"),
    LabelFault("backwards", "backwards", each(lambda text: text[::-1])),
    LabelFault("words backwards", "words backwards", each(lambda text: " ".join(reversed(text.split())))),
    LabelFault("spaces taken out", "stripped", each(lambda text: text.replace(" ", "")), words="spaces"),
    LabelFault("signs taken out", "stripped", each(without_signs), words="signs"),
    LabelFault("small letters only", "stripped", each(str.lower), words="capitals"),
    LabelFault("spelled in jamo", "stripped", each(to_jamo), words="syllables"),
    LabelFault(
        "brought to ASCII", "stripped", each(lambda text: text.encode("ascii", "ignore").decode()), words="Hangul"
    ),
    LabelFault("cut at 10 characters", "cut", each(lambda text: text[:10]), words="at 10 characters"),
    LabelFault("cut at 25 characters", "cut", each(lambda text: text[:25]), words="at 25 characters"),
    LabelFault("upside down", "turned", turn="180", words="upside down"),
    LabelFault("a fifth upside down", "turned", turn="180", turned_share=0.2, words="upside down"),
    LabelFault("on the left side", "turned", turn="left", words="left side"),
    LabelFault("mirrored", "turned", turn="mirror", words="left for right"),
    LabelFault("top for bottom", "turned", turn="flip", words="top for bottom"),
    LabelFault("translated", "another language", each(translated)),
    LabelFault("in Hanja", "unknown characters", each(in_hanja)),
]
