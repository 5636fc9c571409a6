"""Lists: text files with a line for every image, in a folder or an archive with the images."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files, plain_path
from hunmin.data.sources.page import CONTRADICTED, Page, Region
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError

MAX_LIST_BYTES: Final = 4 << 30
"""The largest list that is read."""
MAX_LINE_BYTES: Final = 16 << 20
"""The longest line: a page with thousands of boxes has one of a few hundred KB."""

_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Row:
    """What a line says."""

    images: tuple[str, ...]
    """Paths of images, from the list's folder or from the root of something that was given; each shows the regions."""
    regions: tuple[Region, ...]
    kind: str = ""
    group: str = ""
    """Empty = the list does not say."""


ReadLine = Callable[[str, str], Row | None]
"""Line and what messages call it → row; None for a line that is none, such as a header."""


def list_pages(
    files: Files,
    suffixes: tuple[str, ...],
    reader: Callable[[File], ReadLine],
    source: str,
    why_no_list: Callable[[File], str] = lambda _file: "",
) -> Iterator[Page]:
    """A page for every image that a list names, then one for every image given that none names.

    Beside a list that can be read, one that cannot, such as a readme, is accounted for line by line.

    Args:
        files: what was given.
        suffixes: how the names of lists end.
        reader: makes a function that reads the lines of one list.
        source: the importer's name, for messages.
        why_no_list: the reason to count a file under `Files.skipped` and not read it; empty = it is a list.

    Raises:
        InputError: there is no list; the first lines of every one are all bad, or name images that are not there.
    """
    lists = []
    for file in files.with_suffix(*suffixes):
        reason = why_no_list(file)
        if reason:
            files.skipped[reason] += 1
        else:
            lists.append(file)
    if not lists:
        raise InputError(
            f"{files.given}: this is no {source} data: it has no list ({', '.join(suffixes)}), only {files.contents()}"
        )
    named: dict[str, int | None] = {}

    def rows(list_file: File) -> Iterator[Attempt]:
        return _attempts(files, list_file, reader(list_file), named)

    hopeless: InputError | None = None
    for number, list_file in enumerate(lists):
        pages = after_a_good_one(rows(list_file), f"{files.given}: this is no {source} data")
        try:
            first = list(islice(pages, 1))
        except InputError as error:
            hopeless = hopeless or error
            continue
        if first:
            bad_ones = (row.page for bad in lists[:number] for row in rows(bad))
            others = (row.page for other in lists[number + 1 :] for row in rows(other))
            yield from chain(bad_ones, first, pages, others)
            break
    else:
        if hopeless:
            raise hopeless
    for image in files.with_suffix(*IMAGE_SUFFIXES):
        if image.location not in named:
            yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _attempts(files: Files, list_file: File, read_line: ReadLine, named: dict[str, int | None]) -> Iterator[Attempt]:
    """A page for every image of every line.

    Args:
        files: what was given.
        list_file: the list.
        read_line: reads its lines.
        named: where an image lies → hash of its text, if its lines have one each; written to.
    """
    has_found = False
    for number, line in text_lines(list_file):
        where = f"{list_file.name}, line {number}"
        if not line.strip():
            continue
        try:
            row = read_line(line, where)
        except InputError as error:
            yield Attempt(unreadable_page(f"{list_file.location}/{number}", error, part=part_of(list_file)), error)
            continue
        for place, path in enumerate(row.images if row else ()):
            assert row is not None
            image, regions = files.named_by(list_file, path), row.regions
            # The line and not the path, which may come twice.
            name = f"{list_file.location}/{number}" + (f".{place}" if place else "")
            problem: InputError | None = None
            if image is not None:
                has_found = True
                regions = _uncontradicted(row.regions, image, named)
            elif not has_found:
                problem = InputError(
                    f"{where}: no image {path!r} among those given; paths count from the list's folder or from what was "
                    "given beside it, so give the images' folder or archive, too"
                )
            # As the list has it: the line changes when others come before it, the folder's name when it is moved.
            key = plain_path(path)
            is_sheet = any(region.corners is not None for region in regions)
            group = row.group or (key if is_sheet else "")
            yield Attempt(Page(name, image, regions, group, row.kind, part_of(image or list_file), key), problem)


def _uncontradicted(regions: tuple[Region, ...], image: File, named: dict[str, int | None]) -> tuple[Region, ...]:
    """The regions of an image; its one text is dropped where a line above had another one for it."""
    if len(regions) != 1 or regions[0].corners is not None or regions[0].drop_reason:
        named.setdefault(image.location, None)
        return regions
    text = hash(regions[0].text)
    first = named.get(image.location)
    if first is None:
        named[image.location] = text
    return regions if first in (None, text) else (Region(regions[0].text, None, CONTRADICTED),)


def text_lines(file: File) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of every line. The file is UTF-8, with or without a byte order mark, UTF-16 or CP949.

    Raises:
        InputError: it is in another encoding, or a line is longer than `MAX_LINE_BYTES`.
    """
    encoding = _encoding(file)
    for number, line in enumerate(_raw_lines(file), start=1):
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        try:
            yield number, content.decode(encoding).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{file.name}, line {number}: is neither UTF-8 nor CP949 text; save the file as UTF-8"
            ) from error


def _encoding(file: File) -> str:
    """`utf-8` if the whole file is, or UTF-16, else `cp949`: a first line in ASCII tells nothing."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _chunks(file: File) -> Iterator[bytes]:
    """The bytes of a file, piece by piece; those of UTF-16, which spreadsheets call Unicode text, as UTF-8.

    Raises:
        InputError: it begins as UTF-16 and goes on otherwise.
    """
    chunks = file.chunks(MAX_LIST_BYTES)
    first = next(chunks, b"")
    if not first.startswith(_UTF_16_MARKS):
        yield from chain([first], chunks)
        return
    try:
        yield from (piece.encode() for piece in codecs.iterdecode(chain([first], chunks), "utf-16"))
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name}: begins as UTF-16 text and goes on otherwise; save it as UTF-8") from error


def _raw_lines(file: File) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(file):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(f"{file.name}: has a line of more than {MAX_LINE_BYTES:,} bytes; it is no list")
    if rest:
        yield rest
