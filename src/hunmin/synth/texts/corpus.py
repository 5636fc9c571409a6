"""Lines of Korean text to draw: the mix of configs/synth/texts.yaml.

A line is made in three steps: draw a part by the weights of its kind (a receipt has totals, a document has prose), let
the part write, and accept the result only if it fits the length, the charset and the half (training or held out) asked
for.
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from numpy.random import Generator as Rng

from hunmin.errors import InputError
from hunmin.synth.random_draws import chance, pick, whole
from hunmin.synth.texts.lexicon import Lexicon, Texts, load_texts, pick_common
from hunmin.synth.texts.templates import Templates
from hunmin.text.canonical import TO_CANONICAL
from hunmin.text.normalize import normalize_label

KINDS = ("document", "receipt", "sign", "screen", "form", "handwriting", "notes")

# (lexicon, rng, length to aim at) → text; templates have a length of their own and ignore the aim.
Part = Callable[[Lexicon, Rng, int], str]

_MAX_TRIES = 8
_SEPARATORS = (" ", " ", " ", " ", " ", " ", ", ", "·", "/", "", "-", " & ")
# Everyday words, other nouns, conjugated verbs, phrases, places: cumulative shares.
_WORD_STEPS = (0.45, 0.7, 0.9, 0.96, 1.0)
_LONGEST_UNSPACED = 12
_SHORT = 4
_SOUGHT_LENGTH = 40
_CURLY = {'"': ("“", "”"), "'": ("‘", "’")}


@dataclass(frozen=True)
class Mix:
    """How one kind of line is put together."""

    parts: tuple[Part, ...]
    part_steps: tuple[float, ...]
    """Cumulative share of each part, ending at 1."""
    lengths: tuple[tuple[int, int], ...]
    length_steps: tuple[float, ...]
    """Cumulative share of each range of lengths, ending at 1."""


class Corpus:
    """Writes lines of text. Built once per process by `load_corpus`."""

    def __init__(self, charset: frozenset[str], texts: Texts, mixes: dict[str, Mix], templates: Templates) -> None:
        """Keep the material; `load_corpus` prepares it."""
        self._charset = charset
        self._canonical = str.maketrans({one: other for one, other in TO_CANONICAL.items() if other in charset})
        self._texts = texts
        self._mixes = mixes
        self._templates = templates
        self.held_out_words = texts.held_out_words
        """Words that no line for training contains."""
        self.num_left_out = texts.num_left_out
        """List or file → how many of its entries hold a character outside the charset."""

    def line(self, rng: Rng, kind: str, max_length: int, held_out: bool = False, min_length: int = 1) -> str:
        """One line of text.

        Args:
            rng: the only source of chance; the same state gives the same line.
            kind: one of `KINDS`.
            max_length: most characters.
            held_out: draw words and sentences from the half that training never sees.
            min_length: fewest characters.

        Returns:
            NFC, single spaces inside, none at the ends; characters of the charset only.

        Raises:
            InputError: no such kind, or the lengths exclude each other.
        """
        if kind not in self._mixes:
            raise InputError(f"kind of text {kind!r} is none of {', '.join(KINDS)}.")
        if not 1 <= min_length <= max_length:
            raise InputError(f"line length from {min_length} to {max_length}: no line is that long.")
        mix = self._mixes[kind]
        lexicon = self._half(held_out)
        for _ in range(_MAX_TRIES):
            low, high = mix.lengths[bisect(mix.length_steps, rng.random())]
            aim = min(max(whole(rng, low, high), min_length), max_length)
            text = mix.parts[bisect(mix.part_steps, rng.random())](lexicon, rng, aim)
            tokens = text.split()
            text = " ".join(tokens)
            if (
                min_length <= len(text) <= max_length
                and self._charset.issuperset(text)
                and (held_out or self.held_out_words.isdisjoint(tokens))
            ):
                return text
        return self._exact(lexicon, rng, min_length, max_length)

    def can_write(self, text: str) -> bool:
        """Whether the charset has every character of `text`; a page may show signs that it lacks, such as a seal's ㊞."""
        return self._charset.issuperset(text)

    def label(self, text: str) -> str:
        """The label of a text that was drawn: one code point for what prints alike, as far as the charset has it."""
        return text.translate(self._canonical)

    def prose(self, rng: Rng, length: int, held_out: bool = False) -> str:
        """Running text for a paragraph, of `length` characters or up to the end of a sentence before that."""
        lexicon = self._half(held_out)
        if chance(rng, 0.5):
            return self._written(_prose(lexicon, rng, length))
        # Every second paragraph begins with a syllable of KS X 1001, each as likely as the next: pages are mostly prose,
        # and prose alone leaves hundreds of them unseen.
        start = _in_prose(lexicon, rng, min(length, _SOUGHT_LENGTH))
        more = length - len(start) - 1
        return self._written(f"{start} {_prose(lexicon, rng, more)}" if more > _SHORT else start)

    def fill(self, rng: Rng, group: str, held_out: bool = False) -> str:
        """A text of a group of templates, such as `address`; a page asks for what stands where on it.

        Unlike those of `line` it may hold words of the other half: templates fill in whatever fits them.
        """
        return self._written(self._templates[group](self._half(held_out), rng))

    def _half(self, held_out: bool) -> Lexicon:
        return self._texts.held_out if held_out else self._texts.train

    def _written(self, text: str) -> str:
        """The text in the form of labels, without what the charset lacks."""
        return normalize_label("".join([char for char in text if char in self._charset]))

    def _exact(self, lexicon: Lexicon, rng: Rng, min_length: int, max_length: int) -> str:
        """Random characters: always possible, whatever the charset and the lengths."""
        alphabet = lexicon.frequent_syllables or lexicon.rare_syllables or "".join(sorted(self._charset - {" "}))
        length = whole(rng, min_length, min(max_length, max(min_length, 5)))
        return "".join([pick(rng, alphabet) for _ in range(length)])


