"""The stream: pure, labelled right, legible, within its limits."""

import hashlib
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib import resources
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator as Rng
from PIL import Image

from hunmin.compose import load_config
from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.font_manifest import Face
from hunmin.synth.config import SynthConfig, SynthRun, default_config
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.generate import Generator, Recipe
from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.kinds import KINDS
from hunmin.synth.lines.render import Glyph, GlyphCache
from hunmin.synth.preview import draw_sheet
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import load_charset

CHARSET = frozenset(load_charset("korean").characters)
MANIFEST = Path(str(resources.files("hunmin") / "fonts" / "manifest.json"))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(CHARSET)


@pytest.fixture(scope="module")
def generator(corpus: Corpus) -> Generator:
    return Generator(bundled_faces(), corpus, default_config())


def fingerprint(sample: Sample) -> str:
    assert sample.boxes is not None
    return hashlib.sha256(sample.image.tobytes() + sample.text.encode() + sample.boxes.tobytes()).hexdigest()


def fingerprints_elsewhere(recipe: Recipe, indices: list[int]) -> list[str]:
    generator = recipe.build()
    return [fingerprint(generator.sample(7, 1, index)) for index in indices]


def test_a_sample_is_the_same_in_another_process_and_another_order(generator: Generator) -> None:
    here = {index: fingerprint(generator.sample(7, 1, index)) for index in range(24)}
    recipe = Recipe(default_config(), CHARSET, MANIFEST)
    backwards = list(reversed(range(24)))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(fingerprints_elsewhere, recipe, backwards).result()
    assert elsewhere == [here[index] for index in backwards]


def test_seed_epoch_and_index_each_change_the_sample(generator: Generator) -> None:
    prints = {fingerprint(generator.sample(*key)) for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))}
    assert len(prints) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_promises_of_a_sample(corpus: Corpus, kind: str) -> None:
    config = replace(default_config(), kinds={kind: 1.0})
    generator = Generator(bundled_faces(), corpus, config)
    for index in range(25):
        sample = generator.sample(3, 0, index)
        height, width = sample.image.shape[:2]
        assert sample.kind == kind
        assert sample.image.dtype == np.uint8
        assert sample.image.ndim == 2 or sample.image.shape[2:] == (3,)
        assert config.height_px[0] <= height <= config.height_px[1]
        assert width <= config.max_aspect * height
        assert 1 <= len(sample.text) <= config.max_length
        assert set(sample.text) <= CHARSET
        assert sample.boxes is not None
        assert sample.boxes.dtype == np.float32
        assert sample.boxes.shape == (len(sample.text), 4)
        assert (sample.boxes >= 0).all()
        assert (sample.boxes <= [width, height, width, height]).all()
        assert (sample.boxes[:, 2] > sample.boxes[:, 0]).all()
        assert (sample.boxes[:, 3] > sample.boxes[:, 1]).all()


def test_strokes_stand_out_from_the_ground_in_every_sample(corpus: Corpus) -> None:
    generator = Generator(bundled_faces(), corpus, replace(default_config(), least_contrast=70.0))
    for index in range(150):
        sample = generator.sample(5, 0, index)
        assert sample.boxes is not None
        low, high = np.floor(sample.boxes.min(axis=0)).astype(int), np.ceil(sample.boxes.max(axis=0)).astype(int)
        darkest, brightest = np.percentile(to_grey(sample.image)[low[1] : high[3], low[0] : high[2]], (4, 96))
        assert brightest - darkest > 60.0, sample.id
    assert generator.counts["unreadable"] > 0
    assert generator.counts["samples"] == 150


class Fixed(Corpus):
    """One text for ever."""

    def __init__(self, text: str) -> None:
        self.text = text

    def line(self, rng: Rng, kind: str, max_length: int, held_out: bool = False, min_length: int = 1) -> str:
        return self.text[:max_length]

    def label(self, text: str) -> str:
        return text


@pytest.mark.parametrize("text", ["가", "1", ".", "받는 사람 " * 10])
def test_one_character_and_sixty_characters_are_drawn(text: str) -> None:
    generator = Generator(bundled_faces(), Fixed(text.strip()), default_config())
    for index in range(30):
        sample = generator.sample(0, 0, index)
        assert sample.boxes is not None
        assert len(sample.boxes) == len(sample.text) > 0
        assert text.startswith(sample.text)


