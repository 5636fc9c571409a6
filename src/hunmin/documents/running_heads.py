"""Running heads, feet and page numbers: what stands in one place near the edge of several pages and says the same there.

Numbers in it are the same, too, or count the pages. A page is compared with the two before and the two after it, for left and
right pages may differ.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from hunmin.documents.page import DocumentPage, Role
from hunmin.errors import ImageError
from hunmin.pages.direction import to_original
from hunmin.pages.line import Line

EDGE_SHARE: Final = 0.12
"""Of a page's height: heads begin above it, feet end below it."""
SAME_HEIGHT: Final = 0.02
"""Of a page's height: how far a head may wander from page to page; scanned sheets lie a little differently."""
SAME_SIDE: Final = 0.04
"""Of its width: likewise for its left end, its right end or its middle."""
SAME_TEXT: Final = 85.0
"""Per cent of two texts that are alike; the rest may be misread."""
NUM_COMPARED: Final = 2
"""Pages before, and as many after."""
LARGEST: Final = 1.4
"""A title is larger than the page's median line by this factor; a running head is not."""
COPY_SHARE: Final = 0.5
"""Two pages that share more of their other lines are copies of one form, whose title is no running head."""

LONGEST_PAGE_NUMBER: Final = 40
"""Characters without spaces; the pattern takes quadratic time over the dots of a longer line."""

_PAGE_NUMBER = re.compile(
    r"\W*(?:p|page|제)?\W*\d{1,4}(?:\s*(?:/|of|-|중)\s*\d{1,4})?\s*(?:쪽|면|페이지)?\W*", re.IGNORECASE
)


@dataclass(frozen=True)
class _Seen:
    """A line as it is compared: its place in shares of the upright page, its text without spaces, its numbers apart."""

    index: int
    left: float
    top: float
    right: float
    bottom: float
    text: str
    """With a 0 for every number."""
    numbers: tuple[int, ...]
    is_page_number: bool
    """Whether it may be one and nothing else."""

    @property
    def is_at_top(self) -> bool:
        return self.top < EDGE_SHARE

    @property
    def is_at_edge(self) -> bool:
        return self.is_at_top or self.bottom > 1 - EDGE_SHARE

    @property
    def from_edge(self) -> float:
        return self.top if self.is_at_top else 1 - self.bottom


def with_roles(pages: Iterable[DocumentPage]) -> Iterator[DocumentPage]:
    """The same pages, their running heads marked in `roles`; each is given when the second after it is there.

    Raises:
        ImageError: `pages` raised it; those before it are given first.
    """
    held = deque[tuple[DocumentPage, list[_Seen]]]()
    num_waiting = 0
    source = iter(pages)
    failure: ImageError | None = None
    while failure is None:
        try:
            page = next(source)
        except StopIteration:
            break
        except ImageError as error:
            failure = error
            break
        held.append((page, _seen(page)))
        num_waiting += 1
        if num_waiting > NUM_COMPARED:
            yield _marked(held, len(held) - num_waiting)
            num_waiting -= 1
            while len(held) - num_waiting > NUM_COMPARED:
                held.popleft()
    for index in range(len(held) - num_waiting, len(held)):
        yield _marked(held, index)
    if failure:
        raise failure


def _seen(page: DocumentPage) -> list[_Seen]:
    """The lines of a page that say something."""
    found = []
    for index, line in enumerate(page.lines):
        text = "".join(line.text.split())
        if text:
            numbers = tuple(map(int, re.findall(r"\d{1,9}", text)))
            is_page_number = len(text) <= LONGEST_PAGE_NUMBER and _PAGE_NUMBER.fullmatch(line.text) is not None
            found.append(_Seen(index, *_shares(page, line), re.sub(r"\d+", "0", text), numbers, is_page_number))
    return found


def _shares(page: DocumentPage, line: Line) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a line on its page set upright, as shares of its width and height."""
    turns = page.rotation_deg // 90
    width, height = (page.height_px, page.width_px) if turns % 2 else (page.width_px, page.height_px)
    corners = to_original(np.array(line.box, dtype=np.float32), -turns % 4, width, height) / (width, height)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def _marked(held: deque[tuple[DocumentPage, list[_Seen]]], place: int) -> DocumentPage:
    """A page with its running heads."""
    page, seen = held[place]
    around = [held[other] for other in range(place - NUM_COMPARED, place + NUM_COMPARED + 1) if 0 <= other < len(held)]
    others = [(other, lines) for other, lines in around if other is not page and not _is_copy(seen, lines)]
    in_tables = {index for table in page.tables for index in table.lines}
    usual = median(line.bottom - line.top for line in seen) if seen else 0.0
    roles: dict[int, Role] = {}
    for at_top in (True, False):
        at_edge = [line for line in seen if line.is_at_edge and line.is_at_top == at_top]
        innermost = 1.0  # how far from the edge: what stands further inwards than a line of the text is none, either
        for line in sorted(at_edge, key=lambda line: line.from_edge):
            if line.from_edge > innermost:
                break
            role = _role(line, page, others)
            if role is None or line.index in in_tables or line.bottom - line.top > LARGEST * usual:
                innermost = min(innermost, line.from_edge + SAME_HEIGHT)
            else:
                roles[line.index] = role
    if not roles:
        return page
    return replace(page, roles=tuple(roles.get(index, "body") for index in range(len(page.lines))))


def _role(line: _Seen, page: DocumentPage, others: list[tuple[DocumentPage, list[_Seen]]]) -> Role | None:
    for other, lines in others:
        for same in (one for one in lines if one.is_at_edge and _is_in_place(line, one)):
            if line.is_page_number and same.is_page_number:
                if same.numbers[0] - line.numbers[0] == other.number - page.number:
                    return "page_number"
            elif _says_the_same(line, same) and _counts(line, same, other.number - page.number):
                return "header" if line.is_at_top else "footer"
    return None


def _is_copy(lines: list[_Seen], others: list[_Seen]) -> bool:
    """Whether two pages say much the same all over."""
    inside = [line for line in lines if not line.is_at_edge]
    repeated = sum(
        any(_is_in_place(line, other) and _says_the_same(line, other) for other in others) for line in inside
    )
    return repeated > COPY_SHARE * len(inside)


def _counts(one: _Seen, other: _Seen, pages: int) -> bool:
    """Whether the numbers of two lines are the same, or as far apart as their pages."""
    pairs = zip(one.numbers, other.numbers, strict=False)
    return len(one.numbers) == len(other.numbers) and all(second - first in (0, pages) for first, second in pairs)


def _is_in_place(one: _Seen, other: _Seen) -> bool:
    ends = (one.left - other.left, one.right - other.right, (one.left + one.right - other.left - other.right) / 2)
    return abs(one.top - other.top) <= SAME_HEIGHT and min(map(abs, ends)) <= SAME_SIDE


def _says_the_same(one: _Seen, other: _Seen) -> bool:
    return one.text == other.text or fuzz.ratio(one.text, other.text) >= SAME_TEXT
