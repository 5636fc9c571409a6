"""Pages of a folder become lines to label: each is cut out, read and kept, so that a page is read once.

    lines.jsonl   a page a line: its document, its lines with what they say
    crops/        a PNG a line, as reading cuts it

Legend: H W pixels of a page.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.page import DocumentPage
from hunmin.documents.reader import Reader
from hunmin.errors import ImageError, InputError
from hunmin.files import naming_failures, write_bytes
from hunmin.image import MAX_CROP_PIXELS, load_image
from hunmin.pages.cut import cut_quad
from hunmin.recognize.characters import Character, characters_to_dicts
from hunmin.serve.labelling.append_file import AppendFile

LINES_FILE: Final = "lines.jsonl"
CROPS: Final = "crops"


@dataclass(frozen=True)
class LineToLabel:
    """A line as it was cut and read."""

    id: str
    document: str
    """The file that it is from, relative to the folder that is labelled."""
    page: int
    crop: str
    """Its picture, relative to the folder of the labels."""
    text: str
    confidence: float
    doubt: float
    """How many of its characters are expected to be wrong: the more, the more its label teaches."""
    box: tuple[tuple[float, float], ...] = ()
    """Its corners on the page; none of a crop."""
    characters: tuple[dict[str, Any], ...] = ()
    """As `characters_to_dicts` has them."""


@dataclass(frozen=True)
class NamedFile:
    """A file to label, and what it is called in its folder."""

    path: Path
    name: str

    def named(self, error: ImageError) -> str:
        """The error's message, with this name for the file."""
        return str(error).replace(str(self.path), self.name)


class LinesToLabel:
    """All lines that were read so far; more come while pages are read."""

    def __init__(self, folder: Path) -> None:
        """Take up what the folder holds, or begin it.

        Raises:
            InputError: it cannot be written, is in use, or is damaged.
        """
        with naming_failures(folder):
            (folder / CROPS).mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._file = AppendFile(folder / LINES_FILE)
        self._pages = self._file.entries
        try:
            self._lines = {line.id: line for page in self._pages for line in _lines_of(page)}
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """How many there are now."""
        return len(self._lines)

    def __contains__(self, name: str) -> bool:
        """Whether there is a line with this id."""
        return name in self._lines

    def __getitem__(self, name: str) -> LineToLabel:
        """The line with an id.

        Raises:
            KeyError: there is none.
        """
        return self._lines[name]

    def by_doubt(self) -> list[LineToLabel]:
        """All of them, those that teach most first; those in which nothing was read, which mostly hold no text, last."""
        return sorted(list(self._lines.values()), key=lambda line: (not line.text, -line.doubt, line.id))

    @property
    def problems(self) -> list[str]:
        """What could not be read, a message each."""
        last = {(page["document"], page["page"]): page for page in list(self._pages)}
        return [page["problem"] for page in last.values() if "problem" in page]

    @property
    def num_pages(self) -> int:
        """Pages that were read."""
        return len({(page["document"], page["page"]) for page in list(self._pages)})

    def read(
        self, files: Sequence[NamedFile], make_reader: Callable[[], Reader], *, crops: bool, stop: threading.Event
    ) -> None:
        """Cut and read what was not yet; a page is kept when it is whole.

        Args:
            files: pages and documents, or crops of one line each.
            make_reader: called if there is anything to read.
            crops: whether the files are crops.
            stop: ends it before the next page.

        Raises:
            InputError: the disk is full, or another file cannot be written.
        """
        read = [page for page in self._pages if "problem" not in page]  # what went wrong may be mended by now
        done = {(page["document"], page["page"]) for page in read}
        finished = {page["document"] for page in read if page["page"] >= page["num_pages"]}
        left = [file for file in files if file.name not in finished]
        reader = make_reader() if left else None
        for file in left:
            if stop.is_set():
                return
            assert reader
            for entry in (
                _crop(reader, file)
                if crops
                else _pages(reader, file, {page for name, page in done if name == file.name})
            ):
                self._keep(entry)
                if stop.is_set():
                    return

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _keep(self, entry: "_Entry") -> None:
        if entry.page.get("problem") in self.problems:  # as the time before
            return
        number = len(self._pages)
        lines = []
        for index, (values, pixels) in enumerate(entry.lines):
            name = f"{number:05d}-{index:03d}"
            crop = f"{CROPS}/{name}.png"
            write_bytes(self.folder / crop, cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes())
            lines.append({"id": name, "crop": crop, **values})
        page = {**entry.page, "lines": lines}
        self._file.add(page)
        self._pages.append(page)
        self._lines.update({line.id: line for line in _lines_of(page)})


@dataclass(frozen=True)
class _Entry:
    """A page on its way into the file, with the pictures of its lines."""

    page: dict[str, Any]
    lines: list[tuple[dict[str, Any], NDArray[np.uint8]]]


def _pages(reader: Reader, file: NamedFile, done: set[int]) -> Iterator[_Entry]:
    """The pages of a document that are not done."""
    try:
        document = reader.read_document(file.path, force=True)
        num_pages = document.source.num_pages
        numbers = [number for number in range(1, num_pages + 1) if number not in done]
        if not numbers:
            return
        for page in reader.read_document(file.path, pages=numbers, force=True):
            head = {"document": file.name, "page": page.number, "num_pages": num_pages}
            if page.error:
                yield _Entry({**head, "problem": file.named(page.error)}, [])
            else:
                yield _Entry(head, list(_lines(page)))
    except ImageError as error:
        yield _Entry({"document": file.name, "page": 1, "num_pages": 1, "problem": file.named(error)}, [])


def _lines(page: DocumentPage) -> Iterator[tuple[dict[str, Any], NDArray[np.uint8]]]:
    pixels = page.picture()
    for line in page.lines:
        box = [list(corner) for corner in line.box]
        yield {**_said(line, line.characters), "box": box}, cut_quad(pixels, np.array(line.box, dtype=np.float32))


def _crop(reader: Reader, file: NamedFile) -> Iterable[_Entry]:
    head = {"document": file.name, "page": 1, "num_pages": 1}
    try:
        pixels = load_image(file.path, max_pixels=MAX_CROP_PIXELS)
        (reading,) = reader.recognizer.recognize([pixels])
    except ImageError as error:
        return [_Entry({**head, "problem": file.named(error)}, [])]
    return [_Entry(head, [(_said(reading, reading.characters), pixels)])]


def _said(read: Any, characters: Sequence[Character]) -> dict[str, Any]:
    """What a line or a reading says."""
    doubt = sum(1 - one.confidence for one in characters) if characters else 1 - read.confidence
    return {
        "text": read.text,
        "confidence": round(read.confidence, 4),
        "doubt": round(doubt, 4),
        "characters": characters_to_dicts(characters),
    }


def _lines_of(page: dict[str, Any]) -> Iterator[LineToLabel]:
    try:
        for line in page["lines"]:
            values = {**line, "box": tuple(map(tuple, line.get("box", ()))), "characters": tuple(line["characters"])}
            yield LineToLabel(document=page["document"], page=page["page"], **values)
    except (KeyError, TypeError) as error:
        raise InputError(f"{LINES_FILE}: a page in it is none that hunmin wrote ({error}); remove the file") from error
