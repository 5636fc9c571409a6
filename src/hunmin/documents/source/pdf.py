"""PDF files: their pages rendered by PDFium, or their text layers where these can be trusted.

PDFium runs in a process of its own, see `pdfium_process`. It is built without JavaScript, so none runs; embedded files
are never opened.
"""

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source import pdfium_process
from hunmin.documents.source.page import SourcePage, unreadable_page
from hunmin.documents.source.page_space import to_pixels
from hunmin.documents.source.text_layer import characters, fault, text_lines
from hunmin.errors import ImageError, InputError, reason_of
from hunmin.image import MAX_PAGE_PIXELS, MIN_SIDE_PX

DEFAULT_DPI: Final = 200
"""Pixels an inch at which pages are rendered; what others give is measured in decision 0016."""
MIN_DPI, MAX_DPI = 36, 1200
POINTS_AN_INCH: Final = 72
MOST_SECONDS: Final = 60.0
"""To open a PDF, to look at one of its pages, or to render one; ordinary pages take less than one."""
MOST_LOST_PAGES: Final = 5
"""Of a PDF that has PDFium crash, or take `MOST_SECONDS`, on so many of its pages, the others are not tried."""
SKETCH_DPI: Final = 100
"""Pixels an inch at which a page is drawn whose text is known and whose rules are sought."""
MOST_SKETCH_SECONDS: Final = 10.0
"""A page that takes longer has its text all the same, without tables."""

_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_*


@dataclass(frozen=True)
class PdfFile:
    """A PDF that was opened once, so that its password is right and its pages are counted."""

    path: Path
    password: str | None
    num_pages: int

    def pages(self, numbers: Sequence[int], *, dpi: float, force: bool) -> Iterator[SourcePage]:
        """The pages of these numbers, from 1, each rendered when it is asked for.

        Args:
            numbers: from 1.
            dpi: pixels an inch; a page that would have more than `MAX_PAGE_PIXELS` is rendered as large as is allowed.
            force: render every page, whatever its text layer is like.

        Yields:
            One page a number. `error` of one that cannot be had is `unreadable`, or `too_slow` where it takes over
            `MOST_SECONDS`.

        Raises:
            ImageError: the PDF cannot be opened any more.
        """
        left = deque(numbers)
        num_lost = 0
        with _pdfium(self.path, self.password) as pdfium:
            pdfium.open()
            while left and num_lost < MOST_LOST_PAGES:
                yield _page(pdfium, left.popleft(), dpi, force)
                if pdfium.is_lost:
                    num_lost += 1
                    pdfium.start_again()
        for number in left:
            where = f"{self.path}, page {number}"
            told = f"is not tried, for PDFium failed on {num_lost} others; save the PDF again"
            yield unreadable_page(number, ImageError("unreadable", f"{where}: {told}"))


def open_pdf(path: Path, password: str | None = None) -> PdfFile:
    """Open a PDF and count its pages.

    Raises:
        ImageError: `encrypted`, the password is missing or wrong; `unreadable`, it is damaged; `empty`, it has no page.
    """
    with _pdfium(path, password) as pdfium:
        num_pages = pdfium.open()
    if num_pages == 0:
        raise ImageError("empty", f"{path}: the PDF has no pages")
    return PdfFile(path, password, num_pages)


def check_dpi(dpi: float) -> None:
    """Refuse what renders nothing legible, or more than any page can hold.

    Raises:
        InputError: it lies outside `MIN_DPI` to `MAX_DPI`.
    """
    if not isinstance(dpi, Real) or not MIN_DPI <= dpi <= MAX_DPI:  # NaN, too
        told = f"{dpi:g}" if isinstance(dpi, Real) else f"{dpi!r}"
        raise InputError(f"dpi={told}: give {MIN_DPI} to {MAX_DPI} pixels an inch; {DEFAULT_DPI} suits most documents")


