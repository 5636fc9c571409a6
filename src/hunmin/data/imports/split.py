"""Which texts train a model and which judge it: by document, page or writer, never by crop."""

import hashlib
from typing import Final, Literal, TypeAlias

from hunmin.data.imports.config import SplitConfig

Split: TypeAlias = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")


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
