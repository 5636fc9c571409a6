"""Which language a recognizer knows: the one that ships with hunmin, a user's own beside it, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.language.file import load_language
from hunmin.language.model import Codes, Hashes, Language, Probabilities

KOREAN = Path(__file__).with_name("korean.npz")
"""Built by `recipes/language.sh` from the bundled texts, without those that are held out."""

LanguageChoice: TypeAlias = str | Path | Sequence[str | Path] | None
"""`default`; `off` or None; or one or more files of `hunmin language`, which are mixed with the default."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """The bundled language and a user's own, each with the same weight."""

    own: tuple[Language, ...]

    def __call__(self, histories: Hashes, characters: Codes) -> NDArray[np.float64]:
        """As `model.Probabilities` says."""
        # The bundled one is loaded when the first doubtful line needs it.
        total = _korean()(histories, characters)
        for language in self.own:
            total = total + language(histories, characters)
        return total / (1 + len(self.own))


def choose_language(choice: LanguageChoice) -> Probabilities | None:
    """The language to read with; None for none.

    Raises:
        InputError: a file is missing, or no language model.
    """
    names = [choice or "off"] if choice is None or isinstance(choice, str | Path) else list(choice)
    if names == ["off"]:
        return None
    if "off" in names:
        raise InputError("language: off stands beside a language; give one or the other")
    return Mixture(tuple(load_language(Path(name)) for name in names if name != "default"))


@cache
def _korean() -> Language:
    return load_language(KOREAN)
