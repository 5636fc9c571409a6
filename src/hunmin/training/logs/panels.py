"""Pictures for the log: the worst lines of a validation as one PNG that a person can read.

Each line stands with its label above what was read, column by column, so that a missing character shifts nothing; what differs is
tinted. Texts are set in the bundled face, and a character that it lacks is a frame with its code point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from hunmin.drawing import draw_text, missing_glyphs, text_width_px
from hunmin.evaluation.report import Report, ScoredLine
from hunmin.files import new_file
from hunmin.metrics import Column
from hunmin.spec import RecognizerSpec

NUM_LINES = 24
WIDTH_PX, MARGIN_PX, GAP_PX = 1400, 24, 18
PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX = 56, 560
TYPE_PX, SMALL_PX, LEADING_PX = 26.0, 15.0, 36
LEAST_TYPE_PX = 12.0

PAPER, INK, SOFT, RULE = (255, 255, 255), (28, 30, 34), (100, 106, 115), (227, 229, 233)
# Red: read for another. Amber: missed. Blue: too much. The second colour is the ink of the character itself.
SUBSTITUTED, DELETED, INSERTED = (
    ((251, 228, 231), (192, 38, 59)),
    ((253, 240, 216), (150, 88, 0)),
    ((230, 233, 251), (51, 64, 176)),
)


@dataclass(frozen=True)
class Panel:
    """The picture, and what it could not show."""

    image: Image.Image
    num_missing_glyphs: int
    """Characters drawn as code points, for the bundled face lacks them."""


def to_pixels(image: Tensor, width_px: int, spec: RecognizerSpec) -> NDArray[np.uint8]:
    """A model's input as a picture again.

    Args:
        image: (3, H, W) float32, as `image.preprocess` made it.
        width_px: how much of W is image.
        spec: whose mean and deviation were used.

    Returns:
        (H, width_px, 3) uint8 RGB.
    """
    pixels = (image[:, :, :width_px].float() * spec.std + spec.mean).clamp(0, 1).mul(255).round()
    array: NDArray[np.uint8] = pixels.to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return array


def draw_panel(title: str, report: Report, pictures: Mapping[int, NDArray[np.uint8]]) -> Panel:
    """Draw the worst lines, the very worst first.

    Args:
        title: name of the set and step.
        report: on the whole set.
        pictures: of lines, by their index in the report; a line without one shows its texts alone.
    """
    blocks = [_head(title, report)]
    num_missing = 0
    for index in report.worst(NUM_LINES):
        line = report.lines[index]
        num_missing += len(missing_glyphs(line.aligned.label)) + len(missing_glyphs(line.aligned.prediction))
        blocks.append(_block(line, pictures.get(index)))
    if num_missing:
        blocks.append(_note(f"{num_missing} characters are not in the font; they stand as code points"))
    sheet = Image.new("RGB", (WIDTH_PX, 2 * MARGIN_PX + sum(block.height for block in blocks)), PAPER)
    y = MARGIN_PX
    for block in blocks:
        sheet.paste(block, (MARGIN_PX, y))
        y += block.height
    return Panel(sheet, num_missing)


def write_png(panel: Panel, path: Path) -> None:
    """Write a panel; whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    with new_file(path) as partial:
        panel.image.save(partial, format="PNG")


def _head(title: str, report: Report) -> Image.Image:
    rates = report.scores.rates()
    figures = (
        f"{len(report.lines):,} lines · right {rates['exact']:.1%}, spaces aside {rates['exact_ns']:.1%} · "
        f"CER {rates['cer']:.1%}, spaces aside {rates['cer_ns']:.1%}"
    )
    head = _blank(76)
    pen = ImageDraw.Draw(head)
    draw_text(pen, (0, 16), title, TYPE_PX, INK)
    draw_text(pen, (0, 48), figures, SMALL_PX + 2, SOFT)
    return head


def _note(text: str) -> Image.Image:
    note = _blank(40)
    draw_text(ImageDraw.Draw(note), (0, 24), text, SMALL_PX, SOFT)
    return note


