"""Pages whose lines and order are known, drawn for `bench_field.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

EM_PX, LEADING, MARGIN_PX = 26, 1.6, 60
PAPER, INK, RULE = 245, 25, 60
WORDS = (
    "정부는 오늘 국무회의를 열고 내년도 예산안을 심의하였다. 회의에서는 지역 균형 발전과 청년 일자리 대책이 집중적으로 "
    "논의되었으며, 관계 부처는 다음 달까지 세부 계획을 마련하기로 하였다. 시민 단체는 이번 대책이 실제 현장에 도움이 되려면 "
    "예산 집행 과정이 투명하게 공개되어야 한다고 지적하였다. 한편 국회는 다음 주부터 상임위원회별로 심사에 들어간다."
).split()
PHRASES = tuple(
    "품명 및 규격/서울특별시 마포구 와우산로/대표자 김하늘/계약 체결일/1,250,000/부가가치세 별도/납품 장소/홍길동/12/사과/EA/"
    "2025-11-03/010-2345-6789/부산/스테인리스 볼트/한빛문구/현장 방문 후 설치/무/복사용지 A4/"
    "경기도 수원시 팔달구/박서연/350/토너 카트리지/담당자 확인 필요/주식회사 한빛".split("/")
)


@dataclass(frozen=True)
class Drawn:
    """A page."""

    image: NDArray[np.uint8]
    """(H, W) uint8."""
    texts: list[str]
    """Its lines in reading order."""
    boxes: NDArray[np.float32]
    """(K, 4, 2) corners of each line, about as close as a detector draws them."""


class _Canvas:
    def __init__(self, width: float, height: float, path: Path) -> None:
        self._image = Image.new("L", (round(width), round(height)), PAPER)
        self.draw = ImageDraw.Draw(self._image)
        self._path = path
        self._texts: list[str] = []
        self._boxes: list[list[tuple[float, float]]] = []

    def write(self, text: str, x: float, y: float, em_px: int = EM_PX) -> None:
        """A line from x on, its middle at y."""
        font = ImageFont.truetype(self._path, em_px)
        self.draw.text((x, y), text, INK, font, "lm")
        self._texts.append(text)
        left, top, right, bottom = (x - 3, y - 0.6 * em_px, x + font.getlength(text) + 3, y + 0.6 * em_px)
        self._boxes.append([(left, top), (right, top), (right, bottom), (left, bottom)])

    def write_down(self, text: str, x: float, y: float, advance_px: Mapping[bool, float]) -> None:
        """A column from y on, its middle at x; `advance_px` of characters that are a space or not."""
        font, top = ImageFont.truetype(self._path, EM_PX), y
        for character in text:
            advance = advance_px[character == " "]
            self.draw.text((x, y + advance / 2), character, INK, font, "mm")
            y += advance
        self._texts.append(text)
        left, right = x - 0.6 * EM_PX, x + 0.6 * EM_PX
        self._boxes.append([(left, top), (right, top), (right, y), (left, y)])

    def drawn(self) -> Drawn:
        return Drawn(np.asarray(self._image), self._texts, np.array(self._boxes, np.float32))


def _lines(path: Path, width_px: float, num: int, first: int = 0) -> list[str]:
    """Running text in lines of at most a width; from another word on for each column."""
    font = ImageFont.truetype(path, EM_PX)
    lines: list[str] = []
    shown, number = "", first
    while len(lines) < num:
        longer = f"{shown} {WORDS[number % len(WORDS)]}".strip()
        if shown and font.getlength(longer) > width_px:
            lines.append(shown)
            shown = ""
        else:
            shown, number = longer, number + 1
    return lines


def columns_page(
    path: Path, num_columns: int, characters: int, *, headline: bool, num_lines: int, gutter_em: float
) -> Drawn:
    """Columns of prose, each of a width of `characters`, under a headline or none; the last one is shorter."""
    column_px, gutter_px = characters * EM_PX, gutter_em * EM_PX
    width = 2 * MARGIN_PX + num_columns * column_px + (num_columns - 1) * gutter_px
    top = MARGIN_PX + 90 * headline
    canvas = _Canvas(width, top + LEADING * EM_PX * num_lines + MARGIN_PX, path)
    if headline:
        canvas.write("내년도 예산안 심의", MARGIN_PX, MARGIN_PX + 20, 44)
    for column in range(num_columns):
        of_last = max(3, num_lines * 2 // 3) if column == num_columns - 1 else num_lines
        for row, text in enumerate(_lines(path, column_px, of_last, 7 * column)):
            canvas.write(text, MARGIN_PX + column * (column_px + gutter_px), top + LEADING * EM_PX * (row + 0.5))
    return canvas.drawn()


def table_page(path: Path, num_columns: int, characters: int, *, ruled: bool, num_rows: int) -> Drawn:
    """A table whose cells hold phrases of up to `characters`, from the left edge of their column."""
    texts = [
        [_phrase(7 * row + 11 * column + row * column, characters) for column in range(num_columns)]
        for row in range(num_rows)
    ]
    return _grid(path, texts, [(characters + 2) * EM_PX] * num_columns, ruled=ruled)


def form_page(path: Path, num_columns: int, characters: int, *, ruled: bool, num_rows: int) -> Drawn:
    """Labels of two to four characters, each with an entry beside it; `num_columns` is how many there are, rounded to pairs."""
    labels = ("성명", "주소", "연락처", "생년월일", "직업", "소속")
    num_pairs = max(1, num_columns // 2)
    texts = [
        [
            labels[(row + 2 * pair) % len(labels)] if half == 0 else _phrase(7 * row + 11 * pair, characters)
            for pair in range(num_pairs)
            for half in (0, 1)
        ]
        for row in range(num_rows)
    ]
    return _grid(path, texts, [5 * EM_PX, (characters + 2) * EM_PX] * num_pairs, ruled=ruled)


def _phrase(number: int, characters: int) -> str:
    """One of the phrases of at most that many characters."""
    short = [phrase for phrase in PHRASES if len(phrase) <= characters]
    return short[number % len(short)]


def _grid(path: Path, texts: Sequence[Sequence[str]], widths: Sequence[int], *, ruled: bool) -> Drawn:
    row_px = round((2 if ruled else LEADING) * EM_PX)
    canvas = _Canvas(2 * MARGIN_PX + sum(widths), 2 * MARGIN_PX + row_px * len(texts), path)
    lefts = MARGIN_PX + np.cumsum([0, *widths])
    if ruled:
        for x in lefts.tolist():
            canvas.draw.line([(x, MARGIN_PX), (x, MARGIN_PX + row_px * len(texts))], RULE, 2)
        for row in range(len(texts) + 1):
            y = MARGIN_PX + row * row_px
            canvas.draw.line([(MARGIN_PX, y), (int(lefts[-1]), y)], RULE, 2)
    for row, cells in enumerate(texts):
        for text, left in zip(cells, lefts.tolist(), strict=False):
            canvas.write(text, left + EM_PX / 2, MARGIN_PX + (row + 0.5) * row_px)
    return canvas.drawn()


def prose_page(path: Path) -> Drawn:
    """Nine lines, headings among them."""
    canvas = _Canvas(900, 560, path)
    for row, text in enumerate(_lines(path, 700, 9)):
        canvas.write(text, 80, 80 + 50 * row)
    return canvas.drawn()


def vertical_page(path: Path, pitch_em: float, space_em: float) -> Drawn:
    """Five columns of vertical writing, from the right to the left."""
    columns = [" ".join(WORDS[4 * number : 4 * number + 4]) for number in range(5)]
    advance_px = {True: space_em * EM_PX, False: pitch_em * EM_PX}
    height = max(sum(advance_px[character == " "] for character in column) for column in columns)
    canvas = _Canvas(2 * MARGIN_PX + 5 * LEADING * EM_PX, 2 * MARGIN_PX + height, path)
    for number, column in enumerate(columns):
        canvas.write_down(column, 2 * MARGIN_PX + (4.5 - number) * LEADING * EM_PX - MARGIN_PX, MARGIN_PX, advance_px)
    return canvas.drawn()


def lone_glyphs_page(character: str, paths: Sequence[Path]) -> Drawn:
    """A ruled table of 5 rows; each column is one face, each cell one character, in sizes from 18 to 34 px."""
    cell = 110
    canvas = _Canvas(cell * len(paths) + 40, cell * 5 * 0.5 + 40, paths[0])
    for column, path in enumerate(paths):
        canvas._path = path
        for row, em_px in enumerate((18, 22, 26, 30, 34)):
            canvas.write(character, 20 + cell * (column + 0.5) - em_px / 4, 20 + cell / 2 * (row + 0.5), em_px)
    for column in range(len(paths) + 1):
        canvas.draw.line([(20 + cell * column, 20), (20 + cell * column, 20 + cell * 2.5)], RULE, 1)
    for row in range(6):
        canvas.draw.line([(20, 20 + cell / 2 * row), (20 + cell * len(paths), 20 + cell / 2 * row)], RULE, 1)
    return canvas.drawn()
