"""Pages of an office: report, letter, contract, certificate.

Each function writes a part of a page of that type, twelve to thirty lines of it.
"""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.lines.colour import Colour
from hunmin.synth.pages.layout.blocks import Measure, leader_row, paragraph, seal
from hunmin.synth.pages.layout.choices import body_type, hand_type, heading_type, sheet_for
from hunmin.synth.pages.layout.parts import (
    blank_to_fill,
    centred_row,
    footnote,
    heading,
    marked_list,
    small_table,
    text_measure,
)
from hunmin.synth.pages.layout.setting import Piece
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, whole


def report(materials: Materials, rng: Rng) -> Sheet:
    """Headings, paragraphs, lists, a table, a table of contents, footnotes."""
    body = body_type(materials, rng)
    sheet = sheet_for(
        materials,
        rng,
        "report",
        body,
        (between(rng, 26, 38), between(rng, 20, 27)),
        255 if chance(rng, 0.7) else (255, 255, 255),
    )
    em, y = body.size_pt, between(rng, 0.4, 1.2) * body.size_pt
    measure = text_measure(sheet, rng, body)
    if chance(rng, 0.7):
        y = heading(sheet, rng, body, measure, y)
    while y < sheet.height_pt - 2.4 * em:
        which = rng.random()
        if which < 0.3:
            y = paragraph(
                sheet,
                materials.prose(rng, whole(rng, 60, 220)),
                body,
                y,
                measure,
                indent_pt=pick(rng, (0.0, em)),
                max_lines=5,
            )
        elif which < 0.68:
            y = marked_list(sheet, rng, body, measure, y)
        elif which < 0.8:
            y = small_table(sheet, rng, body, measure, y)
        elif which < 0.9:
            for _ in range(whole(rng, 2, 4)):
                y += measure.leading * em
                leader_row(
                    sheet,
                    materials.fill(rng, "contents_entry"),
                    str(whole(rng, 1, 300)),
                    body,
                    y,
                    (measure.x_pt, measure.x_pt + measure.width_pt),
                )
            y += 0.4 * em
        else:
            y = heading(sheet, rng, body, measure, y)
        y += between(rng, 0.1, 0.8) * em
    if chance(rng, 0.5):
        footnote(sheet, rng, body, measure)
    return sheet


def letter(materials: Materials, rng: Rng) -> Sheet:
    """An official letter: sender, receiver and subject in a block, numbered paragraphs, date, seal."""
    body = body_type(materials, rng)
    sheet = sheet_for(
        materials,
        rng,
        "letter",
        body,
        (between(rng, 26, 36), between(rng, 20, 26)),
        (255, 255, 255) if chance(rng, 0.5) else 255,
    )
    em, y = body.size_pt, 0.5 * body.size_pt
    measure = text_measure(sheet, rng, body)
    title = replace(heading_type(materials, rng, body), tracking_em=0.0)
    y += 1.1 * title.size_pt
    firm = materials.fill(rng, pick(rng, ("company", "spaced_heading", "heading")))
    centred_row(sheet, y, firm, title, word_gap_em=between(rng, 0.0, 0.6))
    y += 0.6 * em
    label_width = between(rng, 3.2, 5.5) * em
    for label in ("수신", "(경유)", "제목", "발신", "참조")[: whole(rng, 2, 5)]:
        y += measure.leading * em
        shown = " ".join(label) if chance(rng, 0.3) else label
        value = materials.fill(rng, pick(rng, ("company", "letter_subject", "person")))
        sheet.new_block()
        sheet.row(y, [Piece(shown, measure.x_pt, body), Piece(value, measure.x_pt + label_width, body)])
    y += 0.6 * em
    if chance(rng, 0.6):
        sheet.rule(measure.x_pt, y, measure.x_pt + measure.width_pt, y, thick_pt=between(rng, 0.4, 2.0))
    y += 0.8 * em
    for number in range(1, whole(rng, 3, 6)):
        text = f"{number}. {materials.prose(rng, whole(rng, 30, 150))}"
        y = paragraph(sheet, text, body, y, measure, max_lines=4) + between(rng, 0.0, 0.6) * em
    if y < sheet.height_pt - 4.5 * em:
        y += 2.2 * em
        date = materials.fill(rng, "date")
        centred_row(sheet, y, date, body, word_gap_em=between(rng, 0.0, 2.0))
        y += 2.2 * em
        office = pick(rng, ("대표이사", "원장", "위원장", "학교장"))
        closing = pick(rng, ("(인)", "[직인생략]", "귀하", "(서명)"))
        signer = f"{materials.fill(rng, 'company')} {office} {materials.fill(rng, 'person')} {closing}"
        end = sheet.row(
            y, [Piece(signer, measure.x_pt + measure.width_pt, body, align="right", word_gap_em=between(rng, 0.0, 0.8))]
        )
        if chance(rng, 0.6):
            seal(
                sheet,
                materials.fill(rng, "company"),
                title,
                min(end, sheet.width_pt) - between(rng, 0.2, 2.5) * em,
                y - 0.4 * em,
                between(rng, 1.0, 2.0) * em,
            )
    return sheet


