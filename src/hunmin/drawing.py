"""Text in pictures: one bundled face, and no character that silently fails to show.

A face draws nothing, or one and the same box, for every character that it lacks; in a log nobody can tell any more what was
read. Here such a character becomes a frame with its code point, U+4E2D, and whoever draws can count them.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

from hunmin.font_manifest import BUNDLED_FONTS, Face, read_manifest

CODE_POINT_SHARE = 0.58
"""Size of the type inside a frame, as a share of the text around it."""
FRAME_PAD_SHARE = 0.14
"""Room left and right inside a frame, likewise."""


@cache
def gothic() -> Face:
    """The bundled gothic face with the widest coverage, which texts are shown in."""
    faces = [face for face in read_manifest(BUNDLED_FONTS) if face.style == "gothic"]
    return max(faces, key=lambda face: len(face.coverage))


def missing_glyphs(text: str) -> list[str]:
    """The characters of `text`, in order and as often as they stand there, that the face cannot draw."""
    return [character for character in text if character not in gothic().coverage]


def code_point(character: str) -> str:
    """What stands in the frame of a character that cannot be drawn: `U+4E2D`."""
    return f"U+{ord(character):04X}"


def text_width_px(text: str, size_px: float) -> float:
    """How wide `draw_text` will draw."""
    return sum(
        _font(size_px).getlength(piece) if drawable else _frame_width_px(piece, size_px)
        for piece, drawable in _pieces(text)
    )


def draw_text(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size_px: float,
    fill: int | tuple[int, int, int],
) -> float:
    """Draw one line of text; characters that the face lacks as frames with their code points.

    Args:
        pen: of the picture.
        place: x of the left end, y of the middle of the line.
        text: any characters at all.
        size_px: of the type.
        fill: ink; a number in grey pictures.

    Returns:
        The width in pixels.
    """
    left, middle = place
    x = left
    for piece, drawable in _pieces(text):
        if drawable:
            pen.text((x, middle), piece, fill=fill, font=_font(size_px), anchor="lm")
            x += _font(size_px).getlength(piece)
        else:
            width = _frame_width_px(piece, size_px)
            edge = max(1.0, 0.04 * size_px)
            top, bottom = middle - 0.42 * size_px, middle + 0.42 * size_px
            pen.rectangle((x + edge, top, x + width - edge, bottom), outline=fill, width=round(edge))
            font = _font(CODE_POINT_SHARE * size_px)
            pen.text((x + width / 2, middle), code_point(piece), fill=fill, font=font, anchor="mm")
            x += width
    return x - left


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of characters that can be drawn, and each one that cannot by itself."""
    coverage = gothic().coverage
    for drawable, run in groupby(text, key=lambda character: character in coverage):
        if drawable:
            yield "".join(run), True
        else:
            yield from ((character, False) for character in run)


def _frame_width_px(character: str, size_px: float) -> float:
    inside = _font(CODE_POINT_SHARE * size_px).getlength(code_point(character))
    return inside + 2 * FRAME_PAD_SHARE * size_px


@lru_cache(maxsize=64)
def _font_of_size(quarter_px: int) -> ImageFont.FreeTypeFont:
    face = gothic()
    # The basic layout engine gives the same pixels with and without libraqm.
    return ImageFont.truetype(face.path, quarter_px / 4, face.index, layout_engine=ImageFont.Layout.BASIC)


def _font(size_px: float) -> ImageFont.FreeTypeFont:
    return _font_of_size(max(4, round(4 * size_px)))
