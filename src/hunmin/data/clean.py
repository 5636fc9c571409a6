"""What may not be trained on, and the account of it.

Nothing is dropped silently: whoever drops a sample writes it into a `Ledger` under a named reason, the ledger goes into
the store's manifest or to the screen, and seen = kept + dropped is asserted.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

from hunmin.data.reasons import EMPTY_LABEL, TOO_LONG, TOO_WIDE, UNKNOWN_CHARACTER
from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset
from hunmin.text.normalize import escape_lone_surrogates

EXAMPLES_PER_REASON = 5


@dataclass
class Ledger:
    """Counts of what was seen, kept, and dropped for which reason."""

    seen: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason → how many."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """Reason → the first few, as `id: label`."""

    def keep(self) -> None:
        """Count one sample that goes on."""
        self.seen += 1
        self.kept += 1

    def drop(self, reason: str, example: str) -> None:
        """Count one sample that goes no further, and remember it if it is among the first of its reason."""
        self.seen += 1
        self.dropped[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES_PER_REASON:
            examples.append(escape_lone_surrogates(example))

    def add(self, other: "Ledger") -> None:
        """Add what another ledger counted; its examples follow mine."""
        self.seen += other.seen
        self.kept += other.kept
        self.dropped.update(other.dropped)
        for reason, examples in other.examples.items():
            mine = self.examples.setdefault(reason, [])
            mine.extend(examples[: EXAMPLES_PER_REASON - len(mine)])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"seen": self.seen, "kept": self.kept, "dropped": dict(self.dropped), "examples": self.examples}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """A ledger from what `to_dict` gave.

        Raises:
            KeyError, TypeError: it is something else.
        """
        return cls(values["seen"], values["kept"], Counter(values["dropped"]), values["examples"])

    def check(self) -> None:
        """Assert that every sample seen was kept or dropped."""
        assert self.seen == self.kept + self.dropped.total(), f"{self} does not add up"

    def summary(self) -> str:
        """One line for people: `kept 98 of 100; dropped too wide 2`."""
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.dropped.most_common())
        return f"kept {self.kept} of {self.seen}" + (f"; dropped {reasons}" if reasons else "")


@dataclass(frozen=True)
class Rules:
    """What a sample must be like to be trained on with a given spec."""

    spec: RecognizerSpec
    on_unknown_character: Literal["error", "drop"] = "error"
    """A character that the charset lacks: stop and say so, or drop the sample under `unknown character`."""

    @cached_property
    def charset(self) -> Charset:
        """The spec's charset, built once."""
        return self.spec.charset

    def why_unfit(self, sample: Sample) -> str | None:
        """The reason to drop `sample`, or None if it is fit.

        Raises:
            InputError: a character is unknown and `on_unknown_character` is `error`.
        """
        height, width = sample.image.shape[:2]
        return self.why_label_unfit(sample.text, sample.id) or self.why_size_unfit(width, height)

    def why_label_unfit(self, text: str, where: str) -> str | None:
        """The reason to drop a sample for its label: `empty label`, `too long`, `unknown character`.

        Args:
            text: the label, normalised.
            where: what messages call the sample.

        Raises:
            InputError: a character is unknown and `on_unknown_character` is `error`.
        """
        if not text:
            return EMPTY_LABEL
        if len(text) > self.spec.max_label_length:
            return TOO_LONG
        missing = self.charset.missing(text)
        if missing and self.on_unknown_character == "error":
            raise InputError(
                f"{where}: label {text!r} has {''.join(missing)!r}, not in charset {self.charset.name!r} "
                f"({len(self.charset)} characters). Add it to the charset, or drop such samples with "
                "on_unknown_character=drop (hunmin train: data.on_unknown_character=drop)"
            )
        return UNKNOWN_CHARACTER if missing else None

    def why_size_unfit(self, width: int, height: int) -> str | None:
        """The reason to drop a crop of so many pixels: `too wide`. Such lines are never cut or squashed."""
        return None if self.spec.fits(width, height) else TOO_WIDE
