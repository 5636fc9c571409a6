"""WOFF and WOFF2 files as the plain fonts that they were before they were compressed for the web.

FreeType reads both, but unpacks the whole file for every size that a face is opened in; unpacked once, the file is mapped
into memory. fontTools rebuilds the outlines of a WOFF2 file point by point, up to a minute for a Korean face; here they are
rebuilt for all glyphs at once.

Source: WOFF File Format 2.0 (W3C Recommendation, 2024), sections 5.1 (glyf), 5.3 (loca), 5.4 (hmtx) and 6.1.1 (numbers).
G glyphs, C contours, P points of the whole font.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEB_FONT_SUFFIXES = frozenset({".woff", ".woff2"})

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# Sizes of the seven streams follow the version, the options, the number of glyphs and the format of loca.
_HEADER = ">HHHH7I"
_HAS_OVERLAP_BITS = 1
# Bits of a component in a composite glyph (OpenType, glyf).
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX, _INSTRUCTIONS = 0x1, 0x8, 0x20, 0x40, 0x80, 0x100
# Bits of a point in a simple glyph (OpenType, glyf); y's are one further left.
_ON_CURVE, _X_IS_BYTE, _X_SAME_OR_POSITIVE, _OVERLAP = 0x1, 0x2, 0x10, 0x40
# Numbers of one to three bytes: below this the byte itself.
_WORD_FOLLOWS, _ADD_506, _ADD_253 = 253, 254, 255


def unpack(content: bytes) -> bytes:
    """The TrueType or OpenType file inside a WOFF or WOFF2 file.

    Raises:
        TTLibError, ValueError, IndexError, struct.error: the file is damaged.
        ImportError: brotli is not installed.
    """
    import brotli
    from fontTools.ttLib import TTFont

    plain = BytesIO()
    try:
        with TTFont(BytesIO(content), lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
            if font.flavor == "woff2" and "glyf" in font.reader.tables and font.reader.tables["glyf"].transformed:
                _rebuild_outlines(font)
            font.flavor = None
            font.save(plain, reorderTables=False)
    except (brotli.error, zlib.error) as error:
        raise ValueError(f"compressed data are damaged ({error})") from error
    return plain.getvalue()


@dataclass(frozen=True, slots=True)
class _Outlines:
    """What the transformed glyf table becomes."""

    glyf: bytes
    loca: bytes
    """Of 32-bit offsets."""
    x_min: Ints
    """(G,) left edges, for the side bearings that hmtx left out."""


def _rebuild_outlines(font: Any) -> None:
    """Put plain tables where the reader would rebuild transformed ones."""
    reader = font.reader
    tables = reader.tables
    outlines = _outlines(tables["glyf"].loadData(reader.transformBuffer))
    tables["glyf"].data, tables["loca"].data = outlines.glyf, outlines.loca
    font["head"].indexToLocFormat = 1
    if tables["hmtx"].transformed:
        data = tables["hmtx"].loadData(reader.transformBuffer)
        tables["hmtx"].data = _metrics(data, outlines.x_min, font["hhea"].numberOfHMetrics)


def _metrics(data: bytes, x_min: Ints, num_advances: int) -> bytes:
    """The hmtx table; what it leaves out are left edges of outlines."""
    lacks_own, lacks_shared = data[0] & 1, data[0] & 2
    words = np.frombuffer(data, ">i2", offset=1)
    advances, rest = words[:num_advances], words[num_advances:]
    own = x_min[:num_advances] if lacks_own else rest[:num_advances]
    shared = x_min[num_advances:] if lacks_shared else rest[len(rest) - (len(x_min) - num_advances) :]
    return np.stack([advances, own], axis=1).astype(">i2").tobytes() + shared.astype(">i2").tobytes()


@dataclass(frozen=True, slots=True)
class _Transformed:
    """The transformed glyf table, cut into its streams."""

    num_contours: Ints
    """(G,) contours of each glyph; 0 = blank, -1 = composed of others."""
    points_in_contour: Ints
    """(C,)"""
    flags: Ints
    """(P,) kind of each point's step in the lower seven bits; the eighth is set off the curve."""
    steps: bytes
    """Of each glyph the bytes of its points' steps, then how many bytes of instructions it has."""
    composites: bytes
    """Components of composite glyphs."""
    has_box: NDArray[np.bool_]
    """(G,) True = the glyph's box is given, and need not be the one around its points."""
    boxes: Ints
    """(…, 4) the given boxes, in order: x_min, y_min, x_max, y_max."""
    instructions: bytes
    overlaps: NDArray[np.bool_]
    """(G,) True = a simple glyph whose contours overlap."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts of each glyph stand in the streams."""

    steps_at: Ints
    """(G,) of simple glyphs, in `steps`."""
    components: dict[int, bytes]
    """Composite glyph → its components."""
    instruction_sizes: list[int]
    """(G,) in bytes."""


