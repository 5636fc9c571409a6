"""Small texts with holes: prices, dates, addresses, labels and their values.

`Templates` turns configs/synth/templates*.yaml and vocabulary.yaml into functions. A field of a template is a
vocabulary, another group of templates, or one of `FIELDS` and `NUMBERS` below.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from numpy.random import Generator as Rng

from hunmin.errors import InputError
from hunmin.synth.random_draws import chance, pick, whole
from hunmin.synth.texts.lexicon import Lexicon, pick_common

Field = Callable[[Lexicon, Rng], str]

_HOLE = re.compile(r"\{(\w+)(?::(\d+))?(?:\|(\w+))?\}")
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_SHORTENABLE = 3
_ADMINISTRATIVE_ENDINGS = "동리면구시군읍역도로산섬"

FILTERS: dict[str, Callable[[str], str]] = {
    "spaced": " ".join,
    "joined": lambda text: text.replace(" ", ""),
    "upper": str.upper,
    "lower": str.lower,
    "capital": lambda text: text[:1].upper() + text[1:],
}


@dataclass(frozen=True, slots=True)
class Template:
    """Fixed text and fields, in turn."""

    pieces: tuple[str | Field, ...]

    def __call__(self, lexicon: Lexicon, rng: Rng) -> str:
        """Fill the holes."""
        return "".join([piece if isinstance(piece, str) else piece(lexicon, rng) for piece in self.pieces])


class Templates:
    """The template groups and vocabularies, ready to be called.

    Raises:
        InputError: a template names a field or a filter that does not exist, or itself.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]], vocabularies: Mapping[str, str]) -> None:
        """Compile every group."""
        self._sources = groups
        self._vocabularies = {
            name: tuple(entry.strip() for entry in text.split(",") if entry.strip())
            for name, text in vocabularies.items()
        }
        self._groups: dict[str, Field] = {}
        for name in groups:
            self._group(name, above=())

    def __getitem__(self, name: str) -> Field:
        """The function that writes one text of group `name`."""
        return self._groups[name]

    def __contains__(self, name: str) -> bool:
        """Whether there is a group `name`."""
        return name in self._groups

    def fixed_words(self) -> set[str]:
        """The words that templates and vocabularies bring along, as they may stand between spaces."""
        texts = [_HOLE.sub(" ", source) for group in self._sources.values() for source in group]
        texts += [entry for entries in self._vocabularies.values() for entry in entries]
        return {word for text in texts for word in (*re.findall(r"[가-힣]+", text), *text.split())}

    def _group(self, name: str, above: tuple[str, ...]) -> Field:
        if name in above:
            raise InputError(f"templates.yaml, {name}: refers to itself through {' → '.join(above)}.")
        if name not in self._groups:
            templates = [self._template(source, (*above, name)) for source in self._sources[name]]
            self._groups[name] = partial(_one_of, templates)
        return self._groups[name]

    def _template(self, source: str, above: tuple[str, ...]) -> Field:
        pieces: list[str | Field] = []
        position = 0
        for hole in _HOLE.finditer(source):
            if hole.start() > position:
                pieces.append(source[position : hole.start()])
            pieces.append(self._field(hole, source, above))
            position = hole.end()
        if position < len(source):
            pieces.append(source[position:])
        # A template that is one field needs no joining.
        return pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], str) else Template(tuple(pieces))

    def _field(self, hole: re.Match[str], source: str, above: tuple[str, ...]) -> Field:
        name, argument, change = hole.groups()
        field: Field
        if name in self._vocabularies:
            field = partial(_entry, self._vocabularies[name])
        elif name in self._sources:
            field = self._group(name, above)
        elif name in FIELDS:
            field = FIELDS[name]
        elif name in NUMBERS and argument is not None:
            field = partial(NUMBERS[name], int(argument))
        else:
            raise InputError(f"templates.yaml, {above[-1]}: {source!r} has the unknown field {hole.group()!r}.")
        if change is None:
            return field
        if change not in FILTERS:
            raise InputError(f"templates.yaml, {above[-1]}: {source!r} has the unknown filter {change!r}.")
        return partial(_changed, FILTERS[change], field)


