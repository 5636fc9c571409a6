"""Lines wider than they are: so the recognizer shows them again to a model that is in doubt (`hunmin.recognize.views`)."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from hunmin.data.loading.stream import ChangedSource
from hunmin.data.sample import Sample
from hunmin.spec import RecognizerSpec

LEAST, MOST = 1.1, 1.5
"""How many times as wide as it is a line becomes."""

_PURPOSE = (
    102  # sets these random numbers apart from those of the same seed in `hunmin.data.loading.stream` and `.augment`
)


@dataclass(frozen=True)
class Stretched(ChangedSource):
    """A source of which some samples are stretched."""

    share: float
    """Of the samples, 0 to 1. One that would be too wide for the model stays as it is."""
    seed: int
    spec: RecognizerSpec

    def sample(self, epoch: int, index: int) -> Sample:
        """Sample `index` of the source as it looks in `epoch`; boxes go along with the pixels."""
        sample = self.source.sample(epoch, index)
        rng = np.random.default_rng([self.seed, _PURPOSE, epoch, index])
        if rng.random() >= self.share:
            return sample
        height, width = sample.image.shape[:2]
        new_width = round(width * rng.uniform(LEAST, MOST))
        if not self.spec.fits(new_width, height):
            return sample
        image = cv2.resize(sample.image, (new_width, height), interpolation=cv2.INTER_LINEAR)
        scale = np.array([new_width / width, 1, new_width / width, 1], dtype=np.float32)
        boxes = None if sample.boxes is None else sample.boxes * scale
        return replace(sample, image=image, boxes=boxes)  # type: ignore[arg-type]
