"""What a text format is: functions that turn a document into text, page by page."""

from collections.abc import Callable
from dataclasses import dataclass

from hunmin.documents.page import DocumentPage
from hunmin.documents.source.open_source import Source


@dataclass(frozen=True)
class TextFormat:
    """A format that is written as UTF-8 while the pages are read."""

    suffix: str
    """What names of such files end in."""
    page: Callable[[DocumentPage], str]
    """One page, with its line end."""
    begin: Callable[[Source, int], str] = lambda source, num_pages: ""
    """What stands before the first page of a file, given how many of its pages follow."""
    between: str = ""
    """What stands between two pages."""
    end: str = ""
    """What stands after the last page."""
    has_page_a_file: bool = False
    """Whether a file holds no more than one page, so that a document of several takes as many files."""
