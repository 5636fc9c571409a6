"""Parts that several pages on paper have: headings, lists, tables, footnotes, blanks to fill in."""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.lines.colour import Colour
from hunmin.synth.pages.layout.blocks import Measure, TableStyle, table
from hunmin.synth.pages.layout.choices import HEADLINES, heading_type, small_type, tint
from hunmin.synth.pages.layout.setting import Mark, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def text_measure(sheet: Sheet, rng: Rng, body: Type) -> Measure:
    """A column as wide as the sheet, less margins; set tight or airy, justified or not."""
    margin = between(rng, 0.4, 1.4) * body.size_pt
    return Measure(margin, sheet.width_pt - 2 * margin, between(rng, 1.25, 1.9), chance(rng, 0.65), chance(rng, 0.5))


def centred_row(sheet: Sheet, y: float, text: str, kind: Type, word_gap_em: float = 0.0) -> float:
    """One stretch of text in the middle of the sheet, such as a title; returns its right end."""
    return sheet.row(y, [Piece(text, sheet.width_pt / 2, kind, align="centre", word_gap_em=word_gap_em)])


def heading(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    """A headline, now and then on a bar, underlined or framed; returns the y below it."""
    title = heading_type(sheet.materials, rng, body, styles=HEADLINES)
    y += 1.1 * title.size_pt
    sheet.new_block()
    text = sheet.materials.fill(rng, pick(rng, ("heading", "numbered_heading", "numbered_heading")))
    marks: tuple[Mark, ...] = ()
    if chance(rng, 0.12):
        bar = tint(rng) if chance(rng, 0.5) else (60, 80, 120)
        sheet.fill(measure.x_pt - 2, y - title.size_pt, measure.x_pt + measure.width_pt, y + 0.3 * title.size_pt, bar)
        title = replace(title, pen=20 if min(bar) > 150 else 255)
    elif chance(rng, 0.12):
        marks = (pick(rng, ("underline", "frame")),)
    sheet.row(y, [Piece(text, measure.x_pt, title, marks=marks)])
    return y + between(rng, 0.4, 1.0) * body.size_pt


def marked_list(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    """Items with marks; parts of some are underlined, framed, struck out or marked."""
    indent = between(rng, 0.0, 2.0) * body.size_pt
    group = weighted(rng, ("bullet", "sign_line", "mixed_line", "latin_line", None), (30, 28, 14, 10, 18))
    for _ in range(whole(rng, 2, 4)):
        y += measure.leading * body.size_pt
        marks: tuple[Mark, ...] = (
            (pick(rng, ("underline", "underline", "strike", "frame", "highlight")),) if chance(rng, 0.14) else ()
        )
        # Lines of the corpus hold what no template has: rare syllables, random ones, single signs.
        text = sheet.materials.fill(rng, group) if group else sheet.materials.line(rng, "document")
        sheet.new_block()
        first, _, rest = text.partition(" ")
        x = measure.x_pt + indent
        if marks and rest:
            end = x + sum(sheet.fit(first, body).advances_pt) + between(rng, 0.35, 0.6) * body.size_pt
            pens: tuple[Colour, ...] = (0, 60, (200, 30, 30))
            colour = tint(rng) if marks == ("highlight",) else pick(rng, pens)
            sheet.row(y, [Piece(first, x, body), Piece(rest, end, body, marks=marks, mark_colour=colour)])
        else:
            sheet.row(y, [Piece(text, x, body)])
    return y + 0.5 * body.size_pt


def small_table(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    """A table of words, figures and lone signs; returns the y below it."""
    materials = sheet.materials
    num_columns = whole(rng, 3, 6)
    shares = [between(rng, 0.6, 1.8) for _ in range(num_columns)]
    columns = [share / sum(shares) * measure.width_pt for share in shares]
    head = replace(body, weight=0.6) if chance(rng, 0.5) else None
    rows = [[materials.fill(rng, "form_label_alone") for _ in columns]]
    for _ in range(whole(rng, 2, 4)):
        rows.append([materials.fill(rng, pick(rng, ("noun_alone", "cell", "cell", "amount_alone"))) for _ in columns])
    ground = tint(rng) if chance(rng, 0.5) else None
    return table(sheet, rows, body, (measure.x_pt, y), columns, TableStyle(head=head, tint=ground))


def footnote(sheet: Sheet, rng: Rng, body: Type, measure: Measure) -> None:
    """A short rule and a note at the foot of the sheet."""
    small = small_type(sheet.materials, rng, body)
    y = sheet.height_pt - 1.3 * small.size_pt
    sheet.rule(
        measure.x_pt, y - 0.5 * small.size_pt, measure.x_pt + 8 * small.size_pt, y - 0.5 * small.size_pt, thick_pt=0.3
    )
    sheet.new_block()
    sheet.row(y + small.size_pt, [Piece(sheet.materials.fill(rng, "footnote"), measure.x_pt, small)])


def blank_to_fill(sheet: Sheet, rng: Rng, body: Type, hand: Type, measure: Measure, y: float) -> float:
    """A row with a blank line to write on; half of them filled in."""
    em = body.size_pt
    y += 1.7 * em
    label = sheet.materials.fill(rng, "form_label_alone")
    sheet.new_block()
    if chance(rng, 0.35):
        sheet.row(y, [Piece(sheet.materials.fill(rng, "blank_line"), measure.x_pt, body)])
        return y + 0.4 * em
    x = measure.x_pt + sum(sheet.fit(label, body).advances_pt) + between(rng, 0.5, 3.0) * em
    right = x + between(rng, 6, 12) * em
    sheet.rule(x, y + 0.18 * em, right, y + 0.18 * em, thick_pt=0.4)
    pieces = [Piece(label, measure.x_pt, body)]
    if chance(rng, 0.7):
        pieces.append(
            Piece(
                sheet.materials.fill(rng, pick(rng, ("person", "date", "phone", "address", "amount_alone"))),
                x + 0.5 * em,
                hand,
            )
        )
    if chance(rng, 0.4):
        pieces.append(Piece(pick(rng, ("원", "(인)", "일", "까지")), right + 0.4 * em, body))
    sheet.row(y, pieces)
    return y + 0.4 * em
