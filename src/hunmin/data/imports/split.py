"""Which texts train a model and which judge it: by document, page or writer, never by crop."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from hunmin.errors import InputError

Split: TypeAlias = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitConfig:
    """How groups are spread over training, validation and test. Values: `configs/import.yaml`.

    Raises:
        InputError: nothing would be left to train on.
    """

    validation: Annotated[float, Field(ge=0, le=1)]
    """Share of the groups that a run looks at while it trains."""
    test: Annotated[float, Field(ge=0, le=1)]
    """Share of the groups that nobody looks at before the end."""
    by: Literal["group", "publisher"]
    """`group`: by the hash of a text's document, writer or page. `publisher`: what the publisher calls training is
    trained on, and its validation part is spread over validation and test in the proportion of their shares; where it
    names no part, as `group`."""

    def __post_init__(self) -> None:
        if self.validation + self.test >= 1:
            raise InputError(
                f"split.validation={self.validation} and split.test={self.test} leave nothing to train on; "
                "together they must be less than 1"
            )


def split_of(group: str, part: str, config: SplitConfig) -> Split:
    """The split of a group.

    A hash of the group decides, so that neither more data nor another order moves a group; and a group that moves
    when a share is changed moves between training and what has that share.

    Args:
        group: document, writer or page.
        part: `training`, `validation` or empty, as the publisher has it.
        config: shares.
    """
    place = int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64
    validation, test = config.validation, config.test
    if config.by == "publisher" and part == "training":
        return "train"
    if config.by == "publisher" and part == "validation":
        held_out = validation + test
        return "test" if held_out and place < test / held_out else "validation"
    # From both ends, so that neither share pushes the other along.
    if place < test:
        return "test"
    return "validation" if place >= 1 - validation else "train"
