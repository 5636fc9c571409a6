"""Writing on a sheet: what stands there is in the label, where it stands is in its box."""

from dataclasses import replace

import numpy as np
import pytest

from hunmin.synth.fonts.faces import Face, bundled_faces
from hunmin.synth.lines.render import BlankGlyphError, Glyph, GlyphCache
from hunmin.synth.pages.layout.blocks import Measure, TableStyle, leader_row, paragraph, table
from hunmin.synth.pages.layout.setting import Mark, Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page
from hunmin.synth.texts.corpus import Corpus

TYPE = Type(next(face for face in bundled_faces() if face.style == "gothic"), 10.0)


@pytest.fixture
def sheet(materials: Materials) -> Sheet:
    return Sheet(materials, np.random.default_rng(0), "report", (300.0, 120.0), 4.0)


def labels(page: Page) -> list[str]:
    return [line.text for line in page.lines]


def assert_ink_and_boxes_agree(page: Page, play: int = 2) -> None:
    """Every character but a space has ink in its box, and all ink lies in boxes, give or take `play` pixels."""
    ink = 255 - page.image
    boxes = page.upright_boxes()
    text = "".join(line.text for line in page.lines)
    assert len(text) == len(boxes)
    outside = ink.copy()
    for char, (x0, y0, x1, y1) in zip(text, np.rint(boxes).astype(int), strict=True):
        if char != " ":
            assert ink[y0:y1, x0:x1].max() > 100, f"{char!r} has no ink"
        outside[max(y0 - play, 0) : y1 + play, max(x0 - play, 0) : x1 + play] = 0
    assert outside.max() < 60


@pytest.mark.parametrize("squeeze", [0.7, 1.0, 1.1])
@pytest.mark.parametrize("size", [6.0, 10.0, 22.0])
def test_every_glyph_lies_in_its_box_whatever_the_size_and_width_of_the_type(
    sheet: Sheet, size: float, squeeze: float
) -> None:
    kind = replace(TYPE, size_pt=size, squeeze=squeeze)
    sheet.row(60.0, [Piece("값: 12,000원 Ag", 10.0, kind)])
    assert labels(sheet.finish()) == ["값: 12,000원 Ag"]
    assert_ink_and_boxes_agree(sheet.finish())


def test_condensed_type_is_narrower_and_as_high(sheet: Sheet) -> None:
    sheet.row(30.0, [Piece("한글날", 10.0, TYPE)])
    sheet.row(60.0, [Piece("한글날", 10.0, replace(TYPE, squeeze=0.7))])
    wide, narrow = (page_box(sheet.finish(), number) for number in (0, 1))
    assert (narrow[2] - narrow[0]) / (wide[2] - wide[0]) == pytest.approx(0.7, abs=0.03)
    assert narrow[3] - narrow[1] == pytest.approx(wide[3] - wide[1], abs=1.5)