def _block(line: ScoredLine, picture: NDArray[np.uint8] | None) -> Image.Image:
    """One line: its picture beside its texts, or above them where they are long."""
    room = WIDTH_PX - 2 * MARGIN_PX
    texts = _texts(line.aligned.columns)
    shown = _scaled(picture, PICTURE_WIDTH_PX) if picture is not None else Image.new("RGB", (1, 1), PAPER)
    beside = shown.width + GAP_PX + texts.width <= room
    if picture is not None and not beside:
        shown = _scaled(picture, room)
    left, top = (shown.width + GAP_PX, 0) if beside else (0, shown.height + 6)
    about = " · ".join(
        part
        for part in (
            f"{line.scores.spaced.num_edits} edits, {line.scores.spaced.num_characters} characters",
            f"confidence {line.prediction.confidence:.2f}",
            line.prediction.kind,
            line.prediction.path,
        )
        if part
    )
    bottom = max(shown.height if beside else 0, top + texts.height)
    block = _blank(bottom + 42)
    pen = ImageDraw.Draw(block)
    pen.line((0, 0, block.width, 0), fill=RULE)
    block.paste(shown, (0, 10))
    block.paste(texts, (left, 10 + top))
    draw_text(pen, (0, bottom + 26), about, SMALL_PX, SOFT)
    return block


def _scaled(picture: NDArray[np.uint8], width_px: int) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(picture))
    scale = min(PICTURE_HEIGHT_PX / image.height, width_px / image.width)
    return image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BICUBIC
    )


def _texts(columns: Sequence[Column]) -> Image.Image:
    """Label and prediction, one above the other, in type that fits the panel."""
    room = WIDTH_PX - 2 * MARGIN_PX
    type_px = TYPE_PX
    while (width := _width_px(columns, type_px)) > room and type_px > LEAST_TYPE_PX:
        type_px *= max(0.6, room / width) * 0.99
    texts = Image.new("RGB", (max(1, round(width)), 2 * LEADING_PX), PAPER)
    pen = ImageDraw.Draw(texts)
    x = 0.0
    for same, wanted, read in _runs(columns):
        step = max(text_width_px(wanted, type_px), text_width_px(read, type_px))
        if same:
            draw_text(pen, (x, LEADING_PX / 2), wanted, type_px, INK)
            draw_text(pen, (x, LEADING_PX * 1.5), read, type_px, INK)
        else:
            tint, ink = SUBSTITUTED if wanted and read else DELETED if wanted else INSERTED
            pen.rectangle((x, 1, x + step - 1, 2 * LEADING_PX - 2), fill=tint)
            _draw_one(pen, x, LEADING_PX / 2, wanted, type_px, INK if read else ink)
            _draw_one(pen, x, LEADING_PX * 1.5, read, type_px, ink)
        x += step
    return texts


def _runs(columns: Sequence[Column]) -> list[tuple[bool, str, str]]:
    """Whether the texts agree, and the texts: runs where they do, single columns where they do not."""
    runs: list[tuple[bool, str, str]] = []
    for same, run in groupby(columns, key=lambda column: column.wanted == column.read):
        if same:
            text = "".join(column.wanted for column in run)
            runs.append((True, text, text))
        else:
            runs += ((False, column.wanted, column.read) for column in run)
    return runs


def _width_px(columns: Sequence[Column], type_px: float) -> float:
    return sum(max(text_width_px(wanted, type_px), text_width_px(read, type_px)) for _, wanted, read in _runs(columns))


def _draw_one(
    pen: ImageDraw.ImageDraw, x: float, middle: float, text: str, type_px: float, ink: tuple[int, int, int]
) -> None:
    """A character that differs; a space as an open box, for nobody sees it otherwise."""
    if text != " ":
        draw_text(pen, (x, middle), text, type_px, ink)
        return
    right, low, high = x + text_width_px(" ", type_px) - 1, middle + 0.36 * type_px, middle + 0.16 * type_px
    pen.line((x, high, x, low, right, low, right, high), fill=ink, width=2)


def _blank(height_px: int) -> Image.Image:
    return Image.new("RGB", (WIDTH_PX - 2 * MARGIN_PX, height_px), PAPER)
