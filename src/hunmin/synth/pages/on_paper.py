"""Pages of running text: report, letter, contract, certificate, exam paper, book, newspaper.

Each function writes a part of a page of that type, twelve to thirty lines of it.
"""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.pages.choices import (
    HEADLINES,
    PRINT,
    body_type,
    hand_type,
    heading_type,
    sheet_for,
    small_type,
    tint,
)
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.sheet import Mark, Piece, Sheet, Type
from hunmin.synth.pages.typeset import Measure, leader_row, paragraph, seal, table
from hunmin.synth.random_draws import between, chance, pick, whole


def report(materials: Materials, rng: Rng) -> Sheet:
    """Headings, paragraphs, lists, a table, a table of contents, footnotes."""
    body = body_type(materials, rng)
    sheet = sheet_for(materials, rng, "report", body, between(rng, 26, 38), between(rng, 20, 27), 255 if chance(rng, 0.7) else (255, 255, 255))
    em, y = body.size_pt, between(rng, 0.4, 1.2) * body.size_pt
    measure = _measure(sheet, rng, body)
    if chance(rng, 0.7):
        y = _heading(sheet, rng, body, measure, y)
    while y < sheet.height_pt - 2.4 * em:
        which = rng.random()
        if which < 0.3:
            y = paragraph(sheet, materials.prose(rng, whole(rng, 60, 220)), body, y, measure, indent_pt=pick(rng, (0.0, em)), max_lines=5)
        elif which < 0.68:
            y = _list(sheet, rng, body, measure, y)
        elif which < 0.8:
            y = _table(sheet, rng, body, measure, y)
        elif which < 0.9:
            for _ in range(whole(rng, 2, 4)):
                y += measure.leading * em
                leader_row(sheet, materials.fill(rng, "contents_entry"), str(whole(rng, 1, 300)), body, y, measure.x_pt, measure.x_pt + measure.width_pt)
            y += 0.4 * em
        else:
            y = _heading(sheet, rng, body, measure, y)
        y += between(rng, 0.1, 0.8) * em
    if chance(rng, 0.5):
        _footnote(sheet, rng, body, measure)
    return sheet


def letter(materials: Materials, rng: Rng) -> Sheet:
    """An official letter: sender, receiver and subject in a block, numbered paragraphs, date, seal."""
    body = body_type(materials, rng)
    sheet = sheet_for(materials, rng, "letter", body, between(rng, 26, 36), between(rng, 20, 26), (255, 255, 255) if chance(rng, 0.5) else 255)
    em, y = body.size_pt, 0.5 * body.size_pt
    measure = _measure(sheet, rng, body)
    title = replace(heading_type(materials, rng, body), tracking_em=0.0)
    y += 1.1 * title.size_pt
    firm = materials.fill(rng, pick(rng, ("company", "spaced_heading", "heading")))
    sheet.row(y, [Piece(firm, sheet.width_pt / 2, title, align="centre", word_gap_em=between(rng, 0.0, 0.6))])
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
        sheet.row(y, [Piece(date, sheet.width_pt / 2, body, align="centre", word_gap_em=between(rng, 0.0, 2.0))])
        y += 2.2 * em
        signer = f"{materials.fill(rng, 'company')} {pick(rng, ('대표이사', '원장', '위원장', '학교장'))} {materials.fill(rng, 'person')} {pick(rng, ('(인)', '[직인생략]', '귀하', '(서명)'))}"
        end = sheet.row(y, [Piece(signer, measure.x_pt + measure.width_pt, body, align="right", word_gap_em=between(rng, 0.0, 0.8))])
        if chance(rng, 0.6):
            seal(sheet, materials.fill(rng, "company"), title, min(end, sheet.width_pt) - between(rng, 0.2, 2.5) * em, y - 0.4 * em, between(rng, 1.0, 2.0) * em)
    return sheet


