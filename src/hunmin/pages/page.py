"""Reading pages: find the lines, cut them out, read them, put them in order.

Legend: K lines, H W pixels.
"""

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hunmin.errors import ImageError, InputError
from hunmin.files import write_text
from hunmin.image import MAX_PAGE_PIXELS, ImageSource, load_image
from hunmin.pages.cut import MARGIN_SHARE, cut_quad, quad_size
from hunmin.pages.detector import Detector, load_detector
from hunmin.pages.direction import (
    MARGIN,
    SURE_FROM,
    TALL_RATIO,
    TURNED_FROM,
    certainty,
    longest,
    runs_down,
    surest_direction,
    to_original,
)
from hunmin.pages.reading_order import reading_order
from hunmin.recognize.characters import Character, characters_to_dicts
from hunmin.recognize.line_image import load_line, nothing_to_read
from hunmin.recognize.recognizer import Reading, Recognizer, check_several

Box: TypeAlias = tuple[tuple[float, float], ...]
"""Four corners x, y in pixels of the page as it was given: top left, top right, bottom right, bottom left. Where a page or a line
is turned they begin at what is the top left once it is upright, so the first two run along the text."""

SHOWN_LENGTH = 60
"""Characters of a page's text in its `repr`."""


@dataclass(frozen=True)
class Line:
    """One line of a page."""

    text: str
    """What it says; empty where the recognizer saw nothing."""
    confidence: float
    """As in `Reading`."""
    box: Box
    truncated: bool = False
    """As in `Reading`: whether the line may hold more than `text`."""
    characters: tuple[Character, ...] = field(default=(), compare=False)
    """Those of `text`; where they stand are shares of the way from the left to the right side of `box`. None where the text was
    not read, but taken as a PDF has it."""

    def part(self, left: float, right: float) -> Box:
        """The part of `box` between two shares of the way from its left to its right side, such as those of a character."""
        top_left, top_right, bottom_right, bottom_left = np.array(self.box)
        points = (
            top_left + left * (top_right - top_left),
            top_left + right * (top_right - top_left),
            bottom_left + right * (bottom_right - bottom_left),
            bottom_left + left * (bottom_right - bottom_left),
        )
        return tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)

    def __repr__(self) -> str:
        xs, ys = zip(*self.box, strict=True)
        edges = ", ".join(f"{edge:g}" for edge in (min(xs), min(ys), max(xs), max(ys)))
        return f"<Line {self.text!r}, confidence {self.confidence:.4g}, in {edges}>"