def _outlines(data: bytes) -> _Outlines:
    table = _cut(data)
    contour_ends = _starts(table.points_in_contour)  # (C+1,) of points
    first_contour = _starts(np.maximum(table.num_contours, 0))  # (G+1,) of contours
    first_point = contour_ends[first_contour]  # (G+1,) of points
    step_bytes = _starts(_TRIPLET_BYTES[table.flags & 0x7F])  # (P+1,)
    layout = _lay_out(table, np.diff(step_bytes[first_point]))
    glyph_of_point = np.repeat(np.arange(len(table.num_contours)), np.diff(first_point))
    steps_at = layout.steps_at[glyph_of_point] + step_bytes[:-1] - step_bytes[first_point[glyph_of_point]]
    dx, dy = _steps(table.flags, np.frombuffer(table.steps, np.uint8).astype(np.int64), steps_at)
    boxes = _boxes(dx, dy, first_point)
    boxes[table.has_box] = table.boxes
    simple = _simple_outlines(table, (contour_ends, first_contour, first_point), (dx, dy))

    parts: list[bytes] = []
    sizes = np.zeros(len(table.num_contours), np.int64)
    read = 0
    for glyph in np.flatnonzero(table.num_contours).tolist():
        size = layout.instruction_sizes[glyph]
        code, read = table.instructions[read : read + size], read + size
        head, counted = struct.pack(">5h", table.num_contours[glyph], *boxes[glyph]), struct.pack(">H", size) + code
        if glyph in layout.components:
            outline = head + layout.components[glyph] + (counted if size else b"")
        else:
            ends, points = simple(glyph)
            outline = head + ends + counted + points
        parts.append(outline + bytes(-len(outline) % 4))
        sizes[glyph] = len(parts[-1])
    return _Outlines(b"".join(parts), _starts(sizes).astype(">u4").tobytes(), boxes[:, 0])


def _cut(data: bytes) -> _Transformed:
    _, options, num_glyphs, _, *sizes = struct.unpack_from(_HEADER, data)
    ends = (struct.calcsize(_HEADER) + np.cumsum([0, *sizes])).tolist()
    contours, points, flags, steps, composites, boxes, instructions = (data[a:b] for a, b in pairwise(ends))
    bitmap_size = (num_glyphs + 31) // 32 * 4
    return _Transformed(
        num_contours=np.frombuffer(contours, ">i2").astype(np.int64),
        points_in_contour=_all_numbers(points),
        flags=np.frombuffer(flags, np.uint8).astype(np.int64),
        steps=steps,
        composites=composites,
        has_box=_bits(boxes[:bitmap_size], num_glyphs),
        boxes=np.frombuffer(boxes[bitmap_size:], ">i2").reshape(-1, 4).astype(np.int64),
        instructions=instructions,
        overlaps=_bits(data[ends[-1] :], num_glyphs) if options & _HAS_OVERLAP_BITS else np.zeros(num_glyphs, bool),
    )


def _lay_out(table: _Transformed, step_bytes: Ints) -> _Layout:
    """Walk through the streams glyph by glyph; `step_bytes` (G,) are what the steps of each simple glyph take."""
    steps_at = np.zeros(len(step_bytes), np.int64)
    components: dict[int, bytes] = {}
    instruction_sizes = [0] * len(step_bytes)
    at = composite_at = 0
    for glyph, (contours, num_bytes) in enumerate(zip(table.num_contours.tolist(), step_bytes.tolist(), strict=True)):
        if contours < 0:
            composite_end, has_instructions = _end_of_composite(table.composites, composite_at)
            components[glyph] = table.composites[composite_at:composite_end]
            composite_at = composite_end
        else:
            steps_at[glyph] = at
            at, has_instructions = at + num_bytes, contours > 0
        if has_instructions:
            instruction_sizes[glyph], at = _number(table.steps, at)
    return _Layout(steps_at, components, instruction_sizes)


def _simple_outlines(
    table: _Transformed, starts: tuple[Ints, Ints, Ints], steps: tuple[Ints, Ints]
) -> Callable[[int], tuple[bytes, bytes]]:
    """For a simple glyph the last points of its contours, and its points, as the glyf table holds both."""
    contour_ends, first_contour, first_point = starts
    x_flags, x_bytes, x_at = _shortest(steps[0])
    y_flags, y_bytes, y_at = _shortest(steps[1])
    flags = np.where(table.flags & 0x80, 0, _ON_CURVE) | x_flags | y_flags << 1
    flags[first_point[:-1][table.overlaps & (table.num_contours > 0)]] |= _OVERLAP
    flag_bytes = flags.astype(np.uint8).tobytes()
    ends = contour_ends[1:] - 1 - np.repeat(first_point[:-1], np.diff(first_contour))
    end_bytes = ends.astype(">u2").tobytes()

    def outline(glyph: int) -> tuple[bytes, bytes]:
        p0, p1 = first_point[glyph], first_point[glyph + 1]
        return (
            end_bytes[2 * first_contour[glyph] : 2 * first_contour[glyph + 1]],
            flag_bytes[p0:p1] + x_bytes[x_at[p0] : x_at[p1]] + y_bytes[y_at[p0] : y_at[p1]],
        )

    return outline


