from hunmin.documents.paragraphs import paragraphs
from tests.documents.paper import page_of_lines


def texts(*lines: tuple[str, float, float, float]) -> list[tuple[int, list[str]]]:
    return [
        (paragraph.heading_level, [line.text for line in paragraph.lines])
        for paragraph in paragraphs(page_of_lines(*lines))
    ]


def test_lines_that_follow_closely_are_one_paragraph_and_a_gap_parts_two() -> None:
    found = texts(("첫째 줄", 100, 100, 30), ("둘째 줄", 100, 140, 30), ("새 문단", 100, 230, 30))
    assert found == [(0, ["첫째 줄", "둘째 줄"]), (0, ["새 문단"])]


def test_lines_side_by_side_in_a_row_belong_together_and_columns_do_not() -> None:
    rows = texts(("항목", 100, 100, 30), ("금액", 400, 100, 30), ("아래", 700, 140, 30))
    assert rows == [(0, ["항목", "금액"]), (0, ["아래"])]
    columns = texts(("왼쪽", 100, 100, 30), ("단", 100, 140, 30), ("오른쪽", 400, 100, 30), ("단", 400, 140, 30))
    assert columns == [(0, ["왼쪽", "단"]), (0, ["오른쪽", "단"])]


def test_a_title_stays_one_whatever_stands_beside_it_and_however_its_letters_are_spaced() -> None:
    body = [("본문", 100, 300 + 40 * number, 30) for number in range(7)]
    found = texts(("회의록", 100, 100, 70), ("2025년 3월", 700, 120, 28), *body)
    assert found == [(1, ["회의록"]), (0, ["2025년 3월"]), (0, ["본문"] * 7)]
    spaced = [(letter, 100 + 150 * place, 100, 70) for place, letter in enumerate("업무협약서")]
    assert texts(*spaced, *body)[0] == (1, list("업무협약서"))


def test_a_label_and_its_value_of_several_lines_are_one_paragraph() -> None:
    value = [("서울특별시 마포구", 400, 100, 30), ("와우산로 21길 15", 400, 140, 30)]
    assert texts(("주소", 100, 100, 30), *value) == [(0, ["주소", "서울특별시 마포구", "와우산로 21길 15"])]


def test_lines_much_higher_than_the_others_are_headings() -> None:
    body = [("본문", 100, 300 + 40 * number, 30) for number in range(5)]
    found = texts(("큰 제목", 100, 100, 60), ("작은 제목", 100, 200, 42), *body)
    assert found == [(1, ["큰 제목"]), (2, ["작은 제목"]), (0, ["본문"] * 5)]


def test_a_page_of_one_line_or_none_has_no_heading() -> None:
    assert texts(("하나", 100, 100, 90)) == [(0, ["하나"])]
    assert texts() == []


def test_lines_without_text_belong_to_no_paragraph() -> None:
    page = page_of_lines(("글", 100, 100, 30))
    blank = type(page)(**{**vars(page), "lines": (*page.lines, page.lines[0]), "words": (*page.words, ())})
    assert len(paragraphs(blank)[0].lines) == 1
