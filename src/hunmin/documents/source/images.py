"""Image files as documents: a TIFF has as many pages as frames, every other image has one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from hunmin.documents.source.page import SourcePage, unreadable_page
from hunmin.errors import ImageError
from hunmin.image import FORMATS, MAX_PAGE_PIXELS, accompanies_another, decoding_errors, load_image
from hunmin.opening import opened

MAX_FRAMES = 10_000
"""A TIFF with more is refused: its directory alone would take minutes to walk through."""
LEAST_DPI, MOST_DPI = 30, 2400
"""What lies outside, such as the 1 or 72,000 of careless programs, says nothing about the size of a page."""


@dataclass(frozen=True)
class ImageFile:
    """An image file that was opened once, so that its pages are known."""

    path: Path
    frames: tuple[int | None, ...]
    """The frame of each page; None where the file must have one alone, so that an animation is refused."""
    dpi: tuple[float | None, ...]
    """Pixels an inch of each page; None where the file does not say."""

    @property
    def num_pages(self) -> int:
        """How many pages it has, 1 or more."""
        return len(self.frames)

    def pages(self, numbers: Sequence[int]) -> Iterator[SourcePage]:
        """The pages of these numbers, from 1, each decoded when it is asked for; `error` says why one cannot be."""
        for number in numbers:
            yield self._page(number)

    def _page(self, number: int) -> SourcePage:
        try:
            pixels = load_image(
                self.path, max_pixels=MAX_PAGE_PIXELS, where=self._where(number), frame=self.frames[number - 1]
            )
        except ImageError as error:
            return unreadable_page(number, error)
        return SourcePage(number, pixels.shape[1], pixels.shape[0], self.dpi[number - 1], pixels)

    def _where(self, number: int) -> str:
        return f"{self.path}, page {number}" if self.num_pages > 1 else str(self.path)


def open_image_file(path: Path) -> ImageFile:
    """Find the pages of an image file; a TIFF's thumbnails are none. Whether they can be decoded shows when they are.

    A TIFF is a chain of pages: where one does not say where the next begins, it is taken for the last.

    Raises:
        ImageError: the first page of a TIFF is damaged, or it has more than `MAX_FRAMES`.
    """
    frames: list[int | None] = []
    dpi: list[float | None] = []
    frame = 0
    try:
        with opened(path) as file, decoding_errors(str(path)), Image.open(file, formats=FORMATS) as image:
            for frame in range(MAX_FRAMES + 1):
                try:
                    image.seek(frame)
                except EOFError:
                    break
                if not isinstance(image, TiffImageFile):
                    return ImageFile(path, (None,), (_dpi(image),))
                if not accompanies_another(image):
                    frames.append(frame)
                    dpi.append(_dpi(image))
    except UnidentifiedImageError:  # `load_image` says what it is instead
        frames = []
    except ImageError:
        if not frames:
            raise
        frames.append(frame)
        dpi.append(None)
    if len(frames) > MAX_FRAMES:
        raise ImageError("too_large", f"{path}: has more than {MAX_FRAMES:,} pages; split it")
    return ImageFile(path, tuple(frames) or (None,), tuple(dpi) or (None,))


def _dpi(image: Image.Image) -> float | None:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError):
        return None
    return across if LEAST_DPI <= across <= MOST_DPI and abs(across - down) < 1 else None
