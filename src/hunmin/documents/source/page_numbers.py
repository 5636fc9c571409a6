"""Which pages of a document are meant: `1-3,7`."""

import operator
import re
from collections.abc import Iterable

from hunmin.errors import InputError

_PART = re.compile(r"(\d{1,9})?(-)?(\d{1,9})?")


def page_numbers(pages: str | Iterable[int] | None, num_pages: int, where: str) -> tuple[int, ...]:
    """The numbers of the pages that `pages` names, from 1.

    Args:
        pages: numbers and ranges, such as `1-3,7,20-` or `-5`, or an iterable of numbers; None = all pages.
        num_pages: how many pages the document has.
        where: what messages call the document.

    Returns:
        In ascending order, each once.

    Raises:
        InputError: it names no page, or one that the document does not have.
    """
    if pages is None:
        return tuple(range(1, num_pages + 1))
    chosen = _parsed(pages, num_pages, where) if isinstance(pages, str) else _counted(pages, where)
    beyond = [number for number in chosen if not 1 <= number <= num_pages]
    if beyond:
        raise _no_such_page(beyond[0], num_pages, where)
    if not chosen:
        raise InputError(f"{where}: no page is named; give numbers such as 1-3,7, or leave pages out for all")
    return tuple(sorted(chosen))


def _counted(pages: Iterable[int], where: str) -> set[int]:
    """As whole numbers of Python: those of NumPy cannot be written as JSON."""
    try:
        if not isinstance(pages, bytes):
            return {operator.index(number) for number in pages}
    except TypeError:
        pass
    raise InputError(
        f"{where}: pages {pages!r:.80} are no whole numbers; give a list of them, or a text such as '1-3,7'"
    )


def _no_such_page(number: int, num_pages: int, where: str) -> InputError:
    has = f"pages 1 to {num_pages}" if num_pages > 1 else "one page"
    return InputError(f"{where}: has no page {number}; it has {has}")


def _parsed(text: str, num_pages: int, where: str) -> set[int]:
    chosen: set[int] = set()
    for part in text.replace(" ", "").split(","):
        match = _PART.fullmatch(part)
        if not match or not (match[1] or match[3]):
            raise InputError(f"{where}: pages {text!r} are not numbers and ranges such as 1-3,7,20-")
        first = int(match[1] or 1)
        last = int(match[3] or num_pages) if match[2] else first
        for number in (first, last):  # before a range of a billion numbers is made
            if number > num_pages:
                raise _no_such_page(number, num_pages, where)
        if last < first:
            raise InputError(f"{where}: pages {part!r} end before they begin; it has pages 1 to {num_pages}")
        chosen.update(range(first, last + 1))
    return chosen