def load_corpus(charset: frozenset[str], files: Sequence[tuple[Path, float]] = (), texts: Path | None = None) -> Corpus:
    """Read the bundled texts and the user's own.

    Args:
        charset: what the lines may contain; at least one character besides the space.
        files: (file, weight): UTF-8 texts, one a line. Weight 1 = as many lines as the built-in mix, 0.1 = a tenth.
        texts: a pack's folder of lists that stand in for the bundled and installed ones.

    Raises:
        InputError: an unusable file or weight, an empty charset, or a mistake in texts.yaml.
    """
    if not charset - {" "}:
        raise InputError("charset: no character to write with.")
    for path, weight in files:
        if not weight > 0:
            raise InputError(f"{path}: corpus weight {weight} is not above 0. 1 = as many lines as the built-in mix.")
    config = _read_yaml("texts.yaml")
    groups = _read_yaml("templates.yaml") | _read_yaml("templates_by_kind.yaml")
    templates = Templates(groups, _read_yaml("vocabulary.yaml"))
    of_hands = Templates(groups | _read_yaml("templates_of_hands.yaml"), _read_yaml("vocabulary.yaml"))
    # Their words are no reason to keep a word in training: what other lines hold must not change with them.
    of_pages = Templates(groups | _read_yaml("templates_of_pages.yaml"), _read_yaml("vocabulary.yaml"))
    material = load_texts(charset, [path for path, _ in files], templates.fixed_words(), texts)
    users = [(partial(_user, i), weight) for i, (_, weight) in enumerate(files)]
    own = {"notes": of_hands}
    mixes = {kind: _mix(kind, config, own.get(kind, templates), users) for kind in KINDS}
    return Corpus(charset, material, mixes, of_pages)


def _read_yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(
        (resources.files("hunmin") / "configs" / "synth" / name).read_text("utf-8")
    )
    return content


def _mix(kind: str, config: dict[str, Any], templates: Templates, users: Sequence[tuple[Part, float]]) -> Mix:
    weights = config["mix"][kind]
    unknown = [name for name in weights if name not in PARTS and name not in templates]
    if unknown:
        raise InputError(f"texts.yaml, mix.{kind}: no part or template group is called {unknown[0]!r}.")
    parts = [PARTS[name] if name in PARTS else _from_templates(templates, name) for name in weights]
    total = sum(weights.values())
    lengths = config["lengths"][kind]
    return Mix(
        parts=(*parts, *(part for part, _ in users)),
        part_steps=_steps([*weights.values(), *(weight * total for _, weight in users)]),
        lengths=tuple((low, high) for low, high, _ in lengths),
        length_steps=_steps([weight for _, _, weight in lengths]),
    )


def _steps(weights: Sequence[float]) -> tuple[float, ...]:
    total = sum(weights)
    steps = [step / total for step in accumulate(weights)]
    # Rounding must not leave a gap below 1 that a draw could fall into.
    steps[-1] = 1.0
    return tuple(steps)


def _from_templates(templates: Templates, name: str) -> Part:
    field = templates[name]
    return lambda lexicon, rng, _aim: field(lexicon, rng)