def contract(materials: Materials, rng: Rng) -> Sheet:
    """Clauses with numbered items, blanks to fill in, some filled by hand; parties and seals at the end."""
    body = body_type(materials, rng)
    sheet = sheet_for(materials, rng, "contract", body, between(rng, 28, 38), between(rng, 20, 26), (255, 255, 255) if chance(rng, 0.4) else 255)
    em, y = body.size_pt, 0.6 * body.size_pt
    measure, hand = _measure(sheet, rng, body), hand_type(materials, rng, body)
    if chance(rng, 0.6):
        title = heading_type(materials, rng, body)
        y += title.size_pt
        sheet.row(y, [Piece(materials.fill(rng, "spaced_heading"), sheet.width_pt / 2, title, align="centre", word_gap_em=between(rng, 0.2, 1.2))])
        y += 1.2 * em
    while y < sheet.height_pt - 5.5 * em:
        clause = f"제{whole(rng, 1, 40)}조({materials.fill(rng, 'form_label_alone')}) "
        y = paragraph(sheet, clause + materials.prose(rng, whole(rng, 30, 140)), body, y, measure, max_lines=4)
        for number in range(whole(rng, 0, 3)):
            item = f"{'①②③④'[number]} {materials.prose(rng, whole(rng, 20, 70))}"
            y = paragraph(sheet, item, body, y, replace(measure, x_pt=measure.x_pt + em, width_pt=measure.width_pt - em), max_lines=2)
        if chance(rng, 0.5):
            y = _blank_to_fill(sheet, rng, body, hand, measure, y)
        y += between(rng, 0.2, 0.8) * em
    for party in pick(rng, (("갑", "을"), ("임대인", "임차인"), ("매도인", "매수인"))):
        y += 1.9 * em
        name = materials.fill(rng, "person")
        pieces = [Piece(f'"{party}"' if chance(rng, 0.4) else party, measure.x_pt, body), Piece("성명", measure.x_pt + 6 * em, body)]
        pieces.append(Piece(name, measure.x_pt + 9.5 * em, hand if chance(rng, 0.6) else body))
        pieces.append(Piece(pick(rng, ("(인)", "(서명)", "㊞")), measure.x_pt + 15.5 * em, body))
        sheet.new_block()
        sheet.row(y, pieces)
        if chance(rng, 0.5):
            seal(sheet, name, body, measure.x_pt + between(rng, 13.0, 16.5) * em, y - 0.4 * em, between(rng, 0.7, 1.1) * em)
    return sheet


def certificate(materials: Materials, rng: Rng) -> Sheet:
    """Letter-spaced large type in the middle of a bordered sheet, a tinted emblem behind, date, issuer and seal."""
    body = replace(body_type(materials, rng, {"myeongjo": 60, "gothic": 22, "brush": 18}), tracking_em=between(rng, 0.0, 0.22))
    ground = pick(rng, (255, (255, 255, 255), (250, 246, 232), (244, 238, 214)))
    sheet = sheet_for(materials, rng, "certificate", body, between(rng, 20, 28), between(rng, 20, 25), ground)
    em, y, middle = body.size_pt, 1.6 * body.size_pt, sheet.width_pt / 2
    if chance(rng, 0.6):
        inset = between(rng, 0.15, 0.5) * em
        sheet.frame(inset, inset, sheet.width_pt - inset, sheet.height_pt - inset, thick_pt=between(rng, 0.5, 2.5), colour=pick(rng, (0, 90, (160, 130, 60))))
    if chance(rng, 0.5):
        seal(sheet, materials.fill(rng, "heading"), replace(body, size_pt=em), middle, sheet.height_pt * 0.5, 4.5 * em, depth=between(rng, 0.05, 0.3))
    sheet.row(y, [Piece(f"제 {whole(rng, 2010, 2026)}-{whole(rng, 1, 999):03d} 호", 1.5 * em, body)])
    title = heading_type(materials, rng, body, largest=2.6)
    y += 1.6 * title.size_pt
    sheet.row(y, [Piece(materials.fill(rng, "spaced_heading"), middle, title, align="centre", word_gap_em=between(rng, 0.3, 1.5))])
    y += 1.2 * em
    for label in ("성명", "생년월일", "소속", "과정명", "기간")[: whole(rng, 2, 4)]:
        y += between(rng, 1.6, 2.0) * em
        shown = " ".join(label) if chance(rng, 0.5) else label
        value = materials.fill(rng, {"성명": "person", "생년월일": "date", "기간": "date"}.get(label, "letter_subject"))
        sheet.new_block()
        sheet.row(y, [Piece(f"{shown} :" if chance(rng, 0.6) else shown, 2.0 * em, body), Piece(value, 8.0 * em, body)])
    y += 1.4 * em
    measure = Measure(2.0 * em, sheet.width_pt - 4.0 * em, between(rng, 1.5, 1.9), chance(rng, 0.6), breaks_words=True)
    y = paragraph(sheet, f"위 사람은 {materials.prose(rng, whole(rng, 60, 110))}", body, y, measure, indent_pt=pick(rng, (0.0, em)), max_lines=4)
    sheet.row(y + 1.6 * em, [Piece(materials.fill(rng, "date"), middle, body, align="centre", word_gap_em=between(rng, 0.5, 2.0))])
    issuer = replace(heading_type(materials, rng, body, largest=1.7), tracking_em=between(rng, 0.0, 0.25))
    y += 2.6 * em + issuer.size_pt
    end = sheet.row(y, [Piece(f"{materials.fill(rng, 'company')}장", middle, issuer, align="centre")])
    seal(sheet, materials.fill(rng, "company"), body, end - between(rng, -1.2, 1.5) * em, y - 0.4 * issuer.size_pt, between(rng, 1.2, 2.2) * em)
    return sheet


