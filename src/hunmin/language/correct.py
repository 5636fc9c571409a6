"""Which of several characters stands at each doubtful place of a line: what the image says, weighed with how Korean is written.

What it may not do is as important. Hangul is replaced by Hangul alone, and what stands in a Latin word by Latin letters: a
model that may also swap signs for syllables takes `&` for a space. What the image is fairly sure of stays, and so do
syllables without a neighbour, as on number plates, the letters of codes, and whatever looks like nothing that the model
knows. A doubtful syllable also stays in a line that is plain to read otherwise: that is a misprint or a rare name, where a
misreading seldom comes alone. The constants were chosen on generated lines, on lines that must not change and on real crops
as a whole; what each gives is in docs/experiments: 2026-11-29-a-language-model-of-syllables.md,
2026-11-30-misprints-and-misreadings.md and 2026-11-30-words-in-latin-letters.md.

Legend: B beams, C candidates, T characters of a line.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hunmin.language.model import Probabilities, codes, follow, histories_of, start
from hunmin.text.hangul import is_syllable

SURE = 0.8
"""A character to which the image gives this probability or more is never replaced."""
PLAIN = 0.02
"""Nats a character by which the rest of a line is in doubt; below that it is plain to read, and no syllable in it is replaced."""
HOPELESS = 4.0
"""Nats; a candidate so much less likely than the best is not looked at."""
WEIGHT = 0.3
"""Of the language beside the image, in a sum of log-probabilities."""
FLOOR = 0.1
"""Of the probability, shared by all usual characters, wherever they stand: names and misprints are no mistakes."""
BEFORE, BEHIND = 2, 3
"""So many characters around a doubtful syllable tell whether the model knows what it reads; of a Latin word all do."""
LATIN_WORD = re.compile(r"[A-Za-z0-9|']{3,}")
"""A digit or a bar may be a letter that was read wrong."""
LEAST_LETTERS = 0.6
"""Of a Latin word: its share of letters."""
NUM_BEAMS = 6
"""B: how many readings of a line are followed at once."""


@dataclass(frozen=True)
class _Script:
    """What is written in one kind of character."""

    holds: Callable[[str], bool]
    num_usual: int
    """Characters that share `FLOOR`."""
    least_known: float
    """Nats a character: below that the model does not know what it reads."""


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


HANGUL = _Script(is_syllable, num_usual=2350, least_known=-6.2)
LATIN = _Script(_is_letter, num_usual=52, least_known=-3.4)


@dataclass(frozen=True)
class _Context:
    """Where a place stands."""

    script: _Script
    around: slice
    """The part of the line, with the space behind it, that tells whether the model knows what it reads."""


@dataclass(frozen=True)
class Place:
    """What may stand at one place of a line, by the image alone."""

    characters: str
    """The likeliest first, at least one."""
    log_probs: tuple[float, ...]
    """Of each, in nats."""


@dataclass(frozen=True)
class Correction:
    """What a line says by image and language together."""

    places: tuple[Place, ...]
    """As many as before; where something was open, in the order and with the probabilities of both together."""
    gain: float
    """What is added to the log-probability of the line, in nats: above 0 where the language agrees."""

    @property
    def text(self) -> str:
        """The likeliest of each place."""
        return "".join(place.characters[0] for place in self.places)


def correct(line: Sequence[Place], language: Probabilities) -> Correction | None:
    """Choose the likeliest line by beam search.

    Args:
        line: a place for every character.
        language: how likely each character is after others.

    Returns:
        None where nothing is left open.
    """
    contexts = _contexts("".join(place.characters[0] for place in line))
    places = _choices(line, contexts)
    open_places = [i for i, place in enumerate(places) if len(place.characters) > 1]
    if not open_places:
        return None
    texts, shares = _likeliest(places, contexts, language)
    known = _how_known(texts[0], contexts, language)
    unknown = [i for i in open_places if known[contexts[i].around].mean() < contexts[i].script.least_known]
    weighed = list(line)
    for i in open_places:
        if i not in unknown:
            weighed[i] = _weighed(line[i], places[i], [text[i] for text in texts], shares)
    if unknown:
        return Correction(tuple(weighed), 0.0)
    before_log_prob = sum(places[i].log_probs[0] for i in open_places)
    looked_at = sum(float(np.logaddexp.reduce(places[i].log_probs)) for i in open_places)
    return Correction(tuple(weighed), looked_at + float(shares[0]) - before_log_prob)


def _weighed(place: Place, choices: Place, chosen: Sequence[str], shares: NDArray[np.float64]) -> Place:
    """A place by image and language together.

    What the image gave to the choices is shared out among those of them that stand in the likeliest lines; the first of these
    lines says what comes first. What was no choice keeps its probability.

    Args:
        place: by the image alone.
        choices: those of its characters that the language chose from.
        chosen: which of them stands here in each of the likeliest lines, (B,).
        shares: how likely each of these lines is, in nats, (B,).
    """
    mass = float(np.logaddexp.reduce(choices.log_probs))
    together = {
        one: mass
        + float(np.logaddexp.reduce([share for other, share in zip(chosen, shares, strict=True) if other == one]))
        for one in dict.fromkeys(chosen)
    }
    for one, log_prob in zip(place.characters, place.log_probs, strict=True):
        if one not in choices.characters:
            together[one] = log_prob
    first = chosen[0]
    order = sorted(together, key=lambda one: (one != first, -together[one]))
    return Place("".join(order), tuple(together[one] for one in order))


def _contexts(text: str) -> list[_Context]:
    """Of each character of a line. What is in no Latin word counts as Hangul."""
    contexts = [_Context(HANGUL, slice(max(i - BEFORE, 0), i + BEHIND + 1)) for i in range(len(text))]
    for match in LATIN_WORD.finditer(text):
        word, (start, end) = match.group(), match.span()
        is_code = word.isupper() and "-" in text[max(start - 1, 0) : end + 1]
        if not is_code and sum(map(_is_letter, word)) >= LEAST_LETTERS * len(word):
            contexts[start:end] = [_Context(LATIN, slice(start, end + 1))] * len(word)
    return contexts


def _choices(line: Sequence[Place], contexts: Sequence[_Context]) -> list[Place]:
    """Each place with the candidates that the language may choose from; one where it has no say."""
    is_syllables = [False, *(is_syllable(place.characters[0]) for place in line), False]
    doubt = -sum(place.log_probs[0] for place in line)
    choices = []
    for i, (place, context) in enumerate(zip(line, contexts, strict=True)):
        is_open = place.log_probs[0] < math.log(SURE)
        if context.script is HANGUL:
            is_in_word = is_syllables[i + 1] and (is_syllables[i] or is_syllables[i + 2])
            is_plain = doubt + place.log_probs[0] < PLAIN * (len(line) - 1)
            is_open = is_open and is_in_word and not is_plain
        least = place.log_probs[0] - HOPELESS
        kept = [
            j
            for j, (one, log_prob) in enumerate(zip(place.characters, place.log_probs, strict=True))
            if j == 0 or (is_open and context.script.holds(one) and log_prob >= least)
        ]
        choices.append(Place("".join(place.characters[j] for j in kept), tuple(place.log_probs[j] for j in kept)))
    return choices


def _likeliest(
    places: Sequence[Place], contexts: Sequence[_Context], language: Probabilities
) -> tuple[list[str], NDArray[np.float64]]:
    """The B best texts, and the logarithm of the share of each among them."""
    histories, scores, texts = start(), np.zeros(1), [""]
    all_characters = codes("".join(place.characters for place in places))
    first = 0
    for place, context in zip(places, contexts, strict=True):
        characters = all_characters[first : first + len(place.characters)]
        first += len(characters)
        if len(characters) == 1 and (len(texts) == 1 or (histories == histories[0]).all()):
            beams, chosen = np.arange(len(texts)), np.zeros(len(texts), dtype=np.intp)
        else:
            seen = np.array(place.log_probs) if len(characters) > 1 else np.zeros(1)
            said = _log_usual(language(histories, characters), context.script.num_usual)
            totals = scores[:, None] + seen + WEIGHT * said
            best = np.argsort(-totals, axis=None, kind="stable")[:NUM_BEAMS]
            beams, chosen = np.divmod(best, len(characters))
            scores = totals[beams, chosen]
        histories = follow(histories[beams], characters[chosen])
        texts = [texts[beam] + place.characters[one] for beam, one in zip(beams, chosen, strict=True)]
    return texts, scores - np.logaddexp.reduce(scores)


def _how_known(text: str, contexts: Sequence[_Context], language: Probabilities) -> NDArray[np.float64]:
    """How likely each character of a line and the space behind it is, in nats: (T + 1,)."""
    line = codes(f"{text} ")
    num_usual = np.array([*(context.script.num_usual for context in contexts), HANGUL.num_usual])
    return _log_usual(language(histories_of(line), line[:, None])[:, 0], num_usual)


def _log_usual(probabilities: NDArray[np.float64], num_usual: int | NDArray[np.int64]) -> NDArray[np.float64]:
    logarithms: NDArray[np.float64] = np.log((1 - FLOOR) * probabilities + FLOOR / num_usual)
    return logarithms
