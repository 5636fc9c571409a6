"""Augmentation: the same for the same seed, harmless to labels and legibility, and boxes stay on their characters."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.data.loading.augment import Augmented, augment
from hunmin.data.loading.stream import MixedSource, StoreSource, draw
from hunmin.data.sample import Sample
from tests.data.lines import SPEC, Endless, line, store_of

FONT = Path(str(resources.files("hunmin") / "fonts" / "HunminGothic.ttf"))


def blocks(width: int = 200, height: int = 40, num: int = 5) -> Sample:
    """Dark blocks on light ground, a box around each."""
    image = np.full((height, width, 3), 230, np.uint8)
    lefts = np.linspace(10, width - 30, num).astype(int)
    for left in lefts:
        image[10 : height - 10, left : left + 16] = 20
    boxes = np.array([[left, 10, left + 16, height - 10] for left in lefts], np.float32)
    return Sample(image, "가" * num, "blocks", boxes=boxes)


def changed(sample: Sample, seed: int, strength: float = 1.0) -> Sample:
    return augment(sample, np.random.default_rng(seed), strength)


def darkness(image: NDArray[np.uint8]) -> float:
    return 255 - float(image.mean())


def test_strength_0_changes_nothing() -> None:
    sample = line(1)
    assert changed(sample, 0, strength=0.0) is sample


def test_labels_ids_and_kinds_stay_and_the_crop_itself_is_left_alone() -> None:
    sample = line(1)
    before = sample.image.copy()
    for seed in range(30):
        after = changed(sample, seed)
        assert (after.text, after.id, after.kind) == (sample.text, sample.id, sample.kind)
        assert after.image.dtype == np.uint8
        assert after.image.ndim == sample.image.ndim
    assert (sample.image == before).all()


def test_most_crops_change_each_in_its_own_way_and_some_stay_as_they_are() -> None:
    sample = line(1, width=90)
    images = [changed(sample, seed, 0.5).image for seed in range(200)]
    same = sum(image.shape == sample.image.shape and (image == sample.image).all() for image in images)
    assert 5 < same < 60
    assert len({image.tobytes() for image in images}) > 140


def test_boxes_go_along_with_their_characters() -> None:
    sample = blocks()
    num_moved = 0
    for seed in range(80):
        after = changed(sample, seed)
        assert after.boxes is not None
        num_moved += not np.array_equal(after.boxes, sample.boxes)
        height, width = after.image.shape[:2]
        ground = np.ones((height, width), bool)
        for x0, y0, x1, y1 in after.boxes:
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            inside = after.image[round(y0) : round(y1), round(x0) : round(x1)]
            ground[max(round(y0) - 3, 0) : round(y1) + 3, max(round(x0) - 3, 0) : round(x1) + 3] = False
            assert darkness(inside) - darkness(after.image[ground]) > 40
        # Nothing dark is left outside.
        assert after.image[ground].min() > after.image[~ground].mean()
    assert num_moved > 30


def test_a_line_of_text_keeps_its_contrast() -> None:
    font = ImageFont.truetype(str(FONT), 28)
    image = Image.new("L", (230, 40), 215)
    ImageDraw.Draw(image).text((6, 2), "사업자등록번호", fill=60, font=font)
    sample = Sample(np.asarray(image), "사업자등록번호", "1")
    for seed in range(100):
        low, high = np.percentile(changed(sample, seed).image, [2, 80])
        assert high - low > 70


@pytest.mark.parametrize("shape", [(8, 200), (40, 8), (2, 2), (33, 900), (600, 1400)])
def test_crops_of_any_size_pass(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for channels in ((), (3,)):
        sample = Sample(rng.integers(0, 256, (*shape, *channels), dtype=np.uint8), "가", "1")
        for seed in range(6):
            after = changed(sample, seed).image
            assert min(after.shape[:2]) >= min(*shape, 8)
            assert after.shape[2:] == channels


def test_a_long_line_gets_no_longer_for_the_model() -> None:
    sample = blocks(width=960, height=32, num=20)
    widths = [SPEC.scaled_width_px(*changed(sample, seed).image.shape[1::-1]) for seed in range(300)]
    assert max(widths) <= 960 * 1.05


def test_a_sample_of_an_epoch_is_always_the_same_and_differs_between_epochs(tmp_path: Path) -> None:
    store = StoreSource(store_of(30, tmp_path / "store"))
    source, again = (Augmented(store, 0.8, seed=3) for _ in range(2))
    assert (source.name, source.num_samples) == (str(tmp_path / "store"), 30)
    first = [source.sample(0, index).image.tobytes() for index in range(30)]
    assert [again.sample(0, index).image.tobytes() for index in reversed(range(30))] == first[::-1]
    differ = [source.sample(1, index).image.tobytes() != first[index] for index in range(30)]
    assert sum(differ) > 20


def test_an_endless_walk_shows_a_crop_anew_in_each_round_also_inside_a_mix(tmp_path: Path) -> None:
    crops = Augmented(StoreSource(store_of(4, tmp_path / "store")), 1.0, seed=0)
    walked = [draw(crops, 0, position) for position in range(40)]
    assert len({sample.id for sample in walked}) == 4
    assert len({sample.image.tobytes() for sample in walked}) > 25
    mix = MixedSource([crops, Endless()], [1, 1], seed=0)
    mixed = [sample for sample in (mix.sample(0, index) for index in range(100)) if sample.id.startswith("line/0/")]
    assert len({sample.image.tobytes() for sample in mixed}) > 25