def page_box(page: Page, number: int) -> tuple[float, float, float, float]:
    line = page.lines[number]
    boxes = page.upright_boxes()[line.first : line.end]
    (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def test_a_label_and_an_amount_far_to_its_right_are_one_line_with_one_space(sheet: Sheet) -> None:
    sheet.row(60.0, [Piece("합계", 10.0, TYPE), Piece("4,500", 290.0, TYPE, align="right")])
    page = sheet.finish()
    assert labels(page) == ["합계 4,500"]
    space = page.corners[2]
    assert space[1, 0] - space[0, 0] > 15 * page.em_px(0)
    assert page_box(page, 0)[2] == pytest.approx(290 * 4.0, abs=2)
    assert [page.lines[0].text[start:end] for start, end in page.lines[0].words()] == ["합계", "4,500"]


def test_pieces_that_nearly_touch_have_no_space_between_them(sheet: Sheet) -> None:
    end = sheet.row(30.0, [Piece("머리말", 10.0, TYPE)])
    sheet.row(60.0, [Piece("머리말", 10.0, TYPE), Piece("····", end + 1.0, TYPE)])
    assert labels(sheet.finish())[1] == "머리말····"


def test_a_piece_that_would_run_into_the_one_before_is_left_out(sheet: Sheet) -> None:
    sheet.row(60.0, [Piece("대한민국", 10.0, TYPE), Piece("만세", 20.0, TYPE)])
    assert labels(sheet.finish()) == ["대한민국"]
    assert_ink_and_boxes_agree(sheet.finish())


def test_a_row_on_top_of_another_is_left_out(sheet: Sheet) -> None:
    sheet.row(60.0, [Piece("대한민국", 10.0, TYPE)])
    sheet.row(63.0, [Piece("만세", 15.0, TYPE)])
    assert labels(sheet.finish()) == ["대한민국"]


def test_text_that_would_leave_the_sheet_is_cut_short_and_so_is_its_label(sheet: Sheet) -> None:
    sheet.row(60.0, [Piece("가나다라마바사" * 8, 10.0, TYPE)])
    page = sheet.finish()
    assert len(page.lines[0].text) < 56
    assert page_box(page, 0)[2] <= page.image.shape[1]
    assert_ink_and_boxes_agree(page)


def test_what_would_stand_below_the_sheet_is_not_written(sheet: Sheet) -> None:
    sheet.row(119.9, [Piece("가각갂", 10.0, TYPE)])
    assert labels(sheet.finish()) == []


@pytest.mark.parametrize("mark", ["underline", "strike", "frame", "highlight"])
def test_rules_and_frames_change_the_picture_and_not_the_label(sheet: Sheet, mark: Mark) -> None:
    plain = Sheet(sheet.materials, np.random.default_rng(0), "report", (300.0, 120.0), 4.0)
    for one, marks in ((plain, ()), (sheet, (mark,))):
        one.row(60.0, [Piece("업태", 40.0, TYPE, marks=marks, mark_colour=90)])
    assert labels(sheet.finish()) == ["업태"]
    assert not np.array_equal(plain.finish().image, sheet.finish().image)
    assert np.array_equal(plain.finish().corners, sheet.finish().corners)


def test_justified_lines_end_at_the_same_place_and_the_last_one_does_not(sheet: Sheet, materials: Materials) -> None:
    text = "나라의 말이 중국과 달라 한자와는 서로 맞지 아니하니 어리석은 백성이 이르고자 하는 바가 있어도"
    measure = Measure(10.0, 170.0, 1.5, justified=True, breaks_words=False)
    bottom = paragraph(sheet, text, TYPE, 5.0, measure)
    page = sheet.finish()
    ends = [page_box(page, number)[2] for number in range(len(page.lines))]
    assert len(ends) >= 3
    assert np.ptp(ends[:-1]) < 0.3 * page.em_px(0)
    assert ends[-1] < ends[0] - page.em_px(0)
    assert " ".join(labels(page)) == text
    assert bottom == pytest.approx(5.0 + len(ends) * 15.0)


def test_lines_that_break_inside_words_hold_the_whole_text_in_order(sheet: Sheet) -> None:
    text = "대한민국의모든국민은법앞에평등하다누구든지성별종교또는사회적신분에의하여"
    paragraph(sheet, text, TYPE, 5.0, Measure(10.0, 90.0, 1.5, justified=True, breaks_words=True))
    assert "".join(labels(sheet.finish())) == text


def test_a_leader_fills_the_way_to_the_page_number(sheet: Sheet) -> None:
    leader_row(sheet, "머리말", "12", TYPE, 60.0, (10.0, 200.0))
    page = sheet.finish()
    assert page.lines[0].text.startswith("머리말")
    assert page.lines[0].text.endswith("12")
    leader = page.lines[0].text.removeprefix("머리말").removesuffix("12").strip()
    assert len(leader) >= 2
    assert len(set(leader)) == 1


def test_every_cell_of_a_table_is_a_line_inside_its_rules(sheet: Sheet) -> None:
    rows = [["품목", "수량"], ["귤", "0"]]
    table(sheet, rows, TYPE, (10.0, 10.0), [80.0, 40.0], TableStyle())
    page = sheet.finish()
    assert labels(page) == ["품목", "수량", "귤", "0"]
    assert [line.block for line in page.lines] == sorted({line.block for line in page.lines})
    for number, (left, right) in enumerate([(10, 90), (90, 130)] * 2):
        x0, _, x1, _ = page_box(page, number)
        assert left * 4 <= x0 < x1 <= right * 4


def test_a_character_that_no_face_draws_is_left_out_of_text_and_label(sheet: Sheet) -> None:
    sheet.row(60.0, [Piece("가\ue000나", 10.0, TYPE)])
    assert labels(sheet.finish()) == ["가나"]


class ThinRules(GlyphCache):
    """Its low line has no dot at the sizes of a screen, as in some faces."""

    def glyph(self, face: Face, size_px: int, char: str) -> Glyph:
        if char == "_" and size_px < 20:
            raise BlankGlyphError(char)
        return super().glyph(face, size_px, char)


def test_a_sign_that_vanishes_at_a_small_size_costs_its_piece_and_not_the_page(corpus: Corpus) -> None:
    materials = Materials(bundled_faces(), corpus, ThinRules(), held_out=False)
    sheet = Sheet(materials, np.random.default_rng(0), "chat", (300.0, 120.0), 1.0, grid_fitted=True)
    sheet.row(30.0, [Piece("user_name", 10.0, TYPE)])
    sheet.row(60.0, [Piece("한글날", 10.0, TYPE)])
    assert labels(sheet.finish()) == ["한글날"]