class Watching(GlyphCache):
    """Remembers what was drawn, and refuses what a face does not cover."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: set[str] = set()

    def glyph(self, face: Face, size_px: int, char: str) -> Glyph:
        assert char in face.coverage
        self.drawn.add(char)
        return super().glyph(face, size_px, char)


def test_a_face_never_draws_what_it_does_not_cover() -> None:
    faces = [face for face in bundled_faces() if not face.held_out]
    poor = [replace(face, coverage=frozenset("가나다 ")) for face in faces[:-1]]
    cache = Watching()
    generator = Generator([*poor, faces[-1]], Fixed("가나다라"), default_config(), cache)
    for index in range(40):
        generator.sample(0, 0, index)
    assert cache.drawn == set("가나다라")


def test_a_text_that_no_face_covers_is_an_error_with_the_way_out() -> None:
    faces = [replace(face, coverage=frozenset("가")) for face in bundled_faces()]
    with pytest.raises(InputError, match="make fonts"):
        Generator(faces, Fixed("나"), default_config()).sample(0, 0, 0)


def test_no_face_at_all_and_an_unknown_kind_are_errors(corpus: Corpus) -> None:
    with pytest.raises(InputError, match="no face for training"):
        Generator([], corpus, default_config())
    with pytest.raises(InputError, match="newspaper"):
        Generator(bundled_faces(), corpus, replace(default_config(), kinds={"newspaper": 1.0}))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("synth.kinds.sign=-1", "synth.kinds.sign=-1: input should be greater than or equal to 0"),
        ("synth.kinds.sign=inf", "synth.kinds.sign=inf: input should be a finite number"),
        ("synth.styles.sign.gothic=-1", "synth.styles.sign.gothic=-1"),
        ("synth.height_px=[7,20]", "synth.height_px.0=7"),
        ("synth.height_px=[20,513]", "synth.height_px.1=513"),
        ("synth.min_length=0", "synth.min_length=0"),
        ("synth.max_length=0", "synth.max_length=0"),
        ("synth.max_aspect=0.5", "synth.max_aspect=0.5"),
        ("synth.strength=5", "synth.strength=5: input should be less than or equal to 1"),
        ("synth.strength=-0.1", "synth.strength=-0.1"),
        ("synth.mild_share=2", "synth.mild_share=2"),
        ("synth.least_contrast=256", "synth.least_contrast=256"),
        ("synth.height_px=[60,20]", "synth.height_px=[60, 20]: the least height comes first"),
        ("synth.min_length=61", "synth.min_length=61 is more than the 60 characters that a line may have"),
        (
            "synth.kinds={document: 0, screen: 0, sign: 0, receipt: 0, form: 0, handwriting: 0}",
            "synth.kinds gives every kind the weight 0",
        ),
    ],
)
def test_settings_that_no_line_could_have_are_refused(override: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_config(SynthRun, [override])
    assert message in str(refusal.value)


def test_held_out_samples_use_held_out_faces_only(corpus: Corpus) -> None:
    faces = [replace(face, coverage=frozenset()) for face in bundled_faces() if not face.held_out]
    held_out = [face for face in bundled_faces() if face.held_out]
    generator = Generator([*faces, *held_out], corpus, replace(default_config(), held_out=True))
    assert generator.sample(0, 0, 0).text
    with pytest.raises(InputError, match="no held-out face"):
        Generator(faces, corpus, replace(default_config(), held_out=True))


def test_short_lines_first(generator: Generator) -> None:
    assert all(len(generator.sample(0, 0, index, max_length=6).text) <= 6 for index in range(40))


def test_strength_nought_is_cleaner_than_strength_one(corpus: Corpus) -> None:
    def sharpness(strength: float) -> float:
        config: SynthConfig = replace(default_config(), kinds={"document": 1.0}, strength=strength, mild_share=0.0)
        generator = Generator(bundled_faces(), corpus, config)
        images = [generator.sample(2, 0, index, max_length=12).image for index in range(40)]
        return float(np.mean([np.abs(np.diff(image.astype(float), axis=1)).max() for image in images]))

    assert sharpness(0.0) > 1.1 * sharpness(1.0)


def test_a_sheet_shows_every_kind_and_is_written_whole(generator: Generator, tmp_path: Path) -> None:
    samples = [generator.sample(0, 0, index) for index in range(30)]
    draw_sheet(samples, tmp_path / "sheet.png")
    draw_sheet(samples, tmp_path / "boxes.png", boxes=True)
    plain = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB"))
    boxed = np.asarray(Image.open(tmp_path / "boxes.png").convert("RGB"))
    assert plain.shape == boxed.shape
    assert (plain != boxed).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["boxes.png", "sheet.png"]


def test_a_sheet_that_cannot_be_written_is_named_and_nothing_half_written_stays(
    generator: Generator, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(InputError, match=r"sheet\.png: cannot be written \(File too large"):
            draw_sheet([generator.sample(0, 0, 0)], tmp_path / "sheet.png")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"rubbish" * 40])
def test_a_font_file_that_was_damaged_since_it_was_scanned_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "damaged.ttf").write_bytes(content)
    faces = [replace(face, path=tmp_path / "damaged.ttf") for face in bundled_faces()]
    with pytest.raises(InputError, match=r"damaged\.ttf: not a readable font any more .*make fonts"):
        Generator(faces, Fixed("가"), default_config()).sample(0, 0, 0)


def test_a_neighbour_is_another_line_of_letters_that_the_face_has(corpus: Corpus) -> None:
    config = replace(default_config(), kinds={"document": 1.0})
    cache = Watching()
    generator = Generator(bundled_faces(), corpus, config, cache)
    outside = [
        sample.id
        for sample in (generator.sample(1, 0, index) for index in range(60))
        if not cache.drawn.issubset(sample.text) and not cache.drawn.clear()  # type: ignore[func-returns-value]
    ]
    assert outside