def exam(materials: Materials, rng: Rng) -> Sheet:
    """Questions and choices in two columns with a rule between them."""
    body = body_type(materials, rng, PRINT)
    column_em = between(rng, 16, 23)
    sheet = sheet_for(materials, rng, "exam", body, 2 * column_em + 4, between(rng, 13, 18))
    em, gap = body.size_pt, 2.0 * body.size_pt
    middle = sheet.width_pt / 2
    if chance(rng, 0.8):
        sheet.rule(middle, 0.3 * em, middle, sheet.height_pt, thick_pt=0.4)
    for x in (em, middle + gap / 2):
        measure = replace(_measure(sheet, rng, body), x_pt=x, width_pt=column_em * em, breaks_words=chance(rng, 0.5))
        y = between(rng, 0.3, 0.8) * em
        while y < sheet.height_pt - 1.5 * em:
            text = f"{whole(rng, 1, 50)}. {materials.prose(rng, whole(rng, 30, 80))}{pick(rng, ('?', '?', '. [3점]', '. (단, {}은 제외)'.format(materials.fill(rng, 'noun_alone'))))}"
            y = paragraph(sheet, text, body, y, measure, max_lines=3) + 0.2 * em
            if chance(rng, 0.3):
                top = y
                y = paragraph(sheet, materials.prose(rng, whole(rng, 40, 90)), body, y + 0.3 * em, replace(measure, x_pt=x + 0.5 * em, width_pt=measure.width_pt - em), max_lines=4)
                sheet.frame(x, top, x + measure.width_pt, min(y, sheet.height_pt - 1), thick_pt=0.4)
                y += 0.5 * em
            short = chance(rng, 0.4)
            for number in range(0, 5, 3 if short else 1):
                y += measure.leading * em
                if short:
                    pieces = [Piece(f"{'①②③④⑤'[n]} {materials.fill(rng, 'exam_choice')}", x + (n - number) * measure.width_pt / 3, body) for n in range(number, min(number + 3, 5))]
                    sheet.row(y, pieces)
                else:
                    sheet.row(y, [Piece(f"{'①②③④⑤'[number]} {materials.prose(rng, whole(rng, 8, 30))}", x, body)])
            y += between(rng, 0.6, 1.6) * em
    return sheet


def book(materials: Materials, rng: Rng) -> Sheet:
    """Justified prose with indented paragraphs, quotations, a running head, a footnote, a page number."""
    body = body_type(materials, rng, PRINT)
    sheet = sheet_for(materials, rng, "book", body, between(rng, 24, 32), between(rng, 20, 27))
    em = body.size_pt
    measure = Measure(em, sheet.width_pt - 2 * em, between(rng, 1.45, 1.9), justified=True, breaks_words=chance(rng, 0.7))
    small = small_type(materials, rng, body)
    y = 1.0 * em
    if chance(rng, 0.5):
        sheet.row(y, [Piece(materials.fill(rng, "contents_entry"), em, small), Piece(str(whole(rng, 2, 600)), sheet.width_pt - em, small, align="right")])
        y += 0.4 * em
        if chance(rng, 0.4):
            sheet.rule(em, y, sheet.width_pt - em, y, thick_pt=0.3)
        y += 0.8 * em
    while y < sheet.height_pt - 3.5 * em:
        text = materials.prose(rng, whole(rng, 60, 300))
        text = materials.fill(rng, "book_speech") if chance(rng, 0.12) else text
        y = paragraph(sheet, text, body, y, measure, indent_pt=em, max_lines=6)
    if chance(rng, 0.5):
        _footnote(sheet, rng, body, measure)
    elif chance(rng, 0.5):
        number = str(whole(rng, 2, 600))
        sheet.row(sheet.height_pt - 0.5 * em, [Piece(pick(rng, (number, f"- {number} -", f"— {number} —")), sheet.width_pt / 2, small, align="centre")])
    return sheet


def newspaper(materials: Materials, rng: Rng) -> Sheet:
    """Two or three narrow justified columns under a headline in heavy condensed type."""
    body = replace(body_type(materials, rng, {"myeongjo": 78, "gothic": 22}), squeeze=between(rng, 0.8, 1.0), tracking_em=between(rng, -0.1, 0.0))
    num_columns = whole(rng, 2, 3)
    column_em = between(rng, 11, 16)
    sheet = sheet_for(materials, rng, "newspaper", body, num_columns * (column_em + 1.2) + 1, between(rng, 17, 22))
    em, y = body.size_pt, 0.4 * body.size_pt
    if chance(rng, 0.8):
        title = replace(heading_type(materials, rng, body, largest=2.8), squeeze=between(rng, 0.72, 0.95), tracking_em=-0.04)
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
            y = paragraph(sheet, materials.prose(rng, whole(rng, 80, 200)), body, y, measure, indent_pt=0.6 * em, max_lines=9)
    return sheet