class _Pdfium:
    """The process that runs PDFium, and what to say when it fails."""

    def __init__(self, path: Path, password: str | None) -> None:
        self.path, self._password = path, password
        self._start()

    def _start(self) -> None:
        # -P: the folder of the program holds modules whose names are those of others.
        command = [sys.executable, "-P", pdfium_process.__file__]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            told = f"the process that renders PDFs cannot be started ({reason_of(error)}); end other programs"
            raise ImageError("cannot_be_opened", f"{self.path}: {told}") from error
        self._took_too_long = False
        self.is_lost = False
        """Whether it crashed or was ended, so that it answers no more."""

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was still to be written
                if pipe:
                    pipe.close()
        self._process.wait()

    def start_again(self) -> None:
        """Go on with another process, after one has failed."""
        self.close()
        self._start()
        self.open()

    def open(self) -> int:
        """Open the PDF; the number of its pages."""
        answer = self.ask({"path": str(self.path.absolute()), "password": self._password}, str(self.path))
        if "num_pages" in answer:
            num_pages: int = answer["num_pages"]
            return num_pages
        if answer["error"] == _PASSWORD:
            told = "the password is wrong" if self._password else "it is encrypted; give its password"
            raise ImageError("encrypted", f"{self.path}: {told}")
        if answer["error"] == _SECURITY:
            raise ImageError(
                "encrypted", f"{self.path}: is encrypted in a way that is not supported; save it without a password"
            )
        raise ImageError(
            "unreadable",
            f"{self.path}: the PDF is damaged, cut off or has no pages ({answer['reason']}); save it again",
        )

    def ask(self, request: dict[str, Any], where: str, most_seconds: float | None = None) -> dict[str, Any]:
        """Send a request and wait for its answer, at most `MOST_SECONDS` unless told otherwise."""
        assert self._process.stdin
        assert self._process.stdout
        timer = threading.Timer(most_seconds or MOST_SECONDS, self._give_up)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.is_lost = True
        if self._took_too_long:
            raise ImageError(
                "too_slow", f"{where}: takes more than {MOST_SECONDS:g} s to draw; leave it out or save it again"
            )
        raise ImageError("unreadable", f"{where}: PDFium fails on it, or runs out of memory; save the PDF again")

    def bytes(self, number: int, where: str) -> bytes:
        """What follows an answer."""
        assert self._process.stdout
        content = self._process.stdout.read(number)
        if len(content) < number:
            self.is_lost = True
            raise ImageError("unreadable", f"{where}: PDFium fails on it; save the PDF again")
        return content

    def _give_up(self) -> None:
        self._took_too_long = True
        self._process.kill()


@contextmanager
def _pdfium(path: Path, password: str | None) -> Iterator[_Pdfium]:
    pdfium = _Pdfium(path, password)
    try:
        yield pdfium
    finally:
        pdfium.close()


def _page(pdfium: _Pdfium, number: int, dpi: float, force: bool) -> SourcePage:
    try:
        return _readable_page(pdfium, number, dpi, force)
    except ImageError as error:
        return unreadable_page(number, error)


def _readable_page(pdfium: _Pdfium, number: int, dpi: float, force: bool) -> SourcePage:
    where = f"{pdfium.path}, page {number}"
    seen = _answered(pdfium, {"look": number}, where)
    width, height = seen["width"], seen["height"]
    dpi = min(dpi, POINTS_AN_INCH * (MAX_PAGE_PIXELS / max(width * height, 1.0)) ** 0.5 * 0.999)
    width_px, height_px = (max(round(side * dpi / POINTS_AN_INCH), MIN_SIDE_PX) for side in (width, height))
    layer = characters(seen["characters"])
    if not (force or seen["is_stamped_scan"] or fault(layer)):
        lines = text_lines(layer, to_pixels(seen["box"], seen["rotation"], width_px, height_px))
        sketch = _sketch(pdfium, number, (width, height)) if seen["may_have_rules"] else None
        return SourcePage(number, width_px, height_px, dpi, None, lines, sketch)
    return SourcePage(number, width_px, height_px, dpi, _rendered(pdfium, number, (width_px, height_px)))


def _sketch(pdfium: _Pdfium, number: int, size: tuple[float, float]) -> NDArray[np.uint8] | None:
    """A page drawn small, given its size in points; None where that fails or takes long, for its text does not need it."""
    dpi = min(SKETCH_DPI, POINTS_AN_INCH * (MAX_PAGE_PIXELS / max(size[0] * size[1], 1.0)) ** 0.5 * 0.999)
    size_px = (max(round(side * dpi / POINTS_AN_INCH), MIN_SIDE_PX) for side in size)
    try:
        return _rendered(pdfium, number, (next(size_px), next(size_px)), MOST_SKETCH_SECONDS)
    except ImageError:
        pdfium.start_again()
        return None


def _rendered(
    pdfium: _Pdfium, number: int, size_px: tuple[int, int], most_seconds: float | None = None
) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: a page in pixels, width and height."""
    where, (width_px, height_px) = f"{pdfium.path}, page {number}", size_px
    drawn = _answered(pdfium, {"render": number, "width_px": width_px, "height_px": height_px}, where, most_seconds)
    rows = np.frombuffer(pdfium.bytes(drawn["num_bytes"], where), dtype=np.uint8).reshape(height_px, drawn["stride"])
    return _rgb(rows, width_px)


def _answered(
    pdfium: _Pdfium, request: dict[str, Any], where: str, most_seconds: float | None = None
) -> dict[str, Any]:
    answer = pdfium.ask(request, where, most_seconds)
    if "error" in answer:
        raise ImageError("unreadable", f"{where}: is damaged ({answer['reason']}); save the PDF again")
    return answer


def _rgb(rows: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    """(H, W, 3) RGB, given (H, stride) BGR."""
    bgr = rows[:, : 3 * width_px].reshape(len(rows), width_px, 3)
    return np.ascontiguousarray(bgr[:, :, ::-1])
