"""Printed matter: exam paper, book, newspaper.

Each function writes a part of a page of that type, twelve to thirty lines of it.
"""

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.pages.layout.blocks import Measure, paragraph
from hunmin.synth.pages.layout.choices import PRINT, body_type, heading_type, sheet_for, small_type
from hunmin.synth.pages.layout.parts import centred_row, footnote, text_measure
from hunmin.synth.pages.layout.setting import Piece
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, whole


def exam(materials: Materials, rng: Rng) -> Sheet:
    """Questions and choices in two columns with a rule between them."""
    body = body_type(materials, rng, PRINT)
    column_em = between(rng, 16, 23)
    sheet = sheet_for(materials, rng, "exam", body, (2 * column_em + 4, between(rng, 13, 18)))
    em, gap = body.size_pt, 2.0 * body.size_pt
    middle = sheet.width_pt / 2
    if chance(rng, 0.8):
        sheet.rule(middle, 0.3 * em, middle, sheet.height_pt, thick_pt=0.4)
    for x in (em, middle + gap / 2):
        measure = replace(
            text_measure(sheet, rng, body), x_pt=x, width_pt=column_em * em, breaks_words=chance(rng, 0.5)
        )
        y = between(rng, 0.3, 0.8) * em
        while y < sheet.height_pt - 1.5 * em:
            without = f". (단, {materials.fill(rng, 'noun_alone')}은 제외)"
            end = pick(rng, ("?", "?", ". [3점]", without))
            text = f"{whole(rng, 1, 50)}. {materials.prose(rng, whole(rng, 30, 80))}{end}"
            y = paragraph(sheet, text, body, y, measure, max_lines=3) + 0.2 * em
            if chance(rng, 0.3):
                top = y
                y = paragraph(
                    sheet,
                    materials.prose(rng, whole(rng, 40, 90)),
                    body,
                    y + 0.3 * em,
                    replace(measure, x_pt=x + 0.5 * em, width_pt=measure.width_pt - em),
                    max_lines=4,
                )
                sheet.frame(x, top, x + measure.width_pt, min(y, sheet.height_pt - 1), thick_pt=0.4)
                y += 0.5 * em
            short = chance(rng, 0.4)
            for number in range(0, 5, 3 if short else 1):
                y += measure.leading * em
                if short:
                    pieces = [
                        Piece(
                            f"{'①②③④⑤'[n]} {materials.fill(rng, 'exam_choice')}",
                            x + (n - number) * measure.width_pt / 3,
                            body,
                        )
                        for n in range(number, min(number + 3, 5))
                    ]
                    sheet.row(y, pieces)
                else:
                    sheet.row(y, [Piece(f"{'①②③④⑤'[number]} {materials.prose(rng, whole(rng, 8, 30))}", x, body)])
            y += between(rng, 0.6, 1.6) * em
    return sheet


def book(materials: Materials, rng: Rng) -> Sheet:
    """Justified prose with indented paragraphs, quotations, a running head, a footnote, a page number."""
    body = body_type(materials, rng, PRINT)
    sheet = sheet_for(materials, rng, "book", body, (between(rng, 24, 32), between(rng, 20, 27)))
    em = body.size_pt
    measure = Measure(
        em, sheet.width_pt - 2 * em, between(rng, 1.45, 1.9), justified=True, breaks_words=chance(rng, 0.7)
    )
    small = small_type(materials, rng, body)
    y = 1.0 * em
    if chance(rng, 0.5):
        sheet.row(
            y,
            [
                Piece(materials.fill(rng, "contents_entry"), em, small),
                Piece(str(whole(rng, 2, 600)), sheet.width_pt - em, small, align="right"),
            ],
        )
        y += 0.4 * em
        if chance(rng, 0.4):
            sheet.rule(em, y, sheet.width_pt - em, y, thick_pt=0.3)
        y += 0.8 * em
    while y < sheet.height_pt - 3.5 * em:
        text = materials.prose(rng, whole(rng, 60, 300))
        text = materials.fill(rng, "book_speech") if chance(rng, 0.12) else text
        y = paragraph(sheet, text, body, y, measure, indent_pt=em, max_lines=6)
    if chance(rng, 0.5):
        footnote(sheet, rng, body, measure)
    elif chance(rng, 0.5):
        number = str(whole(rng, 2, 600))
        centred_row(sheet, sheet.height_pt - 0.5 * em, pick(rng, (number, f"- {number} -", f"— {number} —")), small)
    return sheet


def newspaper(materials: Materials, rng: Rng) -> Sheet:
    """Two or three narrow justified columns under a headline in heavy condensed type."""
    body = replace(
        body_type(materials, rng, {"myeongjo": 78, "gothic": 22}),
        squeeze=between(rng, 0.8, 1.0),
        tracking_em=between(rng, -0.1, 0.0),
    )
    num_columns = whole(rng, 2, 3)
    column_em = between(rng, 11, 16)
    sheet = sheet_for(materials, rng, "newspaper", body, (num_columns * (column_em + 1.2) + 1, between(rng, 17, 22)))
    em, y = body.size_pt, 0.4 * body.size_pt
    if chance(rng, 0.8):
        title = replace(
            heading_type(materials, rng, body, largest=2.8), squeeze=between(rng, 0.72, 0.95), tracking_em=-0.04
        )
        y += title.size_pt
        text = materials.fill(rng, "headline")
        if chance(rng, 0.2):
            sheet.fill(0, y - title.size_pt, sheet.width_pt, y + 0.35 * title.size_pt, (70, 70, 70))
            title = replace(title, pen=255)
        sheet.row(y, [Piece(text, 0.5 * em, title)])
        y += 0.9 * em
    top = y
    for number in range(num_columns):
        x = 0.6 * em + number * (column_em + 1.2) * em
        measure = Measure(x, column_em * em, between(rng, 1.15, 1.4), justified=True, breaks_words=True)
        y = top
        if number and chance(rng, 0.4):
            sheet.rule(x - 0.6 * em, top, x - 0.6 * em, sheet.height_pt, thick_pt=0.3)
        while y < sheet.height_pt - 1.5 * em:
            y = paragraph(
                sheet, materials.prose(rng, whole(rng, 80, 200)), body, y, measure, indent_pt=0.6 * em, max_lines=9
            )
    return sheet
