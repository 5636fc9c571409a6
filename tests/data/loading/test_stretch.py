from dataclasses import dataclass

import numpy as np
import pytest

from hunmin.data.loading.stretch import LEAST, MOST, Stretched
from hunmin.data.sample import Sample
from tests.data.lines import SPEC, Endless, line


@dataclass(frozen=True)
class Always:
    """A source of one sample."""

    one: Sample
    name: str = "always"
    num_samples: int = 1

    def sample(self, epoch: int, index: int) -> Sample:
        return self.one


def stretched(sample: Sample, index: int = 0, share: float = 1.0) -> Sample:
    return Stretched(Always(sample), share, seed=3, spec=SPEC).sample(0, index)


def test_boxes_stay_on_their_characters() -> None:
    image = np.full((24, 100, 3), 255, dtype=np.uint8)
    image[:, 40:60] = 0
    wide = stretched(Sample(image, "가", "one", boxes=np.array([[40, 0, 60, 24]], dtype=np.float32)))
    assert wide.boxes is not None
    dark = np.flatnonzero(wide.image[12, :, 0] < 128)
    assert wide.boxes[0] == pytest.approx([dark[0], 0, dark[-1] + 1, 24], abs=1)


def test_widths_grow_as_they_should_and_heights_stay() -> None:
    one = line(1, width=100)
    widths = [stretched(one, index).image.shape[1] for index in range(200)]
    assert round(100 * LEAST) <= min(widths) < 115
    assert 145 < max(widths) <= 100 * MOST
    assert stretched(one).image.shape[0] == one.image.shape[0]


def test_about_the_share_asked_for_is_stretched_and_always_the_same_lines() -> None:
    source = Stretched(Endless(), 0.3, seed=3, spec=SPEC)
    widths = [source.sample(2, index).image.shape[1] for index in range(500)]
    assert widths == [source.sample(2, index).image.shape[1] for index in range(500)]
    changed = sum(width != Endless().sample(2, index).image.shape[1] for index, width in enumerate(widths))
    assert changed / 500 == pytest.approx(0.3, abs=0.05)


def test_a_line_with_no_room_stays_as_it_is() -> None:
    widest = line(1, width=SPEC.max_width_px * 24 // SPEC.height_px)
    assert stretched(widest) is widest
    nearly = line(1, width=150)  # 200 of 256 px at the height of the model
    shown = [stretched(nearly, index).image.shape for index in range(100)]
    assert all(SPEC.fits(width, height) for height, width, _ in shown)
