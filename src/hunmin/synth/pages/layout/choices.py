"""What page types have in common: faces, sizes, inks and sheets to choose."""

from collections.abc import Mapping
from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.lines.colour import Colour
from hunmin.synth.lines.picture import DRAWN_EM_PX
from hunmin.synth.lines.render import Hand
from hunmin.synth.pages.layout.setting import Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

Styles = Mapping[str, float]

PRINT: Styles = {"myeongjo": 50, "gothic": 46, "typewriter": 2, "mono": 2}
OFFICE: Styles = {"gothic": 62, "myeongjo": 36, "mono": 2}
HEADLINES: Styles = {"gothic": 56, "myeongjo": 28, "display": 16}
DISPLAYS: Styles = {"gothic": 52, "display": 34, "myeongjo": 6, "brush": 5, "handwriting": 3}
SCREENS: Styles = {"gothic": 78, "bitmap": 6, "myeongjo": 6, "display": 6, "mono": 4}
TILLS: Styles = {"gothic": 38, "mono": 30, "bitmap": 22, "typewriter": 5, "myeongjo": 5}
HANDS: Styles = {"handwriting": 86, "brush": 14}

# Sizes of body type in points, with weights: 10 and 11 are what offices set.
_BODY_SIZES = ((6, 3), (7, 6), (8, 10), (9, 18), (10, 28), (11, 18), (12, 10), (13, 4), (14, 3))


def body_type(materials: Materials, rng: Rng, styles: Styles = OFFICE) -> Type:
    """Body type of 6–14 points: natural, condensed (70–95 %) or letter-spaced."""
    size = weighted(rng, [size for size, _ in _BODY_SIZES], [weight for _, weight in _BODY_SIZES])
    squeeze = weighted(
        rng, (1.0, between(rng, 0.85, 0.97), between(rng, 0.7, 0.85), between(rng, 1.02, 1.15)), (50, 32, 14, 4)
    )
    tracking = weighted(
        rng, (between(rng, -0.02, 0.02), between(rng, -0.1, -0.02), between(rng, 0.03, 0.22)), (52, 34, 14)
    )
    return Type(
        materials.face(rng, styles),
        float(size),
        pen=ink(rng),
        squeeze=squeeze,
        tracking_em=tracking,
        weight=between(rng, -0.3, 0.5) if chance(rng, 0.5) else 0.0,
    )


def heading_type(
    materials: Materials, rng: Rng, body: Type, *, largest: float = 2.2, styles: Styles = HEADLINES
) -> Type:
    """A headline above `body`, up to `largest` times its size."""
    return Type(
        materials.face(rng, styles),
        body.size_pt * between(rng, 1.05, largest),
        pen=body.pen if chance(rng, 0.8) else ink(rng),
        squeeze=between(rng, 0.8, 1.0) if chance(rng, 0.4) else 1.0,
        tracking_em=between(rng, -0.05, 0.12),
        weight=between(rng, 0.0, 0.9) if chance(rng, 0.5) else 0.0,
    )


def small_type(materials: Materials, rng: Rng, body: Type) -> Type:
    """Footnotes, captions, page numbers."""
    return replace(
        body, face=body.face if chance(rng, 0.6) else materials.face(rng, OFFICE), size_pt=body.size_pt * 0.85
    )


def hand_type(materials: Materials, rng: Rng, body: Type) -> Type:
    """What somebody filled in with a pen."""
    wild = between(rng, 0.2, 1.0)
    pens: tuple[Colour, ...] = (20, 40, 70, (20, 40, 150), (30, 30, 110))
    return Type(
        materials.face(rng, HANDS),
        body.size_pt * between(rng, 1.0, 1.6),
        pen=pick(rng, pens),
        squeeze=between(rng, 0.8, 1.15),
        tracking_em=between(rng, -0.12, 0.05),
        weight=between(rng, 0.0, 1.0),
        hand=Hand(0.22 * wild, 0.1 * wild, 9 * wild, between(rng, -0.1, 0.3) * wild),
    )


def ink(rng: Rng) -> int:
    """Grey level of printed text: black, seldom grey."""
    return weighted(rng, (whole(rng, 0, 30), whole(rng, 30, 80), whole(rng, 80, 125)), (78, 17, 5))


def tint(rng: Rng) -> tuple[int, int, int]:
    """A light ground as tables, boxes and slides have it: grey or hardly coloured."""
    level = whole(rng, 205, 248)
    if chance(rng, 0.5):
        return level, level, level
    drop = whole(rng, 4, 40)
    red, green, blue = (
        (level, level - drop // 2, level - drop),
        (level - drop, level - drop // 3, level),
        (level - drop, level, level - drop),
    )[whole(rng, 0, 2)]
    return red, green, blue


def strong(rng: Rng) -> tuple[int, int, int]:
    """A saturated colour of signs, buttons and bars."""
    return pick(
        rng,
        (
            (whole(rng, 150, 235), whole(rng, 15, 70), whole(rng, 15, 70)),
            (whole(rng, 10, 60), whole(rng, 60, 130), whole(rng, 140, 220)),
            (whole(rng, 10, 70), whole(rng, 110, 170), whole(rng, 50, 110)),
            (whole(rng, 225, 255), whole(rng, 160, 215), whole(rng, 10, 70)),
            (whole(rng, 70, 140), whole(rng, 40, 90), whole(rng, 120, 190)),
            (whole(rng, 120, 200), whole(rng, 70, 110), whole(rng, 30, 80)),
            (whole(rng, 15, 60), whole(rng, 15, 60), whole(rng, 20, 70)),
        ),
    )


def sheet_for(
    materials: Materials, rng: Rng, kind: str, body: Type, size_em: tuple[float, float], ground: Colour = 255
) -> Sheet:
    """A part of a page, its width and height in sizes of the body type, inked so that cached glyphs fit it."""
    size_pt = (size_em[0] * body.size_pt, size_em[1] * body.size_pt)
    return Sheet(materials, rng, kind, size_pt, DRAWN_EM_PX / body.size_pt, ground)