def contract(materials: Materials, rng: Rng) -> Sheet:
    """Clauses with numbered items, blanks to fill in, some filled by hand; parties and seals at the end."""
    body = body_type(materials, rng)
    sheet = sheet_for(
        materials,
        rng,
        "contract",
        body,
        (between(rng, 28, 38), between(rng, 20, 26)),
        (255, 255, 255) if chance(rng, 0.4) else 255,
    )
    em, y = body.size_pt, 0.6 * body.size_pt
    measure, hand = text_measure(sheet, rng, body), hand_type(materials, rng, body)
    if chance(rng, 0.6):
        title = heading_type(materials, rng, body)
        y += title.size_pt
        centred_row(sheet, y, materials.fill(rng, "spaced_heading"), title, word_gap_em=between(rng, 0.2, 1.2))
        y += 1.2 * em
    while y < sheet.height_pt - 5.5 * em:
        clause = f"제{whole(rng, 1, 40)}조({materials.fill(rng, 'form_label_alone')}) "
        y = paragraph(sheet, clause + materials.prose(rng, whole(rng, 30, 140)), body, y, measure, max_lines=4)
        for number in range(whole(rng, 0, 3)):
            item = f"{'①②③④'[number]} {materials.prose(rng, whole(rng, 20, 70))}"
            y = paragraph(
                sheet,
                item,
                body,
                y,
                replace(measure, x_pt=measure.x_pt + em, width_pt=measure.width_pt - em),
                max_lines=2,
            )
        if chance(rng, 0.5):
            y = blank_to_fill(sheet, rng, body, hand, measure, y)
        y += between(rng, 0.2, 0.8) * em
    for party in pick(rng, (("갑", "을"), ("임대인", "임차인"), ("매도인", "매수인"))):
        y += 1.9 * em
        name = materials.fill(rng, "person")
        pieces = [
            Piece(f'"{party}"' if chance(rng, 0.4) else party, measure.x_pt, body),
            Piece("성명", measure.x_pt + 6 * em, body),
        ]
        pieces.append(Piece(name, measure.x_pt + 9.5 * em, hand if chance(rng, 0.6) else body))
        pieces.append(Piece(pick(rng, ("(인)", "(서명)", "㊞")), measure.x_pt + 15.5 * em, body))
        sheet.new_block()
        sheet.row(y, pieces)
        if chance(rng, 0.5):
            seal(
                sheet,
                name,
                body,
                measure.x_pt + between(rng, 13.0, 16.5) * em,
                y - 0.4 * em,
                between(rng, 0.7, 1.1) * em,
            )
    return sheet


def certificate(materials: Materials, rng: Rng) -> Sheet:
    """Letter-spaced large type in the middle of a bordered sheet, a tinted emblem behind, date, issuer and seal."""
    body = replace(
        body_type(materials, rng, {"myeongjo": 60, "gothic": 22, "brush": 18}), tracking_em=between(rng, 0.0, 0.22)
    )
    grounds: tuple[Colour, ...] = (255, (255, 255, 255), (250, 246, 232), (244, 238, 214))
    ground = pick(rng, grounds)
    sheet = sheet_for(materials, rng, "certificate", body, (between(rng, 20, 28), between(rng, 20, 25)), ground)
    em, y, middle = body.size_pt, 1.6 * body.size_pt, sheet.width_pt / 2
    if chance(rng, 0.6):
        inset, borders = between(rng, 0.15, 0.5) * em, (0, 90, 150)
        sheet.frame(
            inset,
            inset,
            sheet.width_pt - inset,
            sheet.height_pt - inset,
            thick_pt=between(rng, 0.5, 2.5),
            colour=pick(rng, borders),
        )
    if chance(rng, 0.5):
        seal(
            sheet,
            materials.fill(rng, "heading"),
            replace(body, size_pt=em),
            middle,
            sheet.height_pt * 0.5,
            4.5 * em,
            depth=between(rng, 0.05, 0.3),
        )
    sheet.row(y, [Piece(f"제 {whole(rng, 2010, 2026)}-{whole(rng, 1, 999):03d} 호", 1.5 * em, body)])
    title = heading_type(materials, rng, body, largest=2.6)
    y += 1.6 * title.size_pt
    centred_row(sheet, y, materials.fill(rng, "spaced_heading"), title, word_gap_em=between(rng, 0.3, 1.5))
    y += 1.2 * em
    for label in ("성명", "생년월일", "소속", "과정명", "기간")[: whole(rng, 2, 4)]:
        y += between(rng, 1.6, 2.0) * em
        shown = " ".join(label) if chance(rng, 0.5) else label
        value = materials.fill(rng, {"성명": "person", "생년월일": "date", "기간": "date"}.get(label, "letter_subject"))
        sheet.new_block()
        sheet.row(y, [Piece(f"{shown} :" if chance(rng, 0.6) else shown, 2.0 * em, body), Piece(value, 8.0 * em, body)])
    y += 1.4 * em
    measure = Measure(2.0 * em, sheet.width_pt - 4.0 * em, between(rng, 1.5, 1.9), chance(rng, 0.6), breaks_words=True)
    y = paragraph(
        sheet,
        f"위 사람은 {materials.prose(rng, whole(rng, 60, 110))}",
        body,
        y,
        measure,
        indent_pt=pick(rng, (0.0, em)),
        max_lines=4,
    )
    centred_row(sheet, y + 1.6 * em, materials.fill(rng, "date"), body, word_gap_em=between(rng, 0.5, 2.0))
    issuer = replace(heading_type(materials, rng, body, largest=1.7), tracking_em=between(rng, 0.0, 0.25))
    y += 2.6 * em + issuer.size_pt
    end = centred_row(sheet, y, f"{materials.fill(rng, 'company')}장", issuer)
    seal(
        sheet,
        materials.fill(rng, "company"),
        body,
        end - between(rng, -1.2, 1.5) * em,
        y - 0.4 * issuer.size_pt,
        between(rng, 1.2, 2.2) * em,
    )
    return sheet
