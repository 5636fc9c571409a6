import numpy as np
import pytest

from hunmin.documents.source.text_layer import Character, characters, fault, text_lines

PLACE = (0.0, 0.0, 10.0, 10.0)


def layer(text: str) -> list[Character]:
    return [Character(letter, PLACE, is_mapped=True) for letter in text]


@pytest.mark.parametrize(
    "text",
    [
        "제3차 정기 회의록 2025년 3월 14일, 참석자는 모두 12명이다.",
        "The annual report of the company, for the year 2025",
        "Résumé: à la carte, naïve, Ångström",
        "大韓民國의 국호는 韓國이다 ㈜한국 ①②③ ₩12,500 ㎡",
        "제1장 총칙 ........................................ 3",
        "1,250,000  48,000  (3,200)  12.5%",
        "3",
        "— 12 —",
        "안녕 😀 하세요 여러분",
    ],
)
def test_what_people_write_is_sound(text: str) -> None:
    assert fault(layer(text)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no text"),
        (" \r\n ", "no text"),
        ("\ue123\ue124\ue125 회의록", "no meaning"),
        ("회의록 \ufffd\ufffd\ufffd", "no meaning"),
        ("회의\x01\x02록", "no meaning"),
        ("ઁરଅ \u0a71ӝ ഥਅ\u06feਸஜ", "do not go together"),
        ("´ëÇÑ¹Î±¹ Á¤ºÎ´Â ´ÙÀ½°ú °°ÀÌ", "Latin letters"),
        ("#$%& '()* +,-./ :;<=> ?@[", "signs"),
    ],
)
def test_what_broken_fonts_give_is_told(text: str, reason: str) -> None:
    assert reason in str(fault(layer(text)))


def test_characters_that_their_font_does_not_name_make_a_layer_broken() -> None:
    unknown = [Character("가", PLACE, is_mapped=False)] * 10
    assert "10 of 14" in str(fault([*unknown, *layer("나다라마")]))


def test_two_halves_of_a_pair_are_one_character_and_a_lone_half_is_none() -> None:
    units = [(ord(unit), True, PLACE) for unit in ("\ud83d", "\ude00", "\ude00")] + [(0x1F600, True, PLACE)]
    assert [character.text for character in characters(units)] == ["😀", "\ufffd", "😀"]


def test_lines_have_the_boxes_of_their_words_in_pixels() -> None:
    boxes = [(0, 0, 10, 10), (10, 0, 20, 12), None, (30, 0, 40, 10)]
    text = [Character(letter, box or (0.0,) * 4, True) for letter, box in zip("한글 각", boxes, strict=True)]  # type: ignore[arg-type]
    to_pixels = np.array([[2.0, 0, 0], [0, -2.0, 100], [0, 0, 1]])
    (line,) = text_lines(text, to_pixels)
    assert line.line.text == "한글 각"
    assert line.line.box == ((0, 76), (80, 76), (80, 100), (0, 100))
    assert [(word.text, word.box[0], word.box[2]) for word in line.words] == [
        ("한글", (0, 76), (40, 100)),
        ("각", (60, 80), (80, 100)),
    ]


def test_letters_taken_apart_are_put_together_and_control_characters_are_left_out() -> None:
    (line,) = text_lines(layer("\u1112\u1161\u11ab\u200b\u202e글\x1b"), np.eye(3))
    assert line.line.text == "한글"


def row(text: str, x: float, y: float, slope: float) -> list[Character]:
    """Letters of 10 × 12 points from `x` on, of a line that rises by `slope`; where there is none is a space."""
    placed = []
    for index, letter in enumerate(text):
        left = x + 10 * index
        bottom = y + slope * (left - 50)
        box = (left, bottom, left + 10, bottom + 12) if letter != " " else (0.0,) * 4
        placed.append(Character(letter, box, is_mapped=True))  # type: ignore[arg-type]
    return placed


SPACE = [Character(" ", (0.0,) * 4, is_mapped=True)]  # type: ignore[arg-type]


@pytest.mark.parametrize("slope", [0.0, 0.05, -0.05])
@pytest.mark.parametrize("pitch", [11, 14, 30])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rows_that_the_layer_has_as_one_are_parted_where_a_word_stands_beside_the_line(
    slope: float, pitch: float, turn: int
) -> None:
    rows = []
    for number, (name, amount) in enumerate([("치즈김밥", "9,000"), ("떡볶이 1인분", "5,500"), ("식혜", "7")]):
        y = 700 - number * pitch
        rows += [*row(name, 50, y, slope), *SPACE, *row(amount, 400, y, slope), *SPACE]
    quarter = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    turned = np.array([[quarter[0], -quarter[1], 0], [quarter[1], quarter[0], 0], [0, 0, 1.0]])
    assert [line.line.text for line in text_lines(rows, turned)] == ["치즈김밥 9,000", "떡볶이 1인분 5,500", "식혜 7"]


def test_a_raised_number_stays_in_its_line_and_small_type_beside_a_title_does_not() -> None:
    raised = [Character("2", (92, 707, 96, 714), is_mapped=True)]
    line = [*row("제1조", 50, 700, 0), *SPACE, *raised, *SPACE, *row("목적", 110, 700, 0)]
    assert [found.line.text for found in text_lines(line, np.eye(3))] == ["제1조 2 목적"]
    title = [Character(letter, (50 + 40 * i, 700, 90 + 40 * i, 748), True) for i, letter in enumerate("회의록")]
    below = row("2025년 3월", 50, 684, 0)
    assert [found.line.text for found in text_lines([*title, *SPACE, *below], np.eye(3))] == ["회의록", "2025년 3월"]


def test_a_watermark_across_the_page_parts_no_level_line_and_stays_one_itself() -> None:
    level = [*row("성명", 50, 700, 0), *SPACE, *row("홍길동", 150, 700, 0), *SPACE, *row("30", 350, 700, 0)]
    mark = [*row("CONFIDENTIAL", 100, 300, 0.75), *SPACE, *row("DRAFT", 260, 300, 0.75)]
    found = text_lines([*level, Character("\n", (0.0,) * 4, True), *mark], np.eye(3))  # type: ignore[arg-type]
    assert [line.line.text for line in found] == ["성명 홍길동 30", "CONFIDENTIAL DRAFT"]


def test_a_lowered_sign_behind_a_raised_one_stays_in_the_line() -> None:
    signs = [Character("1", (92, 707, 96, 714), True), *SPACE, Character("2", (98, 696, 102, 703), True)]
    line = [*row("면적", 50, 700, 0), *SPACE, *signs, *SPACE, *row("더한 값", 110, 700, 0)]
    assert [found.line.text for found in text_lines(line, np.eye(3))] == ["면적 1 2 더한 값"]
