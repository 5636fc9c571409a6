"""What a hand does beyond its face."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.font_manifest import Face
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.fonts.families import find_family
from hunmin.synth.generate import Generator
from hunmin.synth.lines.handwriting.config import HandsConfig
from hunmin.synth.lines.handwriting.mode import Handwriting
from hunmin.synth.lines.handwriting.papers import PAPERS
from hunmin.synth.lines.handwriting.parts import FINAL, INITIAL, MEDIAL, Parts
from hunmin.synth.lines.handwriting.pens import PENS, end_strokes
from hunmin.synth.lines.handwriting.reading import distinct, visible
from hunmin.synth.lines.handwriting.style import Style, draw_style
from hunmin.synth.lines.handwriting.writing import Written, write_line
from hunmin.synth.lines.picture import Line, Picture, UnreadableError
from hunmin.synth.lines.render import GlyphCache, Ink, Setting, draw_line
from hunmin.synth.texts.corpus import load_corpus

HANDS = default_config().hands
STILL = replace(HANDS, wander=0, parts=0, warp=0, pressure=0, ends=0, joined_share=0, struck_share=0)
TWELVE = [
    "나눔손글씨 암스테르담",
    "나눔손글씨 갈맷글",
    "나눔손글씨 하람체",
    "나눔손글씨 외할머니글씨",
    "나눔손글씨 아빠글씨",
    "나눔손글씨 다행체",
    "나눔손글씨 고딕 아니고 고딩",
    "나눔손글씨 북극성",
    "나눔손글씨 옥비체",
    "나눔손글씨 손편지체",
    "KCC-은영체",
    "KCC-김훈체",
]


@pytest.fixture(scope="module")
def face() -> Face:
    return next(face for face in bundled_faces() if face.style == "handwriting")


@pytest.fixture(scope="module")
def print_face() -> Face:
    return next(face for face in bundled_faces() if face.style == "gothic")


def style_of(hands: HandsConfig, seed: int, cell_em: float = 0.0) -> Style:
    return draw_style(hands, 1.0, cell_em, np.random.default_rng(seed))


def written(face: Face, text: str, style: Style, seed: int = 0) -> Written:
    return write_line(GlyphCache(), Parts(), [(face, text)], style, np.random.default_rng(seed))


def readable_picture(mode: Handwriting, line: Line, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    for _ in range(30):
        with suppress(UnreadableError):
            return mode(line, rng)
    pytest.fail("thirty pictures that nobody could read")


def letters(line: Written) -> list[np.ndarray]:
    return [line.ink.mask[int(y0) : int(y1), int(x0) : int(x1)] for x0, y0, x1, y1 in line.ink.boxes]


def test_without_any_strength_a_line_is_the_face_as_it_is(face: Face) -> None:
    line = written(face, "있는 그대로", replace(style_of(STILL, 0), margin_em=0.0))
    plain = draw_line(GlyphCache(), [(face, "있는 그대로")], Setting(40), np.random.default_rng(0))
    assert np.abs(line.ink.boxes - plain.boxes).max() <= 2
    assert line.ink.mask.sum() == pytest.approx(plain.mask.sum(), rel=0.03)


@pytest.mark.parametrize("strength", ["wander", "parts"])
def test_no_two_equal_syllables_are_alike(face: Face, strength: str) -> None:
    style = replace(style_of(replace(STILL, **{strength: 1.0}), 1), apart=strength == "parts", joined=0.0)
    masks = letters(written(face, "황황황황황황", style))
    assert all(
        one.shape != other.shape or not np.array_equal(one, other)
        for one in masks
        for other in masks
        if one is not other
    )


@pytest.mark.parametrize("seed", range(12))
def test_all_ink_lies_in_the_boxes(face: Face, seed: int) -> None:
    text = "글씨를 쓴다, 2024년 abc"
    style = replace(style_of(HANDS, seed), joined=0.0)
    line = written(face, text, style, seed)
    assert line.ink.boxes.shape == (len(text), 4)
    outside = line.ink.mask.copy()
    for x0, y0, x1, y1 in line.ink.boxes.astype(int):
        outside[y0:y1, x0:x1] = 0
    assert not outside.any()
    for char, mask in zip(text, letters(line), strict=True):
        assert (char == " ") or mask.max() > 100


def test_a_syllable_is_taken_apart_into_its_jamo(face: Face) -> None:
    parts = Parts().of(GlyphCache(), face, 40, "간")
    assert {part.role for part in parts.parts} <= {INITIAL, MEDIAL, FINAL}
    canvas = np.zeros_like(parts.glyph.mask)
    for part in parts.parts:
        height, width = part.mask.shape
        window = canvas[part.y : part.y + height, part.x : part.x + width]
        np.maximum(window, part.mask, out=window)
    assert np.abs(canvas.astype(int) - parts.glyph.mask).max() <= 100


def test_a_manuscript_has_a_square_for_every_character(face: Face) -> None:
    line = written(face, "한 칸에 한 자", style_of(HANDS, 3, cell_em=1.5))
    edges = np.array(line.cell_edges_px)
    assert len(edges) == len("한 칸에 한 자") + 1
    assert np.allclose(np.diff(edges), 60)
    middles = line.ink.boxes[:, ::2].mean(axis=1)
    assert (middles > edges[:-1]).all()
    assert (middles < edges[1:]).all()


def test_a_word_that_was_struck_out_lies_in_a_gap(face: Face) -> None:
    style = replace(style_of(STILL, 0), struck=1.0)
    plain, struck = (written(face, "앞 뒤", one) for one in (replace(style, struck=0.0), style))
    assert len(struck.ink.boxes) == 3
    gap = letters(struck)[1]
    assert gap.shape[1] > letters(plain)[1].shape[1] + 30
    assert gap.mean() > 80
    assert np.array_equal(*(letters(line)[0] for line in (plain, struck)))


def test_strokes_end_in_pools_or_run_out(face: Face) -> None:
    line = written(face, "붓끝", style_of(STILL, 0))

    def ink_with(ends: float) -> int:
        pen = replace(PENS["gel"], ends=(ends, ends))
        return int(end_strokes(line.ink.mask, line.stroke_px, pen, 1.0, np.random.default_rng(0)).sum())

    assert ink_with(-1) < 0.99 * ink_with(0) < 0.98 * ink_with(1)


def test_joined_strokes_leave_more_ink(face: Face) -> None:
    style = style_of(STILL, 0)
    loose, joined = (written(face, "이어서 쓴 글씨", replace(style, joined=part)) for part in (0.0, 1.0))
    assert joined.ink.mask.sum() > 1.02 * loose.ink.mask.sum()
    assert np.array_equal(loose.ink.boxes, joined.ink.boxes)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_paper_takes_a_line_and_the_same_numbers_draw_the_same(face: Face, print_face: Face, paper: str) -> None:
    mode = Handwriting(replace(HANDS, papers={paper: 1.0}, neighbour_share=0.5, marked_share=0.5))
    runs = [(print_face, "성명:"), (face, " 홍길동")] if paper == "form" else [(face, "안녕하세요 여러분")]
    text = "".join(part for _, part in runs)
    line = Line(GlyphCache(), runs, 48, 0.7, lambda _: [(face, "다른 줄에 쓴 글")])
    for seed in range(4):
        picture, again = (readable_picture(mode, line, seed) for _ in range(2))
        assert np.array_equal(picture.image, again.image)
        assert picture.image.dtype == np.uint8
        assert picture.image.shape[0] == 48
        assert picture.image.shape[:2] == picture.ink.mask.shape
        assert picture.ink.boxes.shape == (len(text), 4)


@pytest.mark.parametrize("pen", PENS)
def test_every_pen_leaves_ink(face: Face, pen: str) -> None:
    mode = Handwriting(replace(HANDS, pens={pen: 1.0}, papers={"plain": 1.0}))
    line = Line(GlyphCache(), [(face, "펜으로 쓴 글")], 48, 0.0, lambda _: [(face, "다른 줄")])
    picture = readable_picture(mode, line, 0)
    grey = picture.image if picture.image.ndim == 2 else picture.image.mean(axis=2)
    assert grey[picture.ink.mask > 200].mean() + 25 < grey[picture.ink.mask == 0].mean()


def ink_of(mask: np.ndarray) -> Ink:
    height, width = mask.shape
    return Ink(mask, np.array([[0, 0, width, height]], np.float32), float(height))


def test_letters_that_are_tiny_or_filled_are_refused() -> None:
    strokes = np.zeros((40, 40), np.uint8)
    strokes[:, ::8] = 255
    assert distinct(ink_of(strokes), "가")
    assert not distinct(ink_of(np.full((40, 40), 255, np.uint8)), "가")
    small = Ink(strokes, np.array([[0, 0, 10, 10]], np.float32), 10.0)
    assert not distinct(small, "가")
    assert distinct(Ink(strokes, np.array([[0, 0, 40, 12], [0, 0, 40, 40]], np.float32), 40.0), ". "), (
        "a full stop is small"
    )


def test_strokes_that_show_less_than_what_lies_under_them_are_refused() -> None:
    strokes = np.zeros((40, 160), np.uint8)
    strokes[10:30, ::16] = strokes[10:30, 1::16] = 255
    rules = np.full_like(strokes, 255)
    rules[::4] = 0
    assert visible(255 - strokes, ink_of(strokes))
    assert not visible(np.full_like(strokes, 200), ink_of(strokes))
    assert not visible(np.minimum(rules, 255 - strokes // 16), ink_of(strokes))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pens": {"quill": 1.0}}, "synth.hands.pens has 'quill'"),
        ({"papers": {"papyrus": 1.0}}, "synth.hands.papers has 'papyrus'"),
    ],
)
def test_an_unknown_pen_or_paper_is_named(changed: Mapping[str, Mapping[str, float]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Handwriting(replace(HANDS, **changed))


def test_some_weight_is_needed() -> None:
    with pytest.raises(InputError, match="every entry the weight 0"):
        replace(HANDS, pens={"gel": 0.0})


@pytest.mark.parametrize("name", TWELVE)
def test_twelve_hands_are_held_out(name: str) -> None:
    family = find_family([name])
    assert family is not None
    assert family.held_out


def test_no_line_for_training_is_written_in_a_hand_held_out(face: Face) -> None:
    # Its file does not exist: whoever drew with it would fail.
    kept = replace(face, family="Nanum Okbi", held_out=True, sha256="0" * 64, path=Path("gone.ttf"))
    generator = Generator(
        [face, kept], load_corpus(face.coverage), replace(default_config(), kinds={"handwriting": 1.0})
    )
    for index in range(20):
        assert generator.sample(0, 0, index).kind == "handwriting"
