"""Lists with a space between path and text, as older recognizers take them: `img/1.png 한글 두 낱말`."""

from collections.abc import Iterator

from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages
from hunmin.data.sources.page import Page, Region
from hunmin.errors import InputError


def read_spaces(files: Files) -> Iterator[Page]:
    """A page for every line; the path ends at the first space, everything behind it is the text."""
    return list_pages(files, (".txt", ".lst"), _reader, "spaces")


def _reader(list_file: File) -> ReadLine:
    return _read_line


def _read_line(line: str, where: str) -> Row:
    if "\t" in line:
        raise InputError(f"{where}: has a tab; this is a tsv list, import it as tsv")
    path, space, text = line.strip().partition(" ")
    if not space:
        raise InputError(f"{where}: has no space; write path, space, text")
    return Row((path,), (Region(text.lstrip(" ")),))
