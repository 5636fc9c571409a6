"""One bad label among a million is counted and named; a set of bad labels is another set, and stops the import."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hunmin.data.sources.page import UNREADABLE_LABEL, EncodedImage, Page, Region
from hunmin.errors import InputError

BAD_AT_FIRST: Final = 10
"""So many bad labels before a good one are no accident."""


@dataclass(frozen=True)
class Attempt:
    """A page, and what was wrong with its label, if anything."""

    page: Page
    error: InputError | None = None


def after_a_good_one(attempts: Iterable[Attempt], hopeless: str) -> Iterator[Page]:
    """Pass on the pages, but only once one of them is good.

    Args:
        attempts: what came of every label.
        hopeless: the start of the message if none is good among the first `BAD_AT_FIRST`.

    Raises:
        InputError: none of the first is good; the message ends with the first one's.
    """
    held: list[Attempt] = []
    is_hopeful = False
    for attempt in attempts:
        if not is_hopeful and attempt.error is not None:
            held.append(attempt)
            if len(held) == BAD_AT_FIRST:
                break
            continue
        if not is_hopeful:
            is_hopeful = True
            yield from (earlier.page for earlier in held)
            held = []
        yield attempt.page
    if held:
        raise InputError(f"{hopeless}: {held[0].error}") from held[0].error


def unreadable_page(page_id: str, error: InputError, image: EncodedImage | None = None, part: str = "") -> Page:
    """A page that is counted as one region dropped for `unreadable label`, with the message in the label's place."""
    return Page(page_id, image, (Region(str(error), None, UNREADABLE_LABEL),), page_id, part=part)
