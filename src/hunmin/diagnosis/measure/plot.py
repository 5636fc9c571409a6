"""A small picture of losses against learning rates, for the report."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.synth.fonts.faces import bundled_faces

WIDTH_PX, HEIGHT_PX, MARGIN_PX, FONT_PX, DOT_PX = 480, 260, 44, 13, 4


def draw_losses(points: Sequence[tuple[float, float]], *, ring: float, line: float) -> NDArray[np.uint8]:
    """Loss against learning rate, the rate on a logarithmic axis.

    Args:
        points: rates and losses, by rising rate; at least one.
        ring: the rate whose point gets a ring.
        line: a loss to compare with, drawn as a dashed line.

    Returns:
        (HEIGHT_PX, WIDTH_PX, 3) uint8.
    """
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(bundled_faces()[0].path), FONT_PX)
    top = 1.1 * max(line, *(loss for _, loss in points))
    left, right = math.log(points[0][0]) - 0.5, math.log(points[-1][0]) + 0.5

    def place(rate: float, loss: float) -> tuple[float, float]:
        x = MARGIN_PX + (math.log(rate) - left) / (right - left) * (WIDTH_PX - 2 * MARGIN_PX)
        return x, HEIGHT_PX - MARGIN_PX - loss / top * (HEIGHT_PX - 2 * MARGIN_PX)

    bottom = HEIGHT_PX - MARGIN_PX
    pen.line([(MARGIN_PX, MARGIN_PX), (MARGIN_PX, bottom), (WIDTH_PX - MARGIN_PX, bottom)], fill="black")
    _, height = place(1.0, line)
    for dash in range(MARGIN_PX, WIDTH_PX - MARGIN_PX, 10):
        pen.line([(dash, height), (dash + 5, height)], fill="gray")
    for loss in (0.0, line, top / 1.1):
        pen.text((4, place(1.0, loss)[1] - FONT_PX / 2), f"{loss:.1f}", fill="black", font=font)
    pen.line([place(rate, loss) for rate, loss in points], fill="steelblue", width=2)
    for rate, loss in points:
        x, y = place(rate, loss)
        radius = 2 * DOT_PX if rate == ring else DOT_PX
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline="steelblue", fill="white", width=3)
        # The configured rate may stand close to one of the others; its name goes above its ring.
        at, anchor = ((x, y - 2 * radius), "ms") if rate == ring else ((x, bottom + 6), "ma")
        pen.text(at, f"{rate:g}", fill="black", font=font, anchor=anchor)
    return np.asarray(image)
