"""Drawing: what stands in the picture is what the label says, and every box lies on its glyph."""

import numpy as np
import pytest

from hunmin.font_manifest import Face
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.lines.framing import Framing, draw_framed, frame
from hunmin.synth.lines.picture import Line
from hunmin.synth.lines.render import BlankGlyphError, GlyphCache, Hand, Ink, Setting, draw_line, project

SETTING = Setting(40)
LOOSE = Framing(48, top=0.2, bottom=0.2, left=0.2, right=0.2)


@pytest.fixture(scope="module")
def face() -> Face:
    return next(face for face in bundled_faces() if face.style == "gothic")


@pytest.fixture(scope="module")
def cache() -> GlyphCache:
    return GlyphCache()


def draw(cache: GlyphCache, face: Face, text: str, setting: Setting = SETTING) -> Ink:
    return draw_line(cache, [(face, text)], setting, np.random.default_rng(0))


def assert_boxes_cover_ink(ink: Ink, text: str, least: int = 120) -> None:
    """Every character's box holds ink, and no ink lies outside all boxes."""
    assert ink.boxes.shape == (len(text), 4)
    outside = ink.mask.copy()
    for box, char in zip(ink.boxes, text, strict=True):
        x0, y0, x1, y1 = int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3]))
        if char != " ":
            assert ink.mask[y0:y1, x0:x1].max(initial=0) > least, f"{char!r} has no ink in {box}"
        outside[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1] = 0
    assert outside.max() < 60


@pytest.mark.parametrize("text", ["가", "한글 12,000원", "값을 낸 사람: 홍길동 (주)", ".", "Ag가" * 20])
def test_every_character_has_a_box_with_its_ink_inside(cache: GlyphCache, face: Face, text: str) -> None:
    assert_boxes_cover_ink(draw(cache, face, text), text)


def test_glyphs_stand_in_reading_order(cache: GlyphCache, face: Face) -> None:
    boxes = draw(cache, face, "가나다 라마바").boxes
    centres = (boxes[:, 0] + boxes[:, 2]) / 2
    assert (np.diff(centres) > 0).all()


def test_a_line_is_made_of_the_glyphs_of_its_characters(cache: GlyphCache, face: Face) -> None:
    ink = draw(cache, face, "학교")
    for char, box in zip("학교", ink.boxes.astype(int), strict=True):
        drawn = ink.mask[box[1] : box[3], box[0] : box[2]]
        assert np.array_equal(drawn, cache.glyph(face, 40, char).mask)


def test_what_was_drawn_before_does_not_change_a_line(face: Face) -> None:
    crowded = GlyphCache(max_glyphs=2)
    first = draw(crowded, face, "다시 그려도 같다")
    draw(crowded, face, "그 사이에 다른 것")
    again = draw(crowded, face, "다시 그려도 같다")
    fresh = draw(GlyphCache(), face, "다시 그려도 같다")
    assert np.array_equal(first.mask, again.mask)
    assert np.array_equal(first.mask, fresh.mask)


def test_a_glyph_without_ink_is_refused(cache: GlyphCache, face: Face) -> None:
    with pytest.raises(BlankGlyphError):
        cache.glyph(face, 40, " ")


def test_fixed_pitch_sets_syllables_twice_as_far_apart_as_digits(cache: GlyphCache, face: Face) -> None:
    wide = draw(cache, face, "가가가", Setting(40, fixed_pitch=True)).boxes
    narrow = draw(cache, face, "000", Setting(40, fixed_pitch=True)).boxes
    assert wide[1, 0] - wide[0, 0] == 40
    assert narrow[1, 0] - narrow[0, 0] == 20


def test_tracking_and_word_gaps_widen_the_line(cache: GlyphCache, face: Face) -> None:
    plain = draw(cache, face, "가 나").mask.shape[1]
    assert draw(cache, face, "가 나", Setting(40, tracking_em=0.5)).mask.shape[1] > plain + 30
    assert draw(cache, face, "가 나", Setting(40, word_gap_em=0.5)).mask.shape[1] == plain + 20


def test_an_unsteady_hand_keeps_ink_in_its_boxes(cache: GlyphCache, face: Face) -> None:
    text = "손으로 쓴 것처럼"
    setting = Setting(40, tracking_em=-0.1, hand=Hand(size=0.15, drift_em=0.08, turn=9, slant=0.2))
    ink = draw(cache, face, text, setting)
    assert_boxes_cover_ink(ink, text)
    assert not np.array_equal(ink.boxes[:, 1:4:2], draw(cache, face, text).boxes[:, 1:4:2])