@dataclass(frozen=True)
class Page:
    """What a page says."""

    width_px: int
    height_px: int
    lines: tuple[Line, ...]
    """In reading order."""
    path: str | None = None
    """The file it was read from, if it was one."""
    rotation_deg: int = 0
    """How far the page lay turned clockwise: 0, 90, 180 or 270. `width_px`, `height_px` and all boxes are of the page as it
    was given; Pillow's `image.rotate(page.rotation_deg, expand=True)` sets it upright."""

    @property
    def text(self) -> str:
        """The lines, joined with line ends; empty ones left out."""
        return "\n".join(line.text for line in self.lines if line.text)

    def to_dict(self, *, characters: bool = False) -> dict[str, Any]:
        """Plain values for JSON: the fields, and of each line `text`, `confidence`, `box`, and `truncated` where it is.

        Args:
            characters: whether each line has its `characters`, too, as of `characters_to_dicts`.
        """
        lines = [
            {
                "text": line.text,
                "confidence": round(line.confidence, 4),
                "box": [list(corner) for corner in line.box],
                **({"truncated": True} if line.truncated else {}),
                **({"characters": characters_to_dicts(line.characters)} if characters else {}),
            }
            for line in self.lines
        ]
        return {
            "path": self.path,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "rotation_deg": self.rotation_deg,
            "lines": lines,
        }

    def save(self, path: Path | str) -> None:
        """Write what was read into a file, whole or not at all.

        Args:
            path: ends in `.txt` for the text, or in `.json` for the values of `to_dict`.

        Raises:
            InputError: another ending, or the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() == ".txt":
            write_text(target, self.text + "\n")
        elif target.suffix.lower() == ".json":
            write_text(target, json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n")
        else:
            raise InputError(f"{target}: a page is saved as .txt or .json; give the file one of these endings")

    def show(self, image: ImageSource | None = None) -> None:
        """Open a picture of the page with its lines framed, and beside it what was read there.

        Args:
            image: the page's picture; None takes the file at `path`.

        Raises:
            ImageError: it cannot be decoded.
            InputError: the page was not read from a file, and no image is given.
        """
        # The overlay draws pages, so it imports this module.
        from hunmin.pages.overlay import draw_overlay

        source = self.path if image is None else image
        if source is None:
            raise InputError("this page was not read from a file; give its picture to show(image)")
        Image.fromarray(draw_overlay(self, load_image(source, max_pixels=MAX_PAGE_PIXELS))).show()

    def __repr__(self) -> str:
        num = len(self.lines)
        of_file = f" of {self.path}" if self.path else ""
        said = textwrap.shorten(self.text, SHOWN_LENGTH, placeholder=" …")
        return f"<Page{of_file}, {self.width_px}×{self.height_px} px, {num} line{'s' if num != 1 else ''}: {said!r}>"


class Reader:
    """Reads pages.

    It can be pickled, for a pool of processes; see `Recognizer`.

    Example:
        >>> print(Reader().read("receipt.jpg").text)
    """

    def __init__(self, recognizer: Recognizer | Path | str = "bundled", detector: Detector | None = None) -> None:
        """Put a reader together.

        Args:
            recognizer: reads the lines, or a model for one, as `Recognizer` takes it.
            detector: finds them; None takes the one of the rapidocr wheel.

        Raises:
            InputError: a model is missing.
        """
        self.recognizer = recognizer if isinstance(recognizer, Recognizer) else Recognizer(recognizer)
        self.detector = load_detector() if detector is None else detector

    def __repr__(self) -> str:
        return f"<Reader with {self.recognizer!r}>"

    def read_many(
        self, images: Iterable[ImageSource], *, on_error: Callable[[ImageSource, ImageError], None] | None = None
    ) -> Iterator[Page]:
        """Read pages one after the other, each when it is asked for; `Page.path` says which it is.

        Args:
            images: in a list, a generator or anything else to go through once.
            on_error: called with an image that cannot be read, and why; such a page is left out. None = its error is raised.

        Raises:
            ImageError: as `read`, where `on_error` is not given.
            InputError: one image, or nothing to go through, in place of a list.

        Example:
            >>> for page in Reader().read_many(Path("scans").glob("*.png"), on_error=lambda image, error: print(error)):
            ...     page.save(Path(page.path).with_suffix(".txt"))
        """
        check_several(images, "read_many")
        return self._pages(images, on_error)

    def _pages(
        self, images: Iterable[ImageSource], on_error: Callable[[ImageSource, ImageError], None] | None
    ) -> Iterator[Page]:
        for image in images:
            try:
                page = self.read(image)
            except ImageError as error:
                if on_error is None:
                    raise
                on_error(image, error)
            else:
                yield page

    def read(self, image: ImageSource) -> Page:
        """Find and read all lines of a page.

        A page that lies on its side or stands on its head is read upright, and says so in `rotation_deg`. A tall box may
        hold a line that runs up or down, or just a narrow letter: it is read as it stands and turned a quarter both ways, and
        the surest reading counts. Upright letters stacked in a column are not read as one line. A box that holds no line,
        such as a blank or an endless one, has an empty text with confidence 0.

        Args:
            image: whatever `image.load_image` takes, of at most `MAX_PAGE_PIXELS`.

        Raises:
            ImageError: the image cannot be decoded or is too large.
            InputError: the detector gives corners that are not numbers.
        """
        pixels = load_image(image, max_pixels=MAX_PAGE_PIXELS)
        height, width = pixels.shape[:2]
        boxes = self.detector(pixels)
        turns = 0
        if runs_down(boxes):
            turns = self._surer_turns(pixels, boxes, 1, 3)
        lines = [] if turns else self._read_lines(pixels, boxes)
        if not turns and certainty([lines[index][0] for index in longest(boxes)]) < SURE_FROM:
            turns = self._surer_turns(pixels, boxes, 2, 0)
        if turns:
            upright = np.ascontiguousarray(np.rot90(pixels, turns))
            boxes = self.detector(upright)
            lines = self._read_lines(upright, boxes)
        order = reading_order(boxes)
        boxes = to_original(boxes, turns, width, height)
        path = str(image) if isinstance(image, (str, Path)) else None
        return Page(width, height, tuple(_line(boxes[index], *lines[index]) for index in order), path, 90 * turns)

    def read_boxes(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> list[Line]:
        """Read lines whose boxes are known already.

        Args:
            pixels: (H, W, 3) uint8 RGB, a page that stands upright.
            boxes: (K, 4, 2) corners of each line, clockwise from the top left.

        Returns:
            The K lines, in the order of their boxes.
        """
        return [_line(box, *line) for box, line in zip(boxes, self._read_lines(pixels, boxes), strict=True)]

    def _read_lines(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> list[tuple[Reading, int]]:
        """What each box says and by how many quarters it was turned for that, in the order of the boxes."""
        crops = [cut_quad(pixels, box) for box in boxes]
        turns = [(0, 1, 3) if crop.shape[0] >= TALL_RATIO * crop.shape[1] else (0,) for crop in crops]
        readings = iter(
            self._read_crops([np.rot90(crop, k) for crop, some in zip(crops, turns, strict=True) for k in some])
        )
        of_boxes = [{k: next(readings) for k in some} for some in turns]
        return [(of_box[k], k) for of_box in of_boxes for k in (surest_direction(of_box),)]

    def _read_crops(self, crops: Sequence[NDArray[np.uint8]]) -> list[Reading]:
        """Read crops; one far too wide for a line, such as a rule that was taken for text, must not cost the page."""
        spec = self.recognizer.spec
        lines = []
        for crop in crops:
            try:
                lines.append(load_line(crop, spec))
            except ImageError as error:
                if error.code != "too_wide":
                    raise
                lines.append(nothing_to_read(spec))
        return self.recognizer.read_lines(lines)

    def _surer_turns(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], one: int, opposite: int) -> int:
        """That of two opposite directions in which the longest lines are read surely, and more so than in the other, or 0."""
        crops = [cut_quad(pixels, boxes[index]) for index in longest(boxes)]
        sure = {
            turns: certainty(self._read_crops([np.rot90(crop, turns) for crop in crops])) for turns in (one, opposite)
        }
        best, other = sorted(sure, key=lambda turns: sure[turns], reverse=True)
        return best if sure[best] >= max(TURNED_FROM, sure[other] + MARGIN) else 0


def _line(box: NDArray[np.float32], reading: Reading, turns: int) -> Line:
    """A line whose box was turned by `turns` quarters to be read."""
    along = np.roll(box, -turns, axis=0)
    corners = tuple((round(float(x), 1), round(float(y), 1)) for x, y in along)
    # The crop is wider than its box by a margin on either side.
    width, height = quad_size(along)
    margin = MARGIN_SHARE * min(width, height)
    edges = np.array([(one.left, one.right) for one in reading.characters]).reshape(-1, 2)
    edges = np.clip((edges * (width + 2 * margin) - margin) / max(width, 1.0), 0, 1)
    characters = tuple(
        replace(one, left=left, right=right)
        for one, (left, right) in zip(reading.characters, edges.tolist(), strict=True)
    )
    return Line(reading.text, reading.confidence, corners, reading.truncated, characters)
