"""Pages of fields and figures: form, invoice."""

# ruff: noqa: PLR2004 - shares of an em and of a page read better where they are used

from dataclasses import replace

from numpy.random import Generator as Rng

from hunmin.synth.pages.layout.blocks import Measure, TableStyle, paragraph, seal, table
from hunmin.synth.pages.layout.choices import OFFICE, body_type, hand_type, heading_type, sheet_for, tint
from hunmin.synth.pages.layout.parts import centred_row
from hunmin.synth.pages.layout.setting import Align, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def form(materials: Materials, rng: Rng) -> Sheet:
    """A title, ruled tables of labels and what was filled in by hand or printer, choices to tick, a declaration, a seal."""
    body = body_type(materials, rng)
    sheet = sheet_for(
        materials,
        rng,
        "form",
        body,
        (between(rng, 28, 38), between(rng, 20, 27)),
        (255, 255, 255) if chance(rng, 0.5) else 255,
    )
    em, y, x = body.size_pt, 0.5 * body.size_pt, 0.8 * body.size_pt
    width = sheet.width_pt - 2 * x
    if chance(rng, 0.7):
        title = heading_type(materials, rng, body)
        y += title.size_pt
        centred_row(sheet, y, materials.fill(rng, "spaced_heading"), title, word_gap_em=between(rng, 0.0, 1.0))
        y += 0.8 * em
    hand = hand_type(materials, rng, body) if chance(rng, 0.5) else replace(body, face=materials.face(rng, OFFICE))
    while y < sheet.height_pt - 3.0 * em:
        which = rng.random()
        if which < 0.6:
            y = _fields(sheet, body, hand, x, width, y)
        elif which < 0.8:
            y += 1.6 * em
            sheet.new_block()
            choices = [materials.fill(rng, "tick") for _ in range(whole(rng, 2, 4))]
            step = width / len(choices)
            sheet.row(y, [Piece(choice, x + number * step, body) for number, choice in enumerate(choices)])
        else:
            measure = Measure(
                x, width, between(rng, 1.3, 1.7), justified=chance(rng, 0.5), breaks_words=chance(rng, 0.5)
            )
            text = pick(
                rng,
                (
                    materials.prose(rng, whole(rng, 40, 90)),
                    materials.fill(rng, "form_notice_alone"),
                    materials.fill(rng, "bullet"),
                ),
            )
            y = paragraph(sheet, text, replace(body, size_pt=0.9 * em), y + 0.2 * em, measure, max_lines=3)
        y += between(rng, 0.2, 0.9) * em
    name = materials.fill(rng, "person")
    label = pick(rng, ("신청인", "위임자", "작성자", "확인자", "성명"))
    pieces = [
        Piece(f"{label} :" if chance(rng, 0.5) else label, sheet.width_pt / 2, body),
        Piece(name, sheet.width_pt / 2 + 5 * em, hand),
    ]
    pieces.append(Piece(pick(rng, ("(인)", "(서명 또는 인)", "㊞")), sheet.width_pt / 2 + 10 * em, body))
    sheet.new_block()
    sheet.row(sheet.height_pt - 0.9 * em, pieces)
    if chance(rng, 0.5):
        seal(
            sheet,
            name,
            body,
            sheet.width_pt / 2 + between(rng, 8, 11) * em,
            sheet.height_pt - 1.3 * em,
            between(rng, 0.7, 1.2) * em,
        )
    return sheet