def _prose(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """A stretch of running text, broken like lines of print: mostly between words, sometimes inside one."""
    prose = lexicon.prose
    if chance(rng, 0.4):
        start = pick(rng, lexicon.sentence_starts)
    else:
        start = int(max(1, len(prose) - aim) * rng.random())
        if chance(rng, 0.85):
            start = prose.find(" ", start) + 1
    end = start + aim
    if chance(rng, 0.3):
        end = min(end, lexicon.sentence_end_after(start))
    elif end < len(prose) and chance(rng, 0.75):
        space = prose.rfind(" ", start, end + 1)
        end = space if space > start else end
    return _typeset(prose[start:end], rng)


def _typeset(text: str, rng: Rng) -> str:
    """Give some lines the curly quotes and the one-character ellipsis of typeset print."""
    for straight, (opening, closing) in _CURLY.items():
        if straight in text and chance(rng, 0.5):
            pieces = text.split(straight)
            text = pieces[0] + "".join((opening if i % 2 == 0 else closing) + p for i, p in enumerate(pieces[1:]))
    return text.replace("...", "…") if "..." in text and chance(rng, 0.3) else text


def _words(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """Dictionary words up to the length aimed at."""
    text = _word(lexicon, rng)
    separator = pick(rng, _SEPARATORS)
    # Nobody prints more than a few words without a space or a comma.
    aim = aim if separator in (" ", ", ") else min(aim, _LONGEST_UNSPACED)
    while len(text) + len(separator) + 2 <= aim:
        text += separator + _word(lexicon, rng)
    return text[:aim] if len(text) > aim + 3 else text


def _word(lexicon: Lexicon, rng: Rng) -> str:
    which = bisect(_WORD_STEPS, rng.random())
    if which == 0:
        return pick_common(rng, lexicon.common)
    return pick(rng, (lexicon.nouns, lexicon.verbs, lexicon.phrases, lexicon.places)[which - 1])


def _random(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """Two to five KS X 1001 syllables without meaning, by themselves or before words."""
    syllables = lexicon.frequent_syllables or lexicon.rare_syllables
    text = "".join([pick(rng, syllables) for _ in range(min(whole(rng, 2, 5), max(aim, 2)))]) if syllables else ""
    text = f"{text[:2]} {text[2:]}" if chance(rng, 0.1) else text
    return _filled_up(text, lexicon, rng, aim)


def _balanced(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """A word that contains a KS X 1001 syllable, every syllable as likely as the next."""
    syllables = lexicon.frequent_syllables
    if not syllables:
        return ""
    syllable = pick(rng, syllables)
    words = lexicon.words_with.get(syllable)
    text = pick(rng, words) if words else _around(syllable, lexicon, rng)
    return _filled_up(text, lexicon, rng, aim)


def _in_prose(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """Running text that contains a KS X 1001 syllable, every one as likely as the next."""
    if not lexicon.frequent_syllables:
        return ""
    prose, syllable = lexicon.prose, pick(rng, lexicon.frequent_syllables)
    if syllable not in lexicon.prose_characters:
        words = lexicon.words_with.get(syllable)
        word = pick(rng, words) if words else _around(syllable, lexicon, rng)
        return f"{word} {_prose(lexicon, rng, aim - len(word) - 1)}" if aim > len(word) + _SHORT else word
    found = prose.find(syllable, int(len(prose) * rng.random()))
    found = prose.find(syllable) if found < 0 else found
    # Not always in the line's first word, but always inside the line.
    earliest = max(found - int(max(aim - _SHORT, 0) * rng.random()), 0)
    start = (prose.find(" ", earliest, found) if earliest < found else prose.rfind(" ", 0, found)) + 1 or found
    end = prose.rfind(" ", found, start + aim + 1)
    return _typeset(prose[start : end if end > found else start + aim], rng)


def _filled_up(text: str, lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """The text and words behind it, mostly up to the length aimed at."""
    while len(text) + 3 <= aim and chance(rng, 0.85):
        text += " " + _word(lexicon, rng)
    return text


def _rare(lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """A text with one or two of the syllables that KS X 1001 lacks, by themselves or before words."""
    syllables = lexicon.rare_syllables
    if not syllables:
        return ""
    text = _around(pick(rng, syllables), lexicon, rng)
    return _filled_up(text + pick(rng, syllables) if chance(rng, 0.3) else text, lexicon, rng, aim)


def _around(syllable: str, lexicon: Lexicon, rng: Rng) -> str:
    """A syllable inside a word whose other syllables are real, or between random ones."""
    if chance(rng, 0.5):
        word = pick(rng, lexicon.nouns)
        position = int(len(word) * rng.random())
        return word[:position] + syllable + word[position + 1 :]
    others = lexicon.frequent_syllables or syllable
    return pick(rng, others) + syllable + (pick(rng, others) if chance(rng, 0.5) else "")


def _symbols(lexicon: Lexicon, rng: Rng, _aim: int) -> str:
    """A symbol, letter or jamo beside a word or a number."""
    if not lexicon.symbols:
        return ""
    symbol = pick(rng, lexicon.symbols)
    beside = _word(lexicon, rng) if chance(rng, 0.6) else str(whole(rng, 1, 999))
    others = "".join([pick(rng, lexicon.symbols) for _ in range(whole(rng, 0, 3))])
    return pick(rng, (f"{symbol} {beside}", symbol + beside, beside + symbol, symbol + others))


def _user(number: int, lexicon: Lexicon, rng: Rng, aim: int) -> str:
    """A line of the user's own file; a longer one is cut between words."""
    lines = lexicon.user_lines[number]
    if not lines:
        return _words(lexicon, rng, aim)
    text = pick(rng, lines)
    if len(text) <= aim or chance(rng, 0.5):
        return text
    start = text.find(" ", int((len(text) - aim) * rng.random())) + 1
    end = text.rfind(" ", start, start + aim + 1)
    return text[start:end] if end > start else text


PARTS: dict[str, Part] = {
    "prose": _prose,
    "words": _words,
    "random": _random,
    "balanced": _balanced,
    "in_prose": _in_prose,
    "rare": _rare,
    "symbols": _symbols,
}
