"""What tills print on paper rolls: receipts."""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.pages.layout.choices import TILLS, sheet_for
from hunmin.synth.pages.layout.setting import Align, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def receipt(materials: Materials, rng: Rng) -> Sheet:
    """A till roll: shop, items with amounts far to the right, rules of signs, sums in double size, card slip."""
    columns = weighted(rng, (32, 42, 48), (40, 45, 15))
    fixed = chance(rng, 0.72)
    # Tills print condensed and stretched characters by doubling dots, so whole lines are twice as high or wide.
    squeeze = weighted(rng, (between(rng, 0.85, 1.05), between(rng, 0.55, 0.85)), (70, 30))
    body = Type(
        materials.face(rng, TILLS),
        9.0,
        pen=whole(rng, 0, 50),
        squeeze=squeeze,
        fixed_pitch=fixed,
        tracking_em=0.0 if fixed else between(rng, -0.08, 0.04),
        weight=between(rng, -0.6, 0.6),
    )
    width_em = columns / 2 * squeeze * 1.04 + 0.8
    sheet = sheet_for(materials, rng, "receipt", body, (width_em, between(rng, 18, 26)))
    em, y = 9.0, 0.3 * 9.0
    left, right, middle = 0.4 * em, sheet.width_pt - 0.4 * em, sheet.width_pt / 2
    leading = between(rng, 1.05, 1.5) * em
    large = replace(body, size_pt=em * pick(rng, (1.5, 2.0)), squeeze=squeeze * pick(rng, (0.5, 0.75, 1.0)))
    big_name = chance(rng, 0.5)
    y += 2.0 * leading if big_name else leading
    sheet.row(
        y,
        [
            Piece(
                materials.fill(rng, "shop"),
                middle if chance(rng, 0.6) else left,
                large if big_name else body,
                align="centre" if chance(rng, 0.5) else "left",
            )
        ],
    )
    while y < sheet.height_pt - leading:
        which = rng.random()
        if which < 0.12:
            y += 0.6 * leading
            _rule_of_signs(sheet, body, left, right, y)
            y += 0.4 * leading
        elif which < 0.45:
            y = _items(sheet, body, (left, right), y, leading)
        elif which < 0.62:
            y += leading if chance(rng, 0.8) else 1.6 * leading
            kind = large if chance(rng, 0.2) else body
            label = materials.fill(rng, "total_label")
            sheet.new_block()
            sheet.row(
                y,
                [
                    Piece(label, left, kind, word_gap_em=between(rng, 0.0, 1.0)),
                    Piece(materials.fill(rng, "amount_alone"), right, kind, align="right"),
                ],
            )
        else:
            y += leading
            sheet.new_block()
            text = materials.fill(rng, "receipt") if chance(rng, 0.75) else materials.line(rng, "receipt", columns)
            align: Align = "centre" if chance(rng, 0.2) else "left"
            sheet.row(y, [Piece(text, middle if align == "centre" else left, body, align=align)])
    return sheet


def _items(sheet: Sheet, body: Type, edges: tuple[float, float], y: float, leading: float) -> float:
    """Rows of an item, how many, and what they cost, with wide blanks between."""
    materials, rng, (left, right) = sheet.materials, sheet.rng, edges
    em = body.size_pt * body.squeeze
    split = chance(rng, 0.3)
    for _ in range(whole(rng, 1, 4)):
        y += leading
        sheet.new_block()
        name = materials.fill(rng, "item")
        count = Piece(str(whole(rng, 0, 9)), right - between(rng, 4.6, 6.0) * em, body, align="right")
        amount = Piece(materials.fill(rng, "amount_alone"), right, body, align="right")
        if split:
            sheet.row(y, [Piece(name, left, body)])
            y += leading
            code = Piece(str(whole(rng, 8_800_000_000_000, 8_809_999_999_999)), left, body)
            sheet.row(y, [code, count, amount])
        else:
            sheet.row(
                y, [Piece(name, left, body), count, amount] if chance(rng, 0.6) else [Piece(name, left, body), amount]
            )
    return y


def _rule_of_signs(sheet: Sheet, body: Type, left: float, right: float, y: float) -> None:
    """A row of ---- or ==== across the roll, drawn as strokes: a detector seldom takes it for text."""
    rng, em = sheet.rng, body.size_pt
    dash, gap = pick(sheet.rng, ((0.42, 0.08), (0.3, 0.2), (0.12, 0.2), (5.0, 0.0)))
    for offset in (0.0, 0.16) if chance(rng, 0.4) else (0.0,):
        sheet.rule(
            left,
            y + offset * em,
            right,
            y + offset * em,
            thick_pt=0.05 * em,
            colour=body.pen,
            dash_pt=(dash * em, gap * em),
        )
