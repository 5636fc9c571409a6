"""Pages made to be seen: menu board, poster, label of a product, slide."""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.lines.colour import Colour, luminance
from hunmin.synth.pages.layout.blocks import Measure, leader_row, paragraph
from hunmin.synth.pages.layout.choices import DISPLAYS, OFFICE, body_type, heading_type, sheet_for, strong, tint
from hunmin.synth.pages.layout.setting import Align, Mark, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def menu(materials: Materials, rng: Rng) -> Sheet:
    """A board or card of dishes and prices, letter-spaced names, prices in another colour at the right."""
    ground, pen, accent = _scheme(rng)
    face = materials.face(rng, DISPLAYS)
    body = Type(
        face,
        12.0,
        pen=pen,
        squeeze=between(rng, 0.8, 1.05),
        tracking_em=weighted(rng, (0.0, between(rng, 0.05, 0.25)), (70, 30)),
    )
    priced = replace(body, pen=accent, face=materials.face(rng, OFFICE) if chance(rng, 0.5) else face, tracking_em=0.0)
    num_columns = whole(rng, 1, 2)
    sheet = sheet_for(materials, rng, "menu", body, (num_columns * between(rng, 13, 19), between(rng, 15, 21)), ground)
    em, width = body.size_pt, sheet.width_pt / num_columns
    for column in range(num_columns):
        x, right = column * width + 0.8 * em, (column + 1) * width - 0.8 * em
        y = 0.4 * em
        if chance(rng, 0.7):
            title = heading_type(materials, rng, replace(body, pen=accent), largest=1.8, styles=DISPLAYS)
            y += 1.2 * title.size_pt
            sheet.row(y, [Piece(materials.fill(rng, "menu_title"), x, title)])
        with_leaders, step = chance(rng, 0.25), between(rng, 1.4, 2.1) * em
        while y < sheet.height_pt - step:
            y += step
            sheet.new_block()
            name = materials.fill(rng, "dish")
            if len(name) < 6 and chance(rng, 0.18):
                name = " ".join(name.replace(" ", ""))
            price = materials.fill(rng, "menu_price")
            if with_leaders:
                leader_row(sheet, name, price, body, y, (x, right))
            else:
                sheet.row(
                    y,
                    [
                        Piece(name, x, body, word_gap_em=between(rng, 0.0, 0.6)),
                        Piece(price, right, priced, align="right"),
                    ],
                )
            if chance(rng, 0.2) and y < sheet.height_pt - step:
                y += 0.9 * em
                sheet.row(
                    y, [Piece(materials.fill(rng, "dish_note"), x, replace(body, size_pt=0.7 * em, tracking_em=0.0))]
                )
    return sheet


def poster(materials: Materials, rng: Rng) -> Sheet:
    """Large lines of several faces in the middle, a coloured band, small print at the foot."""
    ground, pen, accent = _scheme(rng)
    body = replace(body_type(materials, rng, OFFICE), pen=pen, weight=0.0)
    sheet = sheet_for(materials, rng, "poster", body, (between(rng, 22, 30), between(rng, 18, 24)), ground)
    em, middle, y = body.size_pt, sheet.width_pt / 2, 0.6 * body.size_pt
    align: Align = "centre" if chance(rng, 0.5) else "left"
    x = middle if align == "centre" else em
    for _ in range(whole(rng, 2, 4)):
        title = replace(heading_type(materials, rng, body, largest=2.6, styles=DISPLAYS), pen=pick(rng, (pen, accent)))
        if y + 1.3 * title.size_pt > sheet.height_pt - 6 * em:
            break
        if chance(rng, 0.2):
            band = strong(rng)
            sheet.fill(0, y, sheet.width_pt, y + 1.35 * title.size_pt, band)
            title = replace(title, pen=255 if luminance(band) < 150 else 15)
        y += 1.05 * title.size_pt
        sheet.new_block()
        sheet.row(y, [Piece(materials.fill(rng, "poster_line"), x, title, align=align)])
        y += between(rng, 0.35, 0.9) * title.size_pt
    while y < sheet.height_pt - 1.5 * em:
        y += between(rng, 1.4, 1.9) * em
        text = materials.fill(rng, pick(rng, ("sign_line", "poster_detail", "poster_detail", "sign", "contact_line")))
        sheet.new_block()
        sheet.row(y, [Piece(text, x, body, align=align)])
    return sheet