def _one_of(templates: list[Field], lexicon: Lexicon, rng: Rng) -> str:
    return templates[int(len(templates) * rng.random())](lexicon, rng)


def _entry(entries: tuple[str, ...], _lexicon: Lexicon, rng: Rng) -> str:
    return entries[int(len(entries) * rng.random())]


def _changed(change: Callable[[str], str], field: Field, lexicon: Lexicon, rng: Rng) -> str:
    return change(field(lexicon, rng))


def _digits(count: int, _lexicon: Lexicon, rng: Rng) -> str:
    return f"{int(rng.random() * 10**count):0{count}d}"


def _number(highest: int, _lexicon: Lexicon, rng: Rng) -> str:
    return str(whole(rng, 1, highest))


def _two(highest: int, _lexicon: Lexicon, rng: Rng) -> str:
    return f"{whole(rng, 1, highest):02d}"


def _zero(highest: int, _lexicon: Lexicon, rng: Rng) -> str:
    return f"{whole(rng, 0, highest):02d}"


def _letters(count: int, _lexicon: Lexicon, rng: Rng) -> str:
    return "".join([pick(rng, _UPPER) for _ in range(count)])


def _code(count: int, _lexicon: Lexicon, rng: Rng) -> str:
    return "".join([pick(rng, _CODE) for _ in range(count)])


def _amount(_lexicon: Lexicon, rng: Rng) -> str:
    """A sum of money with thousands separated: most below 100,000, rounded as shops do."""
    value = 10 ** (2.3 + 4.2 * rng.random() ** 1.5)
    step = pick(rng, (1, 10, 100, 100, 500, 1000, 1000))
    return f"{max(1, round(value / step)) * step:,}"


def _year(_lexicon: Lexicon, rng: Rng) -> str:
    return str(whole(rng, 1990, 2029) if chance(rng, 0.85) else whole(rng, 1880, 1989))


def _noun(lexicon: Lexicon, rng: Rng) -> str:
    return pick_common(rng, lexicon.common) if chance(rng, 0.5) else pick(rng, lexicon.nouns)


def _words(lexicon: Lexicon, rng: Rng) -> str:
    return " ".join([_noun(lexicon, rng) for _ in range(whole(rng, 1, 3))])


def _excerpt(lexicon: Lexicon, rng: Rng) -> str:
    """Some words of a sentence."""
    prose = lexicon.prose
    start = pick(rng, lexicon.sentence_starts)
    end = prose.find(" ", start + whole(rng, 4, 26))
    return prose[start : min(end if end > 0 else len(prose), lexicon.sentence_end_after(start))].rstrip(" .,")


def _place_short(lexicon: Lexicon, rng: Rng) -> str:
    """A place name without the word for what it is: 안암동 → 안암."""
    place = pick(rng, lexicon.places)
    return place[:-1] if len(place) >= _SHORTENABLE and place[-1] in _ADMINISTRATIVE_ENDINGS else place


NUMBERS: dict[str, Callable[[int, Lexicon, Rng], str]] = {
    "digits": _digits,
    "number": _number,
    "two": _two,
    "zero": _zero,
    "letters": _letters,
    "code": _code,
}
FIELDS: dict[str, Field] = {
    "amount": _amount,
    "year": _year,
    "noun": _noun,
    "words": _words,
    "excerpt": _excerpt,
    "place": lambda lexicon, rng: pick(rng, lexicon.places),
    "place_short": _place_short,
    "phrase": lambda lexicon, rng: pick(rng, lexicon.phrases),
    "english_word": lambda lexicon, rng: pick_common(rng, lexicon.english),
}
