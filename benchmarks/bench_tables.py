"""How many cells of ruled tables come back with their place, their spans and their text, clean and scanned.

python benchmarks/bench_tables.py --forms 40
python benchmarks/bench_tables.py --out benchmarks/results/tables_MACHINE_DATE.md
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from table_forms import Form

from hunmin.synth.config import SynthConfig
from hunmin.synth.devices.kinds import DEVICES
from hunmin.synth.pages.crops import Span, cut, legible
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import rng_of

LEAST_SEEN, LEAST_CONTRAST = 0.6, 24
"""A side of a cell is still ruled where so much of it is darker by so many grey levels than what lies beside it."""
LEAST_LEGIBLE = 0.97
"""Of the lines of a page."""
ATTEMPTS = 40


def scan(
    form: Form, device: str, key: tuple[int, ...], config: SynthConfig, strength: float
) -> tuple[Page | None, int]:
    """A form through a device, and how often it had to go: until its rules and its text can still be seen."""
    for attempt in range(ATTEMPTS):
        rng = rng_of((*key, attempt), held_out=True)
        page = DEVICES[device](form.page, rng, strength)
        if seen(form, page) == 1 and legible_share(page, config) >= LEAST_LEGIBLE:
            return page, attempt + 1
    return None, ATTEMPTS


def seen(form: Form, page: Page) -> float:
    """Share of the ruled sides that a page still shows."""
    grey = page.image if page.image.ndim == 2 else cv2.cvtColor(page.image, cv2.COLOR_RGB2GRAY)
    return float(np.mean([_is_seen(grey, *side) for side in form.sides(page)]))


def _is_seen(grey: NDArray[np.uint8], start: NDArray[np.float32], end: NDArray[np.float32]) -> bool:
    along = end - start
    length = float(np.hypot(*along))
    along /= max(length, 1e-3)
    across = np.array([-along[1], along[0]])
    steps = np.arange(2, max(length - 2, 3))
    offsets = np.arange(-6, 7)
    points = start + steps[:, None, None] * along + offsets[None, :, None] * across
    x, y = (np.clip(np.rint(points[..., i]).astype(int), 0, grey.shape[1 - i] - 1) for i in (0, 1))
    profile = grey[y, x].astype(int)
    contrast = np.median(profile, axis=1) - profile[:, 4:9].min(axis=1)
    return float((contrast >= LEAST_CONTRAST).mean()) >= LEAST_SEEN


def legible_share(page: Page, config: SynthConfig) -> float:
    crops = [
        cut(page, Span(index, 0, len(line.text)), np.random.default_rng(0), config.pages, 0.0)
        for index, line in enumerate(page.lines)
    ]
    return float(np.mean([crop is None or legible(crop, config.least_contrast) for crop in crops]))