def label(materials: Materials, rng: Rng) -> Sheet:
    """The back of a package: condensed small type, rows of label and value, a table of nutrients."""
    ground: Colour = pick(rng, ((255, 255, 255), (255, 255, 255), tint(rng), strong(rng)))
    pen: Colour = 15 if luminance(ground) > 140 else 250
    body = Type(
        materials.face(rng, OFFICE),
        6.0,
        pen=pen,
        squeeze=between(rng, 0.7, 0.98),
        tracking_em=between(rng, -0.1, 0.0),
        weight=between(rng, 0.0, 0.6),
    )
    sheet = sheet_for(materials, rng, "label", body, (between(rng, 20, 30), between(rng, 16, 22)), ground)
    em, y = body.size_pt, 0.4 * body.size_pt
    measure = Measure(
        0.6 * em, sheet.width_pt - 1.2 * em, between(rng, 1.1, 1.4), chance(rng, 0.5), breaks_words=chance(rng, 0.6)
    )
    ruled = chance(rng, 0.4)
    name = replace(body, size_pt=em * between(rng, 1.3, 2.4), tracking_em=0.0)
    y += name.size_pt
    sheet.row(y, [Piece(materials.fill(rng, "item"), measure.x_pt, name)])
    y += 0.5 * em
    while y < sheet.height_pt - 2 * em:
        if chance(rng, 0.55):
            y += measure.leading * em
            sheet.new_block()
            left = materials.fill(rng, "package_label")
            value = materials.fill(rng, pick(rng, ("measure", "company", "address", "date", "package_value", "phone")))
            gap = pick(rng, (0.4, 1.0, 5.0)) * em
            start = measure.x_pt + sum(sheet.fit(left, body).advances_pt) + gap
            sheet.row(y, [Piece(left, measure.x_pt, body), Piece(value, start, body)])
            if ruled and y + 0.4 * em < sheet.height_pt:
                sheet.rule(
                    measure.x_pt, y + 0.3 * em, measure.x_pt + measure.width_pt, y + 0.3 * em, thick_pt=0.2, colour=pen
                )
        else:
            text = materials.fill(rng, "ingredients") if chance(rng, 0.5) else materials.prose(rng, whole(rng, 40, 120))
            y = paragraph(sheet, text, body, y + 0.2 * em, measure, max_lines=4)
    return sheet


def slide(materials: Materials, rng: Rng) -> Sheet:
    """A title bar, bullets, coloured boxes with white text, a footer."""
    ground: Colour = pick(rng, ((255, 255, 255), (255, 255, 255), tint(rng), (whole(rng, 10, 45),) * 3))
    dark = luminance(ground) < 120
    pen: Colour = (whole(rng, 225, 255),) * 3 if dark else (whole(rng, 0, 60),) * 3
    body = Type(
        materials.face(rng, OFFICE),
        14.0,
        pen=pen,
        squeeze=between(rng, 0.86, 1.0),
        tracking_em=between(rng, -0.07, 0.0),
    )
    sheet = sheet_for(materials, rng, "slide", body, (between(rng, 28, 36), between(rng, 17, 22)), ground)
    em, y = body.size_pt, 0.5 * body.size_pt
    title = replace(heading_type(materials, rng, body, largest=1.9), pen=pen)
    if chance(rng, 0.5):
        bar = strong(rng)
        sheet.fill(0, 0, sheet.width_pt, 2.0 * title.size_pt, bar)
        title = replace(title, pen=255 if luminance(bar) < 150 else 15)
    y += 0.9 * title.size_pt
    sheet.row(y, [Piece(materials.fill(rng, "numbered_heading"), em, title)])
    y += 1.3 * title.size_pt
    while y < sheet.height_pt - 2.2 * em:
        if chance(rng, 0.3):
            x, num, y = em, whole(rng, 2, 4), y + 0.6 * em
            width = (sheet.width_pt - 2 * em) / num
            for _ in range(num):
                box = strong(rng)
                sheet.fill(x, y, x + 0.92 * width, y + 1.9 * em, box)
                sheet.new_block()
                kind = replace(body, pen=255 if luminance(box) < 160 else 20)
                sheet.row(
                    y + 1.3 * em, [Piece(materials.fill(rng, "noun_alone"), x + 0.46 * width, kind, align="centre")]
                )
                x += width
            y += 2.3 * em
            continue
        y += between(rng, 1.4, 1.9) * em
        indent = pick(rng, (0.0, 0.0, 1.2)) * em
        accent = pick(rng, (pen, pen, pen, strong(rng)))
        marks: tuple[Mark, ...] = ("highlight",) if not dark and chance(rng, 0.1) else ()
        sheet.new_block()
        group = pick(rng, ("bullet", "sign_line", "sign_line", "mixed_line", "prose_line"))
        kind = replace(body, pen=accent if abs(luminance(accent) - luminance(ground)) > 90 else pen)
        sheet.row(y, [Piece(materials.fill(rng, group), em + indent, kind, marks=marks, mark_colour=(255, 245, 60))])
    return sheet


def _scheme(rng: Rng) -> tuple[Colour, Colour, Colour]:
    """Ground, text and accent that can be told apart."""
    which = rng.random()
    if which < 0.4:
        ground = pick(rng, ((255, 255, 255), tint(rng), (235, 225, 200)))
        return ground, (whole(rng, 0, 50),) * 3, pick(rng, ((190, 30, 30), (20, 60, 140), (10, 10, 10)))
    if which < 0.65:
        ground = (whole(rng, 15, 60), whole(rng, 15, 60), whole(rng, 15, 60))
        return ground, (whole(rng, 215, 255),) * 3, pick(rng, ((250, 220, 60), (255, 255, 255), (240, 150, 60)))
    ground = strong(rng)
    if luminance(ground) > 140:
        return ground, (whole(rng, 0, 40),) * 3, (160, 10, 20)
    return ground, (255, 255, 255), pick(rng, ((255, 235, 60), (255, 255, 255)))
