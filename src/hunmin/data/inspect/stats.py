"""What is in a store: lengths, shapes, characters, scripts."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hunmin.data.sample import Sample
from hunmin.text.charset import Charset
from hunmin.text.hangul import is_syllable

SCRIPTS = ("HANGUL", "LATIN", "CJK", "HIRAGANA", "KATAKANA", "GREEK", "CYRILLIC")
"""First words of Unicode character names that `script` tells apart."""

PITCH_HEIGHT_PX = 32


@dataclass
class DataStats:
    """Counts over samples; add them up, divide at the end."""

    num_samples: int = 0
    num_empty_labels: int = 0
    label_lengths: Counter[int] = field(default_factory=Counter)
    """Label length in characters → samples."""
    heights_px: Counter[int] = field(default_factory=Counter)
    widths_px: Counter[int] = field(default_factory=Counter)
    aspects: Counter[int] = field(default_factory=Counter)
    """Width / height, rounded → samples."""
    pitches_px: Counter[int] = field(default_factory=Counter)
    """Width of a character in pixels once the height is 32, rounded → samples with a label."""
    characters: Counter[str] = field(default_factory=Counter)
    scripts: Counter[str] = field(default_factory=Counter)
    """Script (see `script`) → characters."""
    kinds: Counter[str] = field(default_factory=Counter)
    unknown_characters: Counter[str] = field(default_factory=Counter)
    """Characters that the charset lacks → how often."""
    num_samples_with_unknown: int = 0


def data_stats(samples: Iterable[Sample], charset: Charset) -> DataStats:
    """Count over `samples`.

    Args:
        samples: with normalised labels, as every store reads them.
        charset: what counts as known.
    """
    stats = DataStats()
    for sample in samples:
        height, width = sample.image.shape[:2]
        stats.num_samples += 1
        stats.num_empty_labels += not sample.text
        stats.label_lengths[len(sample.text)] += 1
        stats.heights_px[height] += 1
        stats.widths_px[width] += 1
        stats.aspects[round(width / height)] += 1
        if sample.text:
            stats.pitches_px[round(width * PITCH_HEIGHT_PX / height / len(sample.text))] += 1
        stats.characters.update(sample.text)
        stats.kinds[sample.kind] += 1
        stats.num_samples_with_unknown += bool(charset.missing(sample.text))
    for character, num in stats.characters.items():
        stats.scripts[script(character)] += num
        if character not in charset:
            stats.unknown_characters[character] = num
    return stats


def percentile(counts: Counter[int], share: float) -> int:
    """The value that `share` of all counted stay at or below; 0 if nothing was counted."""
    wanted, num = share * counts.total(), 0
    for value in sorted(counts):
        num += counts[value]
        if num >= wanted:
            return value
    return 0


def script(character: str) -> str:
    """`hangul`, `jamo`, `latin`, `cjk` (Hanja), another of `SCRIPTS`, `digit`, `space` or `symbol`."""
    if is_syllable(character):
        return "hangul"
    if character == " ":
        return "space"
    if character.isdecimal():
        return "digit"
    name = unicodedata.name(character, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    first = name.split(" ", 1)[0]
    if first == "HANGUL":
        return "jamo"
    return first.lower() if first in SCRIPTS and character.isalpha() else "symbol"
