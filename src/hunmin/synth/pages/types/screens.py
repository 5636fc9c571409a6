"""Pages of screens: chat and app, set at whole pixel sizes as displays do."""

# ruff: noqa: PLR2004 - shares of an em and of a screen read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.lines.colour import Colour, luminance
from hunmin.synth.pages.layout.choices import SCREENS, strong
from hunmin.synth.pages.layout.setting import Mark, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

# Sizes of body type in pixels: the small ones of desktop windows, the large ones of phones and of zoomed pages.
_SIZES_PX = ((12, 20), (13, 14), (14, 14), (15, 10), (16, 14), (18, 6), (20, 4), (24, 4), (28, 4), (36, 5), (42, 3))


def chat(materials: Materials, rng: Rng) -> Sheet:
    """Bubbles left and right with names and times."""
    ground: Colour = pick(rng, ((178, 199, 217), (255, 255, 255), (240, 242, 245), (28, 30, 34), (155, 187, 212)))
    body, sheet = _screen(materials, rng, "chat", ground, (between(rng, 20, 26), between(rng, 20, 27)))
    em, y = 1.0 * body.size_pt, 0.6 * body.size_pt
    faint = (140, 145, 150) if luminance(ground) > 120 else (150, 155, 160)
    small = replace(body, size_pt=max(round(0.78 * em), 10), pen=(90, 95, 100) if luminance(ground) > 120 else faint)
    while y < sheet.height_pt - 3.4 * em:
        mine = chance(rng, 0.5)
        bubble: Colour = (
            pick(rng, ((254, 229, 0), (0, 122, 255), (255, 235, 51)))
            if mine
            else pick(rng, ((255, 255, 255), (233, 233, 235)))
        )
        kind = replace(body, pen=255 if luminance(bubble) < 140 else (20, 20, 20))
        text = sheet.cut_to(materials.fill(rng, "chat_line"), kind, 0.72 * sheet.width_pt - 1.2 * em)
        if not mine and chance(rng, 0.4):
            y += em
            sheet.row(y, [Piece(materials.fill(rng, "person"), 2.6 * em, small)])
            y += 0.4 * em
        width = sum(sheet.fit(text, kind).advances_pt) + 1.2 * em
        x = sheet.width_pt - width - 0.5 * em if mine else 2.4 * em
        sheet.fill(x, y, x + width, y + 1.9 * em, bubble)
        sheet.new_block()
        sheet.row(y + 1.32 * em, [Piece(text, x + 0.6 * em, kind)])
        time = materials.fill(rng, "time")
        sheet.new_block()
        if mine:
            sheet.row(y + 1.6 * em, [Piece(time, x - 0.4 * em, small, align="right")])
        else:
            sheet.row(y + 1.6 * em, [Piece(time, x + width + 0.4 * em, small)])
        y += between(rng, 2.2, 2.9) * em
    return sheet


def app(materials: Materials, rng: Rng) -> Sheet:
    """Title bar, lists with values at the right, buttons, messages, tables of a desktop program."""
    dark = chance(rng, 0.25)
    level = whole(rng, 18, 45) if dark else pick(rng, (255, 255, whole(rng, 236, 252)))
    ground: Colour = (level, level, level)
    body, sheet = _screen(materials, rng, "app", ground, (between(rng, 22, 36), between(rng, 19, 27)))
    em, y = body.size_pt, 0.0
    bar = strong(rng) if chance(rng, 0.5) else ground
    sheet.fill(0, 0, sheet.width_pt, 2.6 * em, bar)
    title = replace(body, size_pt=round(1.25 * em), pen=255 if luminance(bar) < 150 else (20, 20, 20))
    sheet.row(
        1.7 * em,
        [
            Piece(materials.fill(rng, pick(rng, ("menu_entry_alone", "company", "screen"))), em, title),
            Piece(
                pick(rng, ("완료", "저장", "닫기", "⋮", "✕", "취소", "편집")), sheet.width_pt - em, title, align="right"
            ),
        ],
    )
    y = 3.2 * em
    line_colour: Colour = (70, 70, 74) if dark else (226, 228, 232)
    faint = replace(body, pen=(150, 152, 158) if dark else (105, 108, 115))
    while y < sheet.height_pt - 2.4 * em:
        which = rng.random()
        y += between(rng, 1.5, 2.3) * em
        sheet.new_block()
        if which < 0.3:
            value = materials.fill(rng, pick(rng, ("menu_entry_alone", "date", "price", "measure", "phone")))
            sheet.row(
                y,
                [
                    Piece(materials.fill(rng, "menu_entry_alone"), em, body),
                    Piece(value, sheet.width_pt - em, faint, align="right"),
                ],
            )
            sheet.rule(em, y + 0.7 * em, sheet.width_pt, y + 0.7 * em, thick_pt=1.0, colour=line_colour)
        elif which < 0.42:
            x, y = em, y + 0.5 * em
            for _ in range(whole(rng, 1, 4)):
                text, colour = materials.fill(rng, "button_alone"), strong(rng) if chance(rng, 0.6) else line_colour
                kind = replace(body, pen=255 if luminance(colour) < 150 else (25, 25, 25))
                width = sum(sheet.fit(text, kind).advances_pt) + 1.6 * em
                sheet.fill(x, y - 1.3 * em, x + width, y + 0.6 * em, colour)
                sheet.new_block()
                sheet.row(y, [Piece(text, x + 0.8 * em, kind)])
                x += width + 0.6 * em
            y += 0.4 * em
        elif which < 0.75:
            sheet.row(y, [Piece(materials.line(rng, "screen", 44), em, body if chance(rng, 0.7) else faint)])
        elif which < 0.88:
            group = pick(rng, ("sign_line", "sign_line", "mixed_line", "latin_line"))
            sheet.row(y, [Piece(materials.fill(rng, group), em, body)])
        else:
            text = materials.prose(rng, whole(rng, 20, 60))
            marks: tuple[Mark, ...] = ("highlight",) if not dark and chance(rng, 0.3) else ()
            sheet.row(y, [Piece(text, em, body, marks=marks, mark_colour=(255, 238, 80))])
    return sheet


def _screen(
    materials: Materials, rng: Rng, kind: str, ground: Colour, size_em: tuple[float, float]
) -> tuple[Type, Sheet]:
    """A screen and its body type; one point is one pixel."""
    size = weighted(rng, [size for size, _ in _SIZES_PX], [weight for _, weight in _SIZES_PX])
    pen: Colour = (whole(rng, 0, 60),) * 3 if luminance(ground) > 120 else (whole(rng, 215, 255),) * 3
    body = Type(
        materials.face(rng, SCREENS),
        float(size),
        pen=pen,
        tracking_em=between(rng, -0.06, 0.01) if chance(rng, 0.6) else 0.0,
    )
    sheet = Sheet(materials, rng, kind, (size_em[0] * size, size_em[1] * size), 1.0, ground, grid_fitted=True)
    return body, sheet
