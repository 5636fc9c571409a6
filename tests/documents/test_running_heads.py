import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hunmin.documents.page import DocumentPage
from hunmin.documents.running_heads import with_roles
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.writers.markdown import MARKDOWN
from hunmin.documents.writers.plain_text import PLAIN_TEXT
from hunmin.errors import ImageError
from hunmin.pages.direction import to_original
from tests.documents.paper import page_of_lines, rectangle

BODIES = ("봄이 왔다", "여름은 덥다", "가을 하늘이 높다", "겨울에는 눈이 온다", "다시 봄을 기다린다")


def page(number: int, *heads: tuple[str, float, float], body: str | None = None) -> DocumentPage:
    """A page of 1,000 × 1,400 px with text in the middle, and more lines of text, left and top."""
    lines = [(text, left, top, 30.0) for text, left, top in heads]
    lines += [(f"{body or BODIES[number % 5]} {number}", 100, 500 + 60 * row, 30.0) for row in range(4)]
    lines.sort(key=lambda line: line[2])
    return replace(page_of_lines(*lines), number=number)


def marked(*pages: DocumentPage) -> list[dict[str, str]]:
    """Text → role of what is not the body, a page each."""
    return [
        {line.text: role for line, role in zip(one.lines, one.roles, strict=bool(one.roles)) if role != "body"}
        for one in with_roles(pages)
    ]


def test_heads_feet_and_page_numbers_are_marked_on_every_page() -> None:
    pages = [
        page(n, ("제3장 총칙", 100, 60), (f"- {n + 11} -", 480, 1340), ("한빛 연구소", 800, 1300)) for n in range(1, 5)
    ]
    for number, roles in enumerate(marked(*pages), 1):
        assert roles == {"제3장 총칙": "header", "한빛 연구소": "footer", f"- {number + 11} -": "page_number"}


def test_a_head_may_hold_the_number_of_its_page() -> None:
    pages = [page(n, (f"2025년 예산 편람 {n + 40}", 100, 60)) for n in (1, 2, 3)]
    assert marked(*pages) == [{f"2025년 예산 편람 {n + 40}": "header"} for n in (1, 2, 3)]


def test_a_line_of_very_many_dots_takes_no_time() -> None:
    pages = [page(n, ("." * 100_000 + f"가 {n}", 100, 60)) for n in (1, 2, 3)]
    started = time.perf_counter()
    assert all("page_number" not in roles.values() for roles in marked(*pages))
    assert time.perf_counter() - started < 5, "seconds"


def test_left_and_right_pages_may_differ() -> None:
    pages = [
        page(n, ("행정 편람", 100, 60), (str(n), 100, 1340))
        if n % 2
        else page(n, ("제1장", 800, 60), (str(n), 880, 1340))
        for n in range(1, 6)
    ]
    assert marked(*pages) == [
        {"행정 편람": "header", str(n): "page_number"} if n % 2 else {"제1장": "header", str(n): "page_number"}
        for n in range(1, 6)
    ]


def test_a_misread_syllable_and_a_sheet_that_lies_a_little_differently_do_not_matter() -> None:
    texts = ("공무원 인사 실무 안내서", "공무원 인사 실무 안네서", "공무원 인사 실무 안내서")
    pages = [page(n, (text, 100 + 9 * n, 60 + 7 * n)) for n, text in enumerate(texts)]
    assert marked(*pages) == [{text: "header"} for text in texts]


@pytest.mark.parametrize(
    "heads",
    [
        [[("제1장 총칙", 100, 60)], [("제2장 보칙과 그 밖의 것", 400, 60)]],
        [[("같은 글", 100, 500)], [("같은 글", 100, 500)]],
        [[("제1조(목적)", 100, 60)], [("제4조(목적)", 100, 60)]],
        [[("2024", 480, 1340)], [("2024", 480, 1340)]],
        [[("7", 480, 1340)], [("3", 480, 1340)]],
        [[("글", 100, 20), ("같은 말", 100, 120)], [("또 다른 것", 100, 20), ("같은 말", 100, 120)]],
    ],
    ids=[
        "another text",
        "in the middle",
        "numbers that do not count pages",
        "a year",
        "numbers in no order",
        "text above it",
    ],
)
def test_what_is_not_repeated_at_the_edge_is_the_body(heads: list[list[tuple[str, float, float]]]) -> None:
    assert marked(*(page(number, *of_page) for number, of_page in enumerate(heads, 1))) == [{}, {}]


def test_the_title_of_a_form_of_which_there_are_many_copies_is_no_running_head() -> None:
    copies = [page(number, ("전입 신고서", 100, 60), body="성명과 주소") for number in range(1, 4)]
    assert marked(*copies) == [{}, {}, {}]


def test_large_type_and_lines_of_tables_are_no_running_heads() -> None:
    large = [
        page_of_lines(("신청서", 100, 40, 70), *((BODIES[n], 100, 500 + 60 * row, 30) for row in range(4)))
        for n in (1, 2)
    ]
    assert marked(*large) == [{}, {}]
    cell = Cell(0, 0, 1, 1, "결재", rectangle(90, 50, 200, 100), (0,))
    table = Table(1, 1, (cell,), cell.box)
    assert marked(*(replace(page(n, ("결재", 100, 60)), tables=(table,)) for n in (1, 2))) == [{}, {}]


def test_the_edge_of_a_turned_page_is_that_of_the_page_set_upright() -> None:
    pages = []
    for number in (1, 2):
        upright = page(number, ("머리말", 100, 60))
        lines = tuple(
            replace(line, box=tuple(map(tuple, to_original(np.array(line.box), 1, 1400, 1000).tolist())))
            for line in upright.lines
        )
        pages.append(replace(upright, lines=lines, width_px=1400, height_px=1000, rotation_deg=90))
    assert marked(*pages) == [{"머리말": "header"}] * 2


def test_pages_come_with_a_delay_of_two_and_all_of_them_before_an_error() -> None:
    taken: list[int] = []

    def pages() -> Iterator[DocumentPage]:
        for number in range(1, 5):
            taken.append(number)
            yield page(number, ("머리말", 100, 60))
        raise ImageError("unreadable", "page 5 is damaged")

    given = with_roles(pages())
    assert next(given).number == 1
    assert taken == [1, 2, 3]
    assert [one.number for one in (next(given), next(given), next(given))] == [2, 3, 4]
    with pytest.raises(ImageError, match="page 5"):
        next(given)


def test_markdown_leaves_them_out_and_text_keeps_them() -> None:
    first, _ = with_roles([page(n, ("머리말", 100, 60), (f"{n}쪽", 480, 1340)) for n in (1, 2)])
    assert "머리말" not in MARKDOWN.page(first)
    assert "1쪽" not in MARKDOWN.page(first)
    assert BODIES[1] in MARKDOWN.page(first)
    assert {"머리말", "1쪽"} <= set(PLAIN_TEXT.page(first).split("\n"))
    assert [line.get("role") for line in first.to_dict()["lines"]] == ["header", None, None, None, None, "page_number"]
