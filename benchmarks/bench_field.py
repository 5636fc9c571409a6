"""What people reported of reading, as sweeps: each prints how much is right, over what it varies.

    python benchmarks/bench_field.py                       # all, about ten minutes on one core
    python benchmarks/bench_field.py --only blanks columns
    python benchmarks/bench_field.py --out benchmarks/results/field_MACHINE_DATE.md

Inputs are drawn here, in the faces that are installed; nothing is random. Spaces do not count.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from field_pages import Drawn, columns_page, form_page, lone_glyphs_page, prose_page, table_page, vertical_page
from machine import heading, write_result
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.font_manifest import Face
from hunmin.image import ImageSource
from hunmin.pages.detector import Detector, load_detector
from hunmin.pages.reader import Reader
from hunmin.pages.reading_order import reading_order
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.fonts.faces import load_faces

EM_PX = 40
NUM_FACES = 10
ITEMS = (("아메리카노", "4,500"), ("총 합계 금액", "126,000원"), ("제1장 총칙", "3"))
LONG = {
    "English": "The contract shall be governed by the laws of the Republic of Korea and any dispute arising out of it "
    "shall be settled by the courts of Seoul unless the parties agree otherwise in writing before it arises",
    "an address": "https://www.example.go.kr/portal/notice/view.do?menuNo=200123&boardNo=4471&articleNo=20251103"
    "&searchCondition=title&pageIndex=12&attachment=form_application_2025_final.hwpx&lang=ko&print=yes",
    "digits": "12093847561029384756" * 10,
}
LENGTHS = (50, 60, 70, 80, 100, 130, 160)
LEADERS = (20, 40, 60, 80, 100, 140)
LONE = "0123456789OㅇXox○"


def faces(num: int = NUM_FACES) -> list[Face]:
    """The first faces of text type, each of another family, in a stable order."""
    wanted = frozenset("".join(label + value for label, value in ITEMS) + LONE + "".join(LONG.values()) + "다.")
    chosen: dict[str, Face] = {}
    for face in load_faces():
        if wanted <= face.coverage and face.family not in chosen:
            chosen[face.family] = face
    return list(chosen.values())[:: max(1, len(chosen) // num)][:num]


def line(parts: Sequence[str], blank_px: float, face: Face, em_px: int = EM_PX) -> NDArray[np.uint8]:
    """Texts on one baseline with a blank between them, cut as a detector cuts: (H, W) uint8."""
    font = ImageFont.truetype(face.path, em_px)
    starts = np.cumsum([8, *(font.getlength(part) + blank_px for part in parts)])
    image = Image.new("L", (round(starts[-1] - blank_px) + 8, round(1.25 * em_px)), 245)
    for part, x in zip(parts, starts, strict=False):
        ImageDraw.Draw(image).text((x, image.height / 2), part, 25, font, "lm")
    return np.asarray(image)


def same(read: str, text: str) -> bool:
    """Whether two texts are the same, spaces aside."""
    return read.replace(" ", "") == text.replace(" ", "")


def blanks(recognizer: Recognizer, _: Detector) -> str:
    """An item, a blank, a price."""
    rows = []
    for ems in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30):
        crops = [line(parts, ems * EM_PX, face) for face in faces() for parts in ITEMS]
        texts = ["".join(parts) for _ in faces() for parts in ITEMS]
        rows.append((ems, *_right(recognizer, crops, texts)))
    return _table("Blanks inside a line", ("blank, em", "right", "of"), rows)


def long_lines(recognizer: Recognizer, _: Detector) -> str:
    """Lines longer than a label may be."""
    rows: list[tuple[Any, ...]] = []
    for name, text in LONG.items():
        for length in LENGTHS:
            shown = text[:length].strip()
            readings = recognizer.recognize([line([shown], 0, face) for face in faces(5)])
            kept = np.mean([len(reading.text) / len(shown) for reading in readings])
            rows.append((name, length, sum(same(one.text, shown) for one in readings), len(readings), f"{kept:.0%}"))
    for dots in LEADERS:
        readings = recognizer.recognize([line([f"제1장 총칙 {'.' * dots} 217"], 0, face) for face in faces(5)])
        ended = sum(reading.text.endswith("217") for reading in readings)
        kept = np.mean([len(reading.text.replace(" ", "")) / (dots + 8) for reading in readings])
        rows.append(("leader dots: its page number", dots, ended, len(readings), f"{kept:.0%}"))
    return _table("Long lines", ("line", "characters", "right", "of", "characters read"), rows)


def lone_glyphs(recognizer: Recognizer, detector: Detector) -> str:
    """Cells of one character: those that are read right, and what the others are read as."""
    reader = Reader(recognizer, detector)
    rows = []
    for character in LONE:
        page = lone_glyphs_page(character, [face.path for face in faces(9)])
        read = [one.text for one in reader.read(page.image).lines]
        wrong = sorted({text for text in read if text.lower() != character.lower()})
        right = sum(text.lower() == character.lower() for text in read)
        rows.append((character, right, len(page.texts), " ".join(wrong) or "—"))
    return _table("Cells of one character, capitals or not", ("character", "right", "of", "else"), rows)


def directions(recognizer: Recognizer, detector: Detector) -> str:
    """Pages of prose, turned."""
    reader = Reader(recognizer, detector)
    rows = []
    for degrees in (0, 90, 180, 270, -10, -5, 5, 10):
        right = total = in_order = 0
        for face in faces(3):
            page = prose_page(face.path)
            turned = Image.fromarray(page.image).rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=245)
            read = reader.read(turned).text.split("\n")
            found = [read.index(text) for text in page.texts if text in read]
            right, total = right + len(found), total + len(page.texts)
            in_order += found == sorted(found)
        rows.append((degrees, right, total, f"{in_order} of 3"))
    return _table("Turned pages", ("degrees clockwise", "lines right", "of", "pages in order"), rows)


def vertical(recognizer: Recognizer, detector: Detector) -> str:
    """Pages of vertical writing, and by how far they are said to be turned."""
    reader = Reader(recognizer, detector)
    printed = [face for face in faces(20) if face.style in ("gothic", "myeongjo")][:5]
    rows = []
    for pitch in (1.0, 1.15, 1.3):
        for space in (0.3, 0.6, 1.0):
            right = total = upright = ordered = 0
            for face in printed:
                page = vertical_page(face.path, pitch, space)
                read = reader.read(page.image)
                texts = ["".join(text.split()) for text in page.texts]
                found = [texts.index(text) for line in read.lines if (text := "".join(line.text.split())) in texts]
                right, total = right + len(found), total + len(texts)
                ordered += found == sorted(found)
                upright += read.rotation_deg == 0
            of_all = f"of {len(printed)}"
            rows.append((pitch, space, right, total, f"{ordered} {of_all}", f"{upright} {of_all}"))
    names = ("pitch, em", "spaces, em", "columns right", "of", "pages in order", "pages upright")
    return _table("Vertical writing", names, rows)


def columns(_: Recognizer, __: Detector) -> str:
    """Pages of columns, of tables and forms: on how many the lines come in their order."""
    path = faces(1)[0].path
    rows: list[tuple[Any, ...]] = []
    for num_columns in (2, 3, 4, 5):
        for characters in (8, 11, 14, 20, 26, 32):
            pages = [
                columns_page(path, num_columns, characters, headline=headline, num_lines=num_lines, gutter_em=gutter)
                for headline in (False, True)
                for num_lines in (5, 16)
                for gutter in (1.5, 3)
            ]
            right = sum(in_order(page) for page in pages)
            rows.append((f"{num_columns} columns", f"{characters} characters", right, len(pages)))
    for name, make in (("table", table_page), ("form", form_page)):
        for ruled in (True, False):
            for characters in (2, 6, 10, 14):
                pages = [
                    make(path, num_columns, characters, ruled=ruled, num_rows=num_rows)
                    for num_columns in (2, 3, 5)
                    for num_rows in (4, 10)
                ]
                right = sum(in_order(page) for page in pages)
                kind = f"{name}, {'ruled' if ruled else 'unruled'}"
                rows.append((kind, f"up to {characters} characters", right, len(pages)))
    return _table("Reading order", ("page", "of", "in order", "pages"), rows)


def in_order(page: Drawn) -> bool:
    """Whether the lines of a page, in whatever order a detector lists them, come in that in which they were drawn."""
    listed = np.random.default_rng(0).permutation(len(page.boxes))
    order = listed[reading_order(page.boxes[listed])]
    return bool((np.diff(order) > 0).all())


def transparency(recognizer: Recognizer, _: Detector) -> str:
    """A line in one colour on nothing, in every mode that knows transparency."""
    text = "다시 오지 않을 거예요"
    alpha = Image.fromarray(255 - line([text], 0, faces(1)[0]))
    rows = []
    for grey in (0, 60, 128, 200, 255):
        layer = Image.new("LA", alpha.size, (grey, 0))
        layer.putalpha(alpha)
        hard = Image.fromarray(np.where(np.asarray(alpha) > 128, 1, 0).astype(np.uint8)).convert("P")  # noqa: PLR2004
        hard.putpalette([128, 128, 128, grey, grey, grey])
        hard.info["transparency"] = 0
        forms: list[ImageSource] = [layer, layer.convert("RGBA"), hard, np.asarray(layer.convert("RGBA"))]
        read = [same(reading.text, text) for reading in recognizer.recognize(forms)]
        rows.append((grey, *("right" if one else "wrong" for one in read)))
    return _table("Ink on transparency", ("grey of the ink", "LA", "RGBA", "P", "array"), rows)


SWEEPS: dict[str, Callable[[Recognizer, Detector], str]] = {
    "blanks": blanks,
    "long_lines": long_lines,
    "lone_glyphs": lone_glyphs,
    "directions": directions,
    "columns": columns,
    "vertical": vertical,
    "transparency": transparency,
}


def _right(recognizer: Recognizer, crops: Sequence[NDArray[np.uint8]], texts: Iterable[str]) -> tuple[int, int]:
    readings = recognizer.recognize(crops)
    return sum(same(one.text, text) for one, text in zip(readings, texts, strict=True)), len(readings)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [f"\n## {title}\n", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


def main() -> None:
    """Print the tables; write them, too, where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SWEEPS, default=list(SWEEPS), help="these sweeps alone")
    parser.add_argument("--model", default="bundled", help="an ONNX file, bundled or bundled-int8")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    recognizer, detector = Recognizer(options.model, threads=1), load_detector(threads=1)
    tables = [SWEEPS[name](recognizer, detector) for name in options.only]
    write_result(options.out, heading("Reading what people reported", ("onnxruntime", "Pillow")) + "".join(tables))


if __name__ == "__main__":
    main()