@pytest.mark.parametrize(
    "framing",
    [
        LOOSE,
        Framing(32, 0.1, 0.1, 0.1, 0.1, squeeze=0.7),
        Framing(64, 0.3, 0.3, 0.3, 0.3, rise=0.3),
        Framing(64, 0.3, 0.3, 0.3, 0.3, slant=0.3),
        Framing(64, 0.3, 0.3, 0.3, 0.3, narrowing=0.4),
        Framing(64, 0.3, 0.3, 0.3, 0.3, narrowing=-0.4, slant=-0.2, rise=-0.2),
        Framing(None, 0.2, 0.2, 0.2, 0.2),
    ],
)
def test_boxes_follow_every_geometry(cache: GlyphCache, face: Face, framing: Framing) -> None:
    text = "서울특별시 마포구 12-3"
    ink = frame(draw(cache, face, text), framing, np.random.default_rng(0))
    assert framing.height_px is None or ink.mask.shape[0] == framing.height_px
    assert_boxes_cover_ink(ink, text, least=80)


def test_slices_of_other_lines_lie_outside_every_box(cache: GlyphCache, face: Face) -> None:
    framing = Framing(None, 0.5, 0.5, 0.2, 0.2, above=0.2, below=0.2)
    above, below = (draw(cache, face, text).mask for text in ("윗줄은 이렇다", "아랫줄은 길기도 하다"))
    ink = frame(draw(cache, face, "가운데 줄이다"), framing, np.random.default_rng(0), above, below)
    _, y0, _, y1 = (int(edge) for edge in ink.bounds())
    assert ink.mask[: y0 - 7].max() > 120
    assert ink.mask[y1 + 7 :].max() > 120
    assert ink.mask[y0 - 7 : y0].max() == ink.mask[y1 : y1 + 7].max() == 0


def test_a_crop_shows_slices_of_lines_with_other_words(cache: GlyphCache, face: Face) -> None:
    text, asked = "가운데 줄이다", []

    def another(rng: np.random.Generator) -> list[tuple[Face, str]]:
        asked.append(rng.random())
        return [(face, "힣힣힣힣힣힣힣힣힣힣")]

    line = Line(cache, [(face, text)], 48, 0.0, another)
    framing = Framing(None, 0.5, 0.1, 0.0, 0.0, above=0.1)
    ink = draw_framed(line, SETTING, framing, np.random.default_rng(0))
    assert len(asked) == 1
    other, own = draw(cache, face, "힣" * 10).mask, draw(cache, face, text).mask
    shown = ink.mask[: int(ink.boxes[:, 1].min()) - 4]
    rows = [strip[-shown.shape[0] :] for strip in (other, own)]
    found = [
        any(np.array_equal(row[:, x : x + shown.shape[1]], shown) for x in range(row.shape[1] - shown.shape[1] + 1))
        for row in rows
    ]
    assert found == [True, False]


def test_a_stack_reads_from_left_to_right_with_letters_on_their_side(cache: GlyphCache, face: Face) -> None:
    text = "세로쓰기 B1"
    ink = draw(cache, face, text, Setting(40, stacked=True))
    assert_boxes_cover_ink(ink, text)
    assert (np.diff(ink.boxes[:, 0]) > 0).all()
    x0, y0, x1, y1 = ink.boxes[1].astype(int)
    upright = np.rot90(ink.mask[y0:y1, x0:x1], -1)
    assert np.array_equal(upright, cache.glyph(face, 40, "로").mask)


def test_a_negative_margin_cuts_the_ink_and_its_boxes(cache: GlyphCache, face: Face) -> None:
    whole_line = frame(draw(cache, face, "잘림"), Framing(None, 0, 0, 0, 0), np.random.default_rng(0))
    cut_line = frame(draw(cache, face, "잘림"), Framing(None, 0, 0, -0.1, 0), np.random.default_rng(0))
    assert cut_line.mask.shape[1] == whole_line.mask.shape[1] - 4
    assert cut_line.boxes[0, 0] == 0
    assert cut_line.boxes[:, 2].max() <= cut_line.mask.shape[1]


def test_a_dash_alone_keeps_the_height_of_a_line(cache: GlyphCache, face: Face) -> None:
    ink = frame(draw(cache, face, "-"), Framing(None, 0, 0, 0, 0), np.random.default_rng(0))
    assert ink.mask.shape[0] >= 0.7 * 40


def test_shrinking_keeps_thin_strokes(cache: GlyphCache, face: Face) -> None:
    ink = draw(cache, face, "이이이이")
    height, width = ink.mask.shape
    small = project(ink, np.diag([0.3, 0.3, 1.0]), round(0.3 * width), round(0.3 * height))
    assert small.mask.mean() == pytest.approx(ink.mask.mean(), rel=0.15)
