"""Pages of fields and figures: form, invoice, receipt."""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.pages.choices import OFFICE, TILLS, body_type, hand_type, heading_type, sheet_for, tint
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.sheet import Piece, Sheet, Type
from hunmin.synth.pages.typeset import Measure, paragraph, seal, table
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def form(materials: Materials, rng: Rng) -> Sheet:
    """A title, ruled tables of labels and what was filled in by hand or printer, choices to tick, a declaration, a seal."""
    body = body_type(materials, rng)
    sheet = sheet_for(materials, rng, "form", body, between(rng, 28, 38), between(rng, 20, 27), (255, 255, 255) if chance(rng, 0.5) else 255)
    em, y, x = body.size_pt, 0.5 * body.size_pt, 0.8 * body.size_pt
    width = sheet.width_pt - 2 * x
    if chance(rng, 0.7):
        title = heading_type(materials, rng, body)
        y += title.size_pt
        sheet.row(y, [Piece(materials.fill(rng, "spaced_heading"), sheet.width_pt / 2, title, align="centre", word_gap_em=between(rng, 0.0, 1.0))])
        y += 0.8 * em
    hand = hand_type(materials, rng, body) if chance(rng, 0.5) else replace(body, face=materials.face(rng, OFFICE))
    while y < sheet.height_pt - 3.0 * em:
        which = rng.random()
        if which < 0.6:
            y = _fields(sheet, rng, body, hand, x, width, y)
        elif which < 0.8:
            y += 1.6 * em
            sheet.new_block()
            choices = [materials.fill(rng, "tick") for _ in range(whole(rng, 2, 4))]
            step = width / len(choices)
            sheet.row(y, [Piece(choice, x + number * step, body) for number, choice in enumerate(choices)])
        else:
            measure = Measure(x, width, between(rng, 1.3, 1.7), justified=chance(rng, 0.5), breaks_words=chance(rng, 0.5))
            text = pick(rng, (materials.prose(rng, whole(rng, 40, 90)), materials.fill(rng, "form_notice_alone"), materials.fill(rng, "bullet")))
            y = paragraph(sheet, text, replace(body, size_pt=0.9 * em), y + 0.2 * em, measure, max_lines=3)
        y += between(rng, 0.2, 0.9) * em
    name = materials.fill(rng, "person")
    label = pick(rng, ("신청인", "위임자", "작성자", "확인자", "성명"))
    pieces = [Piece(f"{label} :" if chance(rng, 0.5) else label, sheet.width_pt / 2, body), Piece(name, sheet.width_pt / 2 + 5 * em, hand)]
    pieces.append(Piece(pick(rng, ("(인)", "(서명 또는 인)", "㊞")), sheet.width_pt / 2 + 10 * em, body))
    sheet.new_block()
    sheet.row(sheet.height_pt - 0.9 * em, pieces)
    if chance(rng, 0.5):
        seal(sheet, name, body, sheet.width_pt / 2 + between(rng, 8, 11) * em, sheet.height_pt - 1.3 * em, between(rng, 0.7, 1.2) * em)
    return sheet


