"""A sheet of pages with the boxes of their lines, words and characters."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text
from hunmin.files import new_file
from hunmin.synth.lines.colour import is_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page

_COLUMNS, _WIDTH, _GAP, _TITLE, _TYPE_PX = 3, 720, 10, 22, 13
_GROUND, _LINE, _WORD, _CHARACTER = (226, 228, 234), (30, 90, 220), (220, 120, 20), (220, 40, 40)


def draw_pages(pages: Sequence[tuple[str, Page]], path: Path, characters: bool = False) -> None:
    """Write a PNG of pages in three columns, each below its title, lines outlined in blue and words in orange.

    Args:
        pages: title and page.
        path: where to write; replaced only once the sheet is complete.
        characters: outline every character in red, too.

    Raises:
        InputError: the file cannot be written.
    """
    bottoms = [_GAP] * _COLUMNS
    placed = []
    for title, page in pages:
        tile = Image.fromarray(outlined(page, characters))
        tile = tile.resize((_WIDTH, max(round(tile.height * _WIDTH / tile.width), 1)))
        column = int(np.argmin(bottoms))
        placed.append((title, tile, _GAP + column * (_WIDTH + _GAP), bottoms[column]))
        bottoms[column] += tile.height + _TITLE + _GAP
    sheet = Image.new("RGB", (_GAP + _COLUMNS * (_WIDTH + _GAP), max(bottoms)), _GROUND)
    pen = ImageDraw.Draw(sheet)
    for title, tile, x, y in placed:
        draw_text(pen, (x, y + _TITLE // 2), title, _TYPE_PX, (60, 60, 70))
        sheet.paste(tile, (x, y + _TITLE))
    with new_file(path) as partial:
        sheet.save(partial, format="PNG")


def outlined(page: Page, characters: bool) -> Pixels:
    """(H, W, 3) the page with its boxes drawn on it."""
    image = cv2.merge((page.image,) * 3) if is_grey(page.image) else page.image.copy()
    for line in page.lines:
        corners = page.corners[line.first : line.end]
        if characters:
            cv2.polylines(image, list(np.rint(corners).astype(np.int32)), True, _CHARACTER)
        spans = [(start, end, _WORD) for start, end in line.words()]
        for start, end, colour in [*spans, (0, len(line.text), _LINE)]:
            box = page.outline(line.first + start, line.first + end).corners()
            cv2.polylines(image, [np.rint(box).astype(np.int32)], True, colour)
    return image
