"""A font whose glyphs have no area, for text that is selected, copied and found, but not seen.

Each glyph is one line across its box, so that it has an extent (PDFium leaves out single characters without one), and nothing
to fill. Glyphs differ in their advance alone. A PDF says which characters its codes stand for (/ToUnicode) and which glyph
each has (/CIDToGIDMap), so a handful of glyphs serve all of Unicode, and the font program is smaller than a kilobyte.
"""

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

UNITS_PER_EM: Final = 1000
ASCENT: Final = 880
DESCENT: Final = -120
"""As Korean fonts have it: what is selected covers the line's box."""


def font_program(advances: Sequence[int]) -> bytes:
    """A TrueType font of such glyphs (OpenType 1.9, the tables that PDF 32000-1 section 9.9 asks of an embedded one).

    Args:
        advances: of each glyph, in thousandths of an em; that of glyph 0 first.
    """
    num_glyphs = len(advances)
    glyphs = [_glyph(advance) for advance in advances]
    tables = {
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh",
            0x00010000, 0x00010000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, 0, 0, 0, DESCENT, UNITS_PER_EM, ASCENT, 0, 8, 2, 1, 0,
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhh8xhH", 0x00010000, ASCENT, DESCENT, 0, max(advances), 0, 0, UNITS_PER_EM, 1, 0, 0, 0, num_glyphs
        ),
        b"hmtx": b"".join(struct.pack(">Hh", advance, 0) for advance in advances),
        b"loca": struct.pack(f">{num_glyphs + 1}I", *accumulate(map(len, glyphs), initial=0)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x00010000, num_glyphs, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    head_at = 12 + 16 * len(tables)
    directory, body, checked = b"", b"", 0
    for tag, content in tables.items():
        padded = content + bytes(-len(content) % 4)
        entry = struct.pack(">4sIII", tag, _checksum(padded), head_at + len(body), len(content))
        directory, body, checked = directory + entry, body + padded, checked + _checksum(padded)
    power = len(tables).bit_length() - 1
    header = struct.pack(">IHHHH", 0x00010000, len(tables), 16 << power, power, 16 * len(tables) - (16 << power))
    whole = header + directory + body
    adjustment = (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF
    where = whole.index(tables[b"head"]) + 8
    return whole[:where] + struct.pack(">I", adjustment) + whole[where + 4 :]


def to_unicode(characters: Sequence[str]) -> bytes:
    """The CMap that says which character each code stands for; codes are 1, 2, … in two bytes (PDF 32000-1, 9.10.3)."""
    lines = [
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def", "/CMapType 2 def",
        "1 begincodespacerange", "<0000> <FFFF>", "endcodespacerange",
    ]  # fmt: skip
    most = 100  # in one block, as Adobe's technical note 5014 has it
    for start in range(0, len(characters), most):
        block = characters[start : start + most]
        lines.append(f"{len(block)} beginbfchar")
        lines += [
            f"<{code:04X}> <{character.encode('utf-16-be').hex().upper()}>"
            for code, character in enumerate(block, start + 1)
        ]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return ("\n".join(lines) + "\n").encode("ascii")


def _glyph(advance: int) -> bytes:
    """One contour of two points, from the lower left to the upper right corner of the glyph's box."""
    on_curve = 1
    header = struct.pack(">hhhhh", 1, 0, DESCENT, advance, ASCENT)
    points = struct.pack(">HHBBhhhh", 1, 0, on_curve, on_curve, 0, advance, DESCENT, ASCENT - DESCENT)
    return header + points + bytes(-len(header + points) % 4)


def _checksum(padded: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