def invoice(materials: Materials, rng: Rng) -> Sheet:
    """Parties in small cells, a table of items with lone digits and amounts, sums, an account number."""
    body = replace(body_type(materials, rng), tracking_em=between(rng, -0.06, 0.02))
    sheet = sheet_for(materials, rng, "invoice", body, between(rng, 32, 40), between(rng, 18, 24), (255, 255, 255) if chance(rng, 0.6) else 255)
    em, y, x = body.size_pt, 0.4 * body.size_pt, 0.6 * body.size_pt
    width = sheet.width_pt - 2 * x
    title = heading_type(materials, rng, body)
    y += title.size_pt
    heading = pick(rng, ("거래명세서", "거 래 명 세 표", "견 적 서", "견적서", "세금계산서", "세 금 계 산 서", "청구서", "발 주 서"))
    sheet.row(y, [Piece(heading, sheet.width_pt / 2, title, align="centre", word_gap_em=between(rng, 0.0, 1.0)), Piece(f"No. {whole(rng, 1, 9999)}", sheet.width_pt - x, body, align="right")])
    y += 0.6 * em
    party = [0.14 * width, 0.36 * width, 0.14 * width, 0.36 * width]
    hand = hand_type(materials, rng, body) if chance(rng, 0.2) else None
    labels = [("등록번호", "business_number_alone"), ("상호", "company"), ("성명", "person"), ("주소", "address"), ("업태", "noun_alone"), ("종목", "noun_alone"), ("일자", "date"), ("전화", "phone")]
    rows = []
    for number in range(0, whole(rng, 4, 8) // 2 * 2, 2):
        (left, left_group), (right, right_group) = labels[number], labels[number + 1]
        rows.append([left, materials.fill(rng, left_group), right, materials.fill(rng, right_group)])
    y = table(sheet, rows, body, y, party, x_pt=x, value=hand, aligns=("centre", pick(rng, ("left", "centre")), "centre", "left"))
    y += between(rng, 0.2, 0.8) * em
    heads = ["No", "품목", "규격", "수량", "단가", "금액", "비고"]
    columns = [share * width for share in (0.06, 0.3, 0.12, 0.09, 0.15, 0.18, 0.1)]
    rows = [heads]
    for number in range(1, whole(rng, 4, 9)):
        count = weighted(rng, (str(whole(rng, 0, 9)), "0", str(whole(rng, 10, 300)), "-"), (60, 14, 22, 4))
        rows.append(
            [
                str(number),
                materials.fill(rng, "item"),
                materials.fill(rng, "pack_alone") if chance(rng, 0.5) else "",
                count,
                materials.fill(rng, "amount_alone"),
                "0" if count == "0" else materials.fill(rng, "amount_alone"),
                weighted(rng, ("", materials.fill(rng, "cell")), (60, 40)),
            ]
        )
    ground = tint(rng) if chance(rng, 0.5) else None
    aligns = ("centre", "left", "centre", pick(rng, ("centre", "right")), "right", "right", "centre")
    y = table(sheet, rows, body, y, columns, x_pt=x, tint=ground, aligns=aligns)
    for label in ("공급가액", "부가세", "합계금액"):
        y += 1.6 * em
        gap = between(rng, 3.0, 16.0) * em
        sheet.new_block()
        sheet.row(y, [Piece(label, sheet.width_pt - gap - 6 * em, body), Piece(materials.fill(rng, "price"), sheet.width_pt - x, body, align="right")])
    if y < sheet.height_pt - 1.6 * em:
        sheet.row(y + 1.6 * em, [Piece(materials.fill(rng, "account"), x, body)])
    if chance(rng, 0.6):
        seal(sheet, materials.fill(rng, "company"), body, sheet.width_pt * between(rng, 0.3, 0.95), between(rng, 2.5, 6.0) * em, between(rng, 1.0, 1.9) * em)
    return sheet


def receipt(materials: Materials, rng: Rng) -> Sheet:
    """A till roll: shop, items with amounts far to the right, rules of signs, sums in double size, card slip."""
    columns = weighted(rng, (32, 42, 48), (40, 45, 15))
    fixed = chance(rng, 0.72)
    # Tills print condensed and stretched characters by doubling dots, so whole lines are twice as high or wide.
    squeeze = weighted(rng, (between(rng, 0.85, 1.05), between(rng, 0.55, 0.85)), (70, 30))
    body = Type(materials.face(rng, TILLS), 9.0, pen=whole(rng, 0, 50), squeeze=squeeze, fixed_pitch=fixed, tracking_em=0.0 if fixed else between(rng, -0.08, 0.04), weight=between(rng, -0.6, 0.6))
    width_em = columns / 2 * squeeze * 1.04 + 0.8
    sheet = sheet_for(materials, rng, "receipt", body, width_em, between(rng, 18, 26))
    em, y = 9.0, 0.3 * 9.0
    left, right, middle = 0.4 * em, sheet.width_pt - 0.4 * em, sheet.width_pt / 2
    leading = between(rng, 1.05, 1.5) * em
    large = replace(body, size_pt=em * pick(rng, (1.5, 2.0)), squeeze=squeeze * pick(rng, (0.5, 0.75, 1.0)))
    big_name = chance(rng, 0.5)
    y += 2.0 * leading if big_name else leading
    sheet.row(y, [Piece(materials.fill(rng, "shop"), middle if chance(rng, 0.6) else left, large if big_name else body, align="centre" if chance(rng, 0.5) else "left")])
    while y < sheet.height_pt - leading:
        which = rng.random()
        if which < 0.12:
            y += 0.6 * leading
            _rule_of_signs(sheet, body, left, right, y)
            y += 0.4 * leading
        elif which < 0.45:
            y = _items(sheet, rng, body, left, right, y, leading)
        elif which < 0.62:
            y += leading if chance(rng, 0.8) else 1.6 * leading
            kind = large if chance(rng, 0.2) else body
            label = materials.fill(rng, "total_label")
            sheet.new_block()
            sheet.row(y, [Piece(label, left, kind, word_gap_em=between(rng, 0.0, 1.0)), Piece(materials.fill(rng, "amount_alone"), right, kind, align="right")])
        else:
            y += leading
            sheet.new_block()
            text = materials.fill(rng, "receipt") if chance(rng, 0.75) else materials.line(rng, "receipt", columns)
            align = "centre" if chance(rng, 0.2) else "left"
            sheet.row(y, [Piece(text, middle if align == "centre" else left, body, align=align)])  # type: ignore[arg-type]
    return sheet


def _items(sheet: Sheet, rng: Rng, body: Type, left: float, right: float, y: float, leading: float) -> float:
    """Rows of an item, how many, and what they cost, with wide blanks between."""
    materials, em = sheet.materials, body.size_pt * body.squeeze
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
            sheet.row(y, [Piece(name, left, body), count, amount] if chance(rng, 0.6) else [Piece(name, left, body), amount])
    return y


def _rule_of_signs(sheet: Sheet, body: Type, left: float, right: float, y: float) -> None:
    """A row of ---- or ==== across the roll, drawn as strokes: a detector seldom takes it for text."""
    rng, em = sheet.rng, body.size_pt
    dash, gap = pick(sheet.rng, ((0.42, 0.08), (0.3, 0.2), (0.12, 0.2), (5.0, 0.0)))
    for offset in (0.0, 0.16) if chance(rng, 0.4) else (0.0,):
        sheet.rule(left, y + offset * em, right, y + offset * em, thick_pt=0.05 * em, colour=body.pen, dash_pt=(dash * em, gap * em))


def _fields(sheet: Sheet, rng: Rng, body: Type, hand: Type, x: float, width: float, y: float) -> float:
    """A table of labels and values, two or four columns, the values in another type."""
    materials = sheet.materials
    label_share = between(rng, 0.13, 0.24)
    pairs = 1 if chance(rng, 0.4) else 2
    columns = [share * width / pairs for _ in range(pairs) for share in (label_share * pairs / 1.6, 1 - label_share * pairs / 1.6)]
    rows = []
    for _ in range(whole(rng, 2, 5)):
        cells = []
        for _ in range(pairs):
            label = materials.fill(rng, "form_label_alone")
            cells.append(" ".join(label) if len(label) < 4 and chance(rng, 0.5) else label)
            cells.append(materials.fill(rng, "field_value") if chance(rng, 0.85) else "")
        rows.append(cells)
    ground = tint(rng) if chance(rng, 0.2) else None
    aligns = [align for _ in range(pairs) for align in ("centre", pick(rng, ("left", "left", "centre")))]
    return table(sheet, rows, body, y, columns, x_pt=x, value=hand, aligns=aligns, tint=ground)