def invoice(materials: Materials, rng: Rng) -> Sheet:
    """Parties in small cells, a table of items with lone digits and amounts, sums, an account number."""
    body = replace(body_type(materials, rng), tracking_em=between(rng, -0.06, 0.02))
    sheet = sheet_for(
        materials,
        rng,
        "invoice",
        body,
        (between(rng, 32, 40), between(rng, 18, 24)),
        (255, 255, 255) if chance(rng, 0.6) else 255,
    )
    em, y, x = body.size_pt, 0.4 * body.size_pt, 0.6 * body.size_pt
    width = sheet.width_pt - 2 * x
    title = heading_type(materials, rng, body)
    y += title.size_pt
    heading = pick(
        rng,
        ("거래명세서", "거 래 명 세 표", "견 적 서", "견적서", "세금계산서", "세 금 계 산 서", "청구서", "발 주 서"),
    )
    sheet.row(
        y,
        [
            Piece(heading, sheet.width_pt / 2, title, align="centre", word_gap_em=between(rng, 0.0, 1.0)),
            Piece(f"No. {whole(rng, 1, 9999)}", sheet.width_pt - x, body, align="right"),
        ],
    )
    y += 0.6 * em
    party = [0.14 * width, 0.36 * width, 0.14 * width, 0.36 * width]
    hand = hand_type(materials, rng, body) if chance(rng, 0.2) else None
    labels = [
        ("등록번호", "business_number_alone"),
        ("상호", "company"),
        ("성명", "person"),
        ("주소", "address"),
        ("업태", "noun_alone"),
        ("종목", "noun_alone"),
        ("일자", "date"),
        ("전화", "phone"),
    ]
    rows = []
    for number in range(0, whole(rng, 4, 8) // 2 * 2, 2):
        (left, left_group), (right, right_group) = labels[number], labels[number + 1]
        rows.append([left, materials.fill(rng, left_group), right, materials.fill(rng, right_group)])
    aligns: tuple[Align, ...] = ("centre", pick(rng, ("left", "centre")), "centre", "left")
    y = table(sheet, rows, body, (x, y), party, TableStyle(aligns, value=hand))
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
    count_side: Align = "centre" if chance(rng, 0.5) else "right"
    aligns = ("centre", "left", "centre", count_side, "right", "right", "centre")
    y = table(sheet, rows, body, (x, y), columns, TableStyle(aligns, tint=ground))
    for label in ("공급가액", "부가세", "합계금액"):
        y += 1.6 * em
        gap = between(rng, 3.0, 16.0) * em
        sheet.new_block()
        sheet.row(
            y,
            [
                Piece(label, sheet.width_pt - gap - 6 * em, body),
                Piece(materials.fill(rng, "price"), sheet.width_pt - x, body, align="right"),
            ],
        )
    if y < sheet.height_pt - 1.6 * em:
        sheet.row(y + 1.6 * em, [Piece(materials.fill(rng, "account"), x, body)])
    if chance(rng, 0.6):
        seal(
            sheet,
            materials.fill(rng, "company"),
            body,
            sheet.width_pt * between(rng, 0.3, 0.95),
            between(rng, 2.5, 6.0) * em,
            between(rng, 1.0, 1.9) * em,
        )
    return sheet


def _fields(sheet: Sheet, body: Type, hand: Type, x: float, width: float, y: float) -> float:
    """A table of labels and values, two or four columns, the values in another type."""
    materials, rng = sheet.materials, sheet.rng
    label_share = between(rng, 0.13, 0.24)
    pairs = 1 if chance(rng, 0.4) else 2
    columns = [
        share * width / pairs
        for _ in range(pairs)
        for share in (label_share * pairs / 1.6, 1 - label_share * pairs / 1.6)
    ]
    rows = []
    for _ in range(whole(rng, 2, 5)):
        cells = []
        for _ in range(pairs):
            label = materials.fill(rng, "form_label_alone")
            cells.append(" ".join(label) if len(label) < 4 and chance(rng, 0.5) else label)
            cells.append(materials.fill(rng, "field_value") if chance(rng, 0.85) else "")
        rows.append(cells)
    ground = tint(rng) if chance(rng, 0.2) else None
    sides: tuple[Align, ...] = ("left", "left", "centre")
    aligns = tuple(align for _ in range(pairs) for align in ("centre", pick(rng, sides)))
    return table(sheet, rows, body, (x, y), columns, TableStyle(aligns, value=hand, tint=ground))
