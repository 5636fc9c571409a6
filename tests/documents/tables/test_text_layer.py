from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hunmin.documents.source import pdf as pdf_source
from hunmin.documents.source.pdf import open_pdf
from hunmin.documents.tables.text_layer import with_text_tables
from tests.documents.paper import block_reader, text_pdf

LINES = ["주민 등본", "성명 홍길동 주소 서울", "비고 없음", "끝"]


def ruled(*, closed: bool = True) -> bytes:
    """Rules around the second and the third line of `text_pdf`, in points from the lower left."""
    level = [(y, 10, 330) for y in (245, 206, 165)]
    upright = [(x, 206, 245) for x in (65, 135, 185)] + [(65, 165, 206)]
    upright += [(x, 165, 245) for x in (10, 330)] if closed else []
    strokes = [f"{x0} {y} m {x1} {y} l" for y, x0, x1 in level] + [f"{x} {y0} m {x} {y1} l" for x, y0, y1 in upright]
    return f"0.5 w {' '.join(strokes)} S\n".encode("ascii")


@pytest.mark.parametrize("is_closed", [True, False])
def test_lines_of_a_text_layer_are_parted_between_the_cells_that_they_go_through(
    tmp_path: Path, *, is_closed: bool
) -> None:
    path = text_pdf(tmp_path / "a.pdf", LINES, drawn=ruled(closed=is_closed))
    (page,) = block_reader().read_document(path)
    assert page.from_text_layer
    (table,) = page.tables
    assert [(cell.row, cell.column, cell.column_span, cell.text) for cell in table.cells] == [
        (0, 0, 1, "성명"), (0, 1, 1, "홍길동"), (0, 2, 1, "주소"), (0, 3, 1, "서울"), (1, 0, 1, "비고"), (1, 1, 3, "없음"),
    ]  # fmt: skip
    assert page.text == "주민 등본\n성명\t홍길동\t주소\t서울\n비고\t없음\t\t\n끝"
    assert [len(words) for words in page.words] == [2, 1, 1, 1, 1, 1, 1, 1]
    assert np.allclose(np.array(table.box)[[0, 2]] * 72 / 200, [(10, 55), (330, 135)], atol=3)


def test_a_page_without_rules_is_not_drawn(tmp_path: Path) -> None:
    source = open_pdf(text_pdf(tmp_path / "a.pdf", LINES))
    (page,) = source.pages([1], dpi=72, force=False)
    assert page.sketch is None


def test_a_page_that_cannot_be_drawn_in_time_keeps_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = pdf_source._Pdfium.ask

    def killed(pdfium: Any, request: dict[str, Any], where: str, most_seconds: float | None = None) -> dict[str, Any]:
        if most_seconds:
            pdfium._give_up()
        return ask(pdfium, request, where, most_seconds)

    monkeypatch.setattr(pdf_source._Pdfium, "ask", killed)
    path = text_pdf(tmp_path / "a.pdf", LINES, drawn=ruled())
    for _ in range(2):
        (page,) = block_reader().read_document(path)
        assert page.tables == ()
        assert page.text == "\n".join(LINES)


def test_a_page_without_text_has_no_table() -> None:
    found = with_text_tables((), np.zeros((100, 100, 3), dtype=np.uint8), 200)
    assert found.lines == found.tables == ()