def _bits(data: bytes, number: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(data, np.uint8))[:number].astype(bool)


def _starts(sizes: Ints) -> Ints:
    """Where each of several pieces begins, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to three bytes (255UInt16), and where the next one begins."""
    code = data[at]
    if code == _WORD_FOLLOWS:
        return data[at + 1] << 8 | data[at + 2], at + 3
    if code == _ADD_506:
        return data[at + 1] + 2 * _WORD_FOLLOWS, at + 2
    if code == _ADD_253:
        return data[at + 1] + _WORD_FOLLOWS, at + 2
    return code, at + 1


def _all_numbers(data: bytes) -> Ints:
    numbers, at = [], 0
    while at < len(data):
        number, at = _number(data, at)
        numbers.append(number)
    return np.array(numbers, np.int64)


def _end_of_composite(data: bytes, at: int) -> tuple[int, bool]:
    """Where the components that begin at `at` end, and whether instructions belong to them."""
    has_instructions, more = False, True
    while more:
        bits = data[at] << 8 | data[at + 1]
        at += 4 + (4 if bits & _WORDS else 2)
        at += 2 if bits & _SCALE else 4 if bits & _TWO_SCALES else 8 if bits & _MATRIX else 0
        has_instructions |= bool(bits & _INSTRUCTIONS)
        more = bool(bits & _MORE)
    return at, has_instructions


# How many bytes after a point's flag hold its step, by the flag's lower seven bits.
_TRIPLET_BYTES = np.repeat(np.array([1, 2, 3, 4], np.int64), [84, 36, 4, 4])


def _steps(flags: Ints, data: Ints, at: Ints) -> tuple[Ints, Ints]:
    """(P,) steps from point to point in x and y, from the triplets (flag, bytes at `at`)."""
    kind = flags & 0x7F
    padded = np.concatenate([data, np.zeros(4, np.int64)])
    b0, b1, b2, b3 = (padded[at + i] for i in range(4))
    byte, two = kind - 20, kind - 84
    ranges = [kind < 10, kind < 20, kind < 84, kind < 120, kind < 124]  # noqa: PLR2004 - the rows of the table
    x = np.select(
        ranges,
        [
            np.zeros_like(kind),
            ((kind - 10 & 14) << 7) + b0,
            1 + (byte & 0x30) + (b0 >> 4),
            1 + (two // 12 << 8) + b0,
            (b0 << 4) + (b1 >> 4),
        ],
        (b0 << 8) + b1,
    )
    y = np.select(
        ranges,
        [
            ((kind & 14) << 7) + b0,
            np.zeros_like(kind),
            1 + ((byte & 0x0C) << 2) + (b0 & 0x0F),
            1 + (two % 12 >> 2 << 8) + b1,
            ((b1 & 0x0F) << 8) + b2,
        ],
        (b2 << 8) + b3,
    )
    # Where only y moves, the lowest bit is its sign.
    y_sign = np.where(ranges[0], flags, flags >> 1) & 1
    return np.where(flags & 1, x, -x), np.where(y_sign, y, -y)


def _boxes(dx: Ints, dy: Ints, first_point: Ints) -> Ints:
    """(G, 4) x_min, y_min, x_max, y_max of the points of each glyph; 0 for a glyph without points."""
    boxes = np.zeros((len(first_point) - 1, 4), np.int64)
    drawn = np.flatnonzero(np.diff(first_point))
    if not len(drawn):
        return boxes
    begin = first_point[drawn]
    for column, steps in enumerate((dx, dy)):
        travelled = np.cumsum(steps)
        before = travelled[begin] - steps[begin]
        boxes[drawn, column] = np.minimum.reduceat(travelled, begin) - before
        boxes[drawn, column + 2] = np.maximum.reduceat(travelled, begin) - before
    return boxes


def _shortest(steps: Ints) -> tuple[Ints, bytes, Ints]:
    """Steps in x as the glyf table holds them: their flag bits, their bytes, and (P+1,) where each step's bytes begin."""
    size = np.abs(steps)
    num_bytes = np.select([size == 0, size < 256], [0, 1], 2)  # noqa: PLR2004 - what one byte holds
    flags = np.select(
        [num_bytes == 0, num_bytes == 1],
        [_X_SAME_OR_POSITIVE, _X_IS_BYTE | np.where(steps > 0, _X_SAME_OR_POSITIVE, 0)],
        0,
    )
    at = _starts(num_bytes)
    data = np.zeros(at[-1], np.uint8)
    one, two = num_bytes == 1, num_bytes == 2  # noqa: PLR2004
    data[at[:-1][one]] = size[one]
    data[at[:-1][two]] = steps[two] >> 8 & 0xFF
    data[at[:-1][two] + 1] = steps[two] & 0xFF
    return flags, data.tobytes(), at