def _measure(sheet: Sheet, rng: Rng, body: Type) -> Measure:
    margin = between(rng, 0.4, 1.4) * body.size_pt
    return Measure(margin, sheet.width_pt - 2 * margin, between(rng, 1.25, 1.9), chance(rng, 0.65), chance(rng, 0.5))


def _heading(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    title = heading_type(sheet.materials, rng, body, styles=HEADLINES)
    y += 1.1 * title.size_pt
    sheet.new_block()
    text = sheet.materials.fill(rng, pick(rng, ("heading", "numbered_heading", "numbered_heading")))
    ground, marks = (0, 0, 0), tuple[Mark, ...]()
    if chance(rng, 0.12):
        bar = tint(rng) if chance(rng, 0.5) else (60, 80, 120)
        sheet.fill(measure.x_pt - 2, y - title.size_pt, measure.x_pt + measure.width_pt, y + 0.3 * title.size_pt, bar)
        title = replace(title, pen=20 if min(bar) > 150 else 255)
    elif chance(rng, 0.12):
        marks = (pick(rng, ("underline", "frame")),)
    sheet.row(y, [Piece(text, measure.x_pt, title, marks=marks, mark_colour=ground)])
    return y + between(rng, 0.4, 1.0) * body.size_pt


def _list(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    """Items with marks; parts of some are underlined, framed, struck out or marked."""
    indent = between(rng, 0.0, 2.0) * body.size_pt
    group = pick(rng, ("bullet", "bullet", "sign_line", "mixed_line", "latin_line"))
    for _ in range(whole(rng, 2, 4)):
        y += measure.leading * body.size_pt
        marks: tuple[Mark, ...] = (pick(rng, ("underline", "underline", "strike", "frame", "highlight")),) if chance(rng, 0.14) else ()
        text = sheet.materials.fill(rng, group)
        sheet.new_block()
        first, _, rest = text.partition(" ")
        x = measure.x_pt + indent
        if marks and rest:
            end = x + sum(sheet.fit(first, body).advances_pt) + between(rng, 0.35, 0.6) * body.size_pt
            colour = tint(rng) if marks == ("highlight",) else pick(rng, (0, 60, (200, 30, 30)))
            sheet.row(y, [Piece(first, x, body), Piece(rest, end, body, marks=marks, mark_colour=colour)])
        else:
            sheet.row(y, [Piece(text, x, body)])
    return y + 0.5 * body.size_pt


def _table(sheet: Sheet, rng: Rng, body: Type, measure: Measure, y: float) -> float:
    materials = sheet.materials
    num_columns = whole(rng, 3, 6)
    shares = [between(rng, 0.6, 1.8) for _ in range(num_columns)]
    columns = [share / sum(shares) * measure.width_pt for share in shares]
    head = replace(body, weight=0.6) if chance(rng, 0.5) else None
    rows = [[materials.fill(rng, "form_label_alone") for _ in columns]]
    for _ in range(whole(rng, 2, 4)):
        rows.append([materials.fill(rng, pick(rng, ("noun_alone", "cell", "cell", "amount_alone"))) for _ in columns])
    ground = tint(rng) if chance(rng, 0.5) else None
    return table(sheet, rows, body, y, columns, x_pt=measure.x_pt, head=head, tint=ground)


def _footnote(sheet: Sheet, rng: Rng, body: Type, measure: Measure) -> None:
    small = small_type(sheet.materials, rng, body)
    y = sheet.height_pt - 1.3 * small.size_pt
    sheet.rule(measure.x_pt, y - 0.5 * small.size_pt, measure.x_pt + 8 * small.size_pt, y - 0.5 * small.size_pt, thick_pt=0.3)
    sheet.new_block()
    sheet.row(y + small.size_pt, [Piece(sheet.materials.fill(rng, "footnote"), measure.x_pt, small)])


def _blank_to_fill(sheet: Sheet, rng: Rng, body: Type, hand: Type, measure: Measure, y: float) -> float:
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
        pieces.append(Piece(sheet.materials.fill(rng, pick(rng, ("person", "date", "phone", "address", "amount_alone"))), x + 0.5 * em, hand))
    if chance(rng, 0.4):
        pieces.append(Piece(pick(rng, ("원", "(인)", "일", "까지")), right + 0.4 * em, body))
    sheet.row(y, pieces)
    return y + 0.4 * em
