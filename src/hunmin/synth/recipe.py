"""From what a user wrote to a generator: the fonts, the texts and the pack that settings name."""

import math
from collections.abc import Sequence
from pathlib import Path

from hunmin.errors import InputError
from hunmin.synth.config import SynthConfig
from hunmin.synth.fonts.scan import font_files
from hunmin.synth.generate import Recipe
from hunmin.synth.pack import open_pack


def build_recipe(synth: SynthConfig, characters: str, fonts: Sequence[str], corpus: Sequence[str]) -> Recipe:
    """Everything the generator needs.

    Args:
        synth: settings of the generator.
        characters: that labels may have.
        fonts: folders beside the installed fonts.
        corpus: text files, as FILE or FILE:WEIGHT.

    Raises:
        InputError: a corpus file or font folder does not exist, or a weight is no number; the pack cannot be used.
    """
    charset, folders, files = frozenset(characters), tuple(map(Path, fonts)), corpus_files(corpus)
    for folder in folders:
        font_files(folder)  # here and now, not in a worker after the run's folder was made
    if synth.pack is None:
        return Recipe(synth, charset, folders=folders, files=files)
    pack = open_pack(Path(synth.pack), charset)
    return Recipe(synth, charset, pack.manifest, folders, (*pack.files, *files), pack.texts)


def corpus_files(corpus: Sequence[str]) -> tuple[tuple[Path, float], ...]:
    """Paths and weights of text files given as FILE or FILE:WEIGHT.

    Raises:
        InputError: a file does not exist, or its weight is no number above 0.
    """
    files = []
    for entry in corpus:
        path, colon, weight = entry.rpartition(":")
        if not colon or Path(entry).is_file():  # a name may hold a colon
            path, weight = entry, "1"
        number = _number(weight)
        if not (math.isfinite(number) and number > 0):
            raise InputError(f"corpus {entry!r}: {weight!r} is no weight above 0; write FILE or FILE:WEIGHT")
        files.append((Path(path), number))
        if not Path(path).is_file():
            raise InputError(f"corpus {path!r}: no such file")
    return tuple(files)


def _number(text: str) -> float:
    """A number written as a text; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
