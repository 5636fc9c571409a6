"""One bad label among a million is counted and named; a set of bad labels is another set, and stops the import."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

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
        attempts: what came of every label; may raise InputError where no label can be told from the next any more.
        hopeless: the start of the message if none is good among the first `BAD_AT_FIRST`.

    Raises:
        InputError: none of the first is good; the message ends with the first one's. Or what `attempts` raises.
    """
    held: list[Attempt] = []
    remaining = iter(attempts)
    try:
        for attempt in remaining:
            held.append(attempt)
            if attempt.error is None or len(held) == BAD_AT_FIRST:
                break
    except InputError as error:
        raise InputError(f"{hopeless}: {error}") from error
    if held and held[-1].error is not None:
        raise InputError(f"{hopeless}: {held[0].error}") from held[0].error
    yield from (attempt.page for attempt in chain(held, remaining))


def read_each(annotations: Sequence[Any], read: Callable[[Any, str], Region], where: str) -> tuple[Region, ...]:
    """The region of every annotation of a page; one that cannot be read is dropped for `unreadable label`.

    Args:
        annotations: what a label file has of each text.
        read: annotation and what messages call it → region; raises InputError.
        where: what messages call all annotations; a number in brackets follows.

    Raises:
        InputError: there are some and none can be read, so the file is of another form; the first one's.
    """
    regions = []
    errors: list[InputError] = []
    for number, annotation in enumerate(annotations):
        try:
            regions.append(read(annotation, f"{where}[{number}]"))
        except InputError as error:
            regions.append(unreadable(error))
            errors.append(error)
    if errors and len(errors) == len(annotations):
        raise errors[0]
    return tuple(regions)


def unreadable(error: InputError) -> Region:
    """A text that is dropped for `unreadable label`, with the message in the label's place."""
    return Region(str(error), None, UNREADABLE_LABEL)


def unreadable_page(page_id: str, error: InputError, image: EncodedImage | None = None, part: str = "") -> Page:
    """A page that is counted as one region dropped for `unreadable label`."""
    return Page(page_id, image, (unreadable(error),), page_id, part=part)
