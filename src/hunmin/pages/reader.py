"""Reading pages: find the lines, cut them out, read them, put them in order.

Legend: K lines, H W pixels.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import ImageError
from hunmin.image import MAX_PAGE_PIXELS, MIN_SIDE_PX, ImageSource, load_image
from hunmin.pages.cut import MARGIN_SHARE, cut_quad, quad_size
from hunmin.pages.detector import Detector, load_detector
from hunmin.pages.direction import (
    MARGIN,
    NUM_SYLLABLES,
    SURE_FROM,
    TALL_RATIO,
    TURNED_FROM,
    certainty,
    longest,
    num_same,
    runs_down,
    surest_direction,
    to_original,
)
from hunmin.pages.line import Line
from hunmin.pages.page import Page
from hunmin.pages.reading_order import reading_order
from hunmin.pages.skew import skew_deg
from hunmin.recognize.line_image import load_line, nothing_to_read
from hunmin.recognize.recognizer import Reading, Recognizer, check_several
from hunmin.text.hangul import is_syllable


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
        hold a line that runs up or down, a column of upright characters, or just a narrow letter: it is read as it stands and
        turned a quarter both ways, and the surest reading counts. Lines that run down are read from the right to the left. A
        box that holds no line, such as a blank or an endless one, has an empty text with confidence 0.

        Args:
            image: whatever `image.load_image` takes, of at most `MAX_PAGE_PIXELS`.

        Raises:
            ImageError: the image cannot be decoded or is too large.
            InputError: the detector gives corners that are not numbers.
        """
        pixels = load_image(image, max_pixels=MAX_PAGE_PIXELS)
        height, width = pixels.shape[:2]
        boxes = self.detector(pixels)
        turns, upright = 0, pixels
        if runs_down(boxes):
            turns = self._surer_turns(pixels, boxes, 1, 3)
        lines = [] if turns else self._read_lines(pixels, boxes)
        if not turns and certainty([lines[index][0] for index in longest(boxes)]) < SURE_FROM:
            turns = self._surer_turns(pixels, boxes, 2, 0)
        # The columns of vertical writing are found and ordered as the lines of a page that lies on its side.
        is_vertical = turns == 1 and self._is_vertical_writing(pixels, boxes)
        if turns:
            upright = np.ascontiguousarray(np.rot90(pixels, turns))
            boxes = self.detector(upright)
            lines = self._read_lines(upright, boxes)
        order = reading_order(boxes, [turned == 1 for _, turned in lines])
        skew = skew_deg(upright, boxes)
        boxes = to_original(boxes, turns, width, height)
        path = str(image) if isinstance(image, (str, Path)) else None
        read = tuple(_line(boxes[index], *lines[index]) for index in order)
        return Page(width, height, read, path, 0 if is_vertical else 90 * turns, skew)

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

    def _is_vertical_writing(self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> bool:
        """Whether lines that run down are columns of upright syllables, not lines of a page that lies on its side."""
        lying = [np.rot90(cut_quad(pixels, boxes[index])) for index in longest(boxes)]
        cells, texts = [], []
        for crop, reading in zip(lying, self._read_crops(lying), strict=True):
            syllables = [one for one in reading.characters if is_syllable(one.text)]
            for one in syllables[:NUM_SYLLABLES]:
                left, right = round(one.left * crop.shape[1]), round(one.right * crop.shape[1])
                if right - left >= MIN_SIDE_PX:
                    cells.append(crop[:, left:right])
                    texts.append(one.text)
        upright, of_sideways = self._read_crops([np.rot90(cell, -1) for cell in cells]), self._read_crops(cells)
        return num_same(upright, texts) > num_same(of_sideways, texts)


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
