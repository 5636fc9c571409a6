"""A contact sheet: what a generator draws, by kind, with its labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from hunmin.data.sample import Sample
from hunmin.drawing import draw_text, text_width_px
from hunmin.files import new_file

_WIDTH, _ROW, _LABEL, _GAP = 1600, 48, 17, 8
_TYPE_PX = 13
_GROUND, _BOX = (226, 228, 234), (220, 40, 40)


def draw_sheet(samples: Sequence[Sample], path: Path, boxes: bool = False) -> None:
    """Write a PNG of all samples at one height, grouped by kind, each above its label.

    Args:
        samples: any number; wide ones are shrunk to the sheet.
        path: where to write; replaced only once the sheet is complete.
        boxes: outline every character's box.

    Raises:
        InputError: the file cannot be written.
    """
    tiles: dict[str, list[Image.Image]] = {}
    for sample in samples:
        tiles.setdefault(sample.kind, []).append(_tile(sample, boxes))
    placed: list[tuple[Image.Image, int, int]] = []
    y = _GAP
    for kind, group in tiles.items():
        title = Image.new("RGB", (_WIDTH - 2 * _GAP, 24), _GROUND)
        draw_text(ImageDraw.Draw(title), (0, 10), f"{kind or 'line'} · {len(group)}", _TYPE_PX, (60, 60, 70))
        placed.append((title, _GAP, y))
        x, y = _GAP, y + 24
        for tile in group:
            if x > _GAP and x + tile.width > _WIDTH - _GAP:
                x, y = _GAP, y + tile.height + _GAP
            placed.append((tile, x, y))
            x += tile.width + _GAP
        y += _ROW + _LABEL + 2 * _GAP
    sheet = Image.new("RGB", (_WIDTH, y), _GROUND)
    for tile, x, top in placed:
        sheet.paste(tile, (x, top))
    with new_file(path) as partial:
        sheet.save(partial, format="PNG")


def _tile(sample: Sample, boxes: bool) -> Image.Image:
    """The picture brought to a row's height, its label below."""
    image = Image.fromarray(np.ascontiguousarray(sample.image)).convert("RGB")
    scale = min(_ROW / image.height, (_WIDTH - 2 * _GAP) / image.width)
    image = image.resize((max(round(image.width * scale), 1), max(round(image.height * scale), 1)))
    if boxes and sample.boxes is not None:
        pen = ImageDraw.Draw(image)
        for box in sample.boxes * scale:
            pen.rectangle([float(edge) for edge in box], outline=_BOX)
    width = min(max(image.width, round(text_width_px(sample.text, _TYPE_PX)) + 2), _WIDTH - 2 * _GAP)
    tile = Image.new("RGB", (width, _ROW + _LABEL), _GROUND)
    tile.paste(image, (0, 0))
    draw_text(ImageDraw.Draw(tile), (0, _ROW + 1 + _LABEL // 2), sample.text, _TYPE_PX, (20, 20, 20))
    return tile
