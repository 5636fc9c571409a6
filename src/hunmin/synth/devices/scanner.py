"""Office scanners, fax machines and copiers: grey, black and white, few lines to the inch."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

import cv2
import numpy as np
from numpy.random import Generator as Rng
from PIL import Image

from hunmin.synth.devices.optics import (
    contrast_curve,
    grain,
    jpeg,
    levels,
    middle_em_px,
    resample,
    sharpened,
    show_through,
    skewed,
    soften,
    specks,
    streaks,
    uneven,
)
from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

FAX_DPI_X = 204
FAX_DPI_Y = {"standard": 98, "fine": 196}
# Of smaller type despeckling would take the strokes.
_LEAST_DESPECKLED_EM_PX = 20.0
_LEAST_FAX_EM_PX = 13.0
"""Rows of a syllable that a fax in standard resolution needs; a smaller page is sent in fine resolution."""


def grey_scan(page: Page, rng: Rng, strength: float) -> Page:
    """A grey, sometimes colour, scan: soft, a little noise, paper not quite white, JPEG."""
    page = _on_the_glass(page, rng, strength, dpi=weighted(rng, (100, 120, 150, 200, 300), (8, 12, 34, 28, 18)))
    image = page.image if chance(rng, 0.2) else to_grey(page.image)
    if chance(rng, 0.12):
        image = show_through(image, rng, between(rng, 0.03, 0.05 + 0.1 * strength))
    image = soften(image, between(rng, 0.25, 0.45 + 0.55 * strength))
    image = levels(
        image, between(rng, 0, 20 + 60 * strength), between(rng, 255 - 45 * strength, 255), between(rng, 0.85, 1.2)
    )
    image = grain(image, rng, between(rng, 0.5, 1.5 + 5 * strength), soft=chance(rng, 0.4))
    if chance(rng, 0.35):
        image = sharpened(image, between(rng, 0.3, 0.6 + strength))
    return page.shown(jpeg(image, whole(rng, round(88 - 45 * strength), 95)))


def bw_scan(page: Page, rng: Rng, strength: float) -> Page:
    """Black and white: a fixed, an adaptive or an error-diffused threshold, specks, despeckling."""
    page = _on_the_glass(page, rng, strength, dpi=weighted(rng, (100, 120, 150, 200, 300), (7, 13, 30, 34, 16)))
    image = soften(to_grey(page.image), between(rng, 0.3, 0.55 + 0.6 * strength))
    image = grain(image, rng, between(rng, 1.0, 3 + 16 * strength), soft=chance(rng, 0.5))
    make = weighted(rng, ("fixed", "adaptive", "diffused"), (58, 27, 15))
    if make == "fixed":
        image = threshold(
            image, between_ink_and_paper(image, between(rng, 0.5 - 0.2 * strength, 0.5 + 0.19 * strength))
        )
    elif make == "adaptive":
        image = adaptive(uneven(image, rng, 0.3 * strength), middle_em_px(page), between(rng, 6, 14 + 14 * strength))
    else:
        image = diffused(image)
    return page.shown(_specked(image, rng, strength, middle_em_px(page)))


def fax(page: Page, rng: Rng, strength: float) -> Page:
    """Sent at 204 by 98 or 196 dots to the inch, black and white; shown with square dots or as it came."""
    dpi_y = FAX_DPI_Y[pick(rng, ("standard", "fine", "fine"))]
    if middle_em_px(page) * dpi_y / 72 / page.px_per_pt < _LEAST_FAX_EM_PX:
        dpi_y = FAX_DPI_Y["fine"]
    page = resample(page, FAX_DPI_X, dpi_y)
    if chance(rng, 0.4):
        page = skewed(page, between(rng, -0.8, 0.8) * strength)
    image = soften(to_grey(page.image), between(rng, 0.25, 0.5 + 0.3 * strength))
    image = grain(image, rng, between(rng, 1.0, 3 + 14 * strength))
    image = (
        diffused(image)
        if chance(rng, 0.12)
        else threshold(image, between_ink_and_paper(image, between(rng, 0.5 - 0.16 * strength, 0.5 + 0.2 * strength)))
    )
    if chance(rng, 0.4 * strength):
        image = _torn_rows(image, rng, whole(rng, 1, 4))
    page = page.shown(specks(image, rng, between(rng, 0, 120 * strength), pick(rng, (0, 255))))
    if dpi_y == FAX_DPI_Y["standard"] and chance(rng, 0.8):
        height, width = page.image.shape
        how = cv2.INTER_NEAREST if chance(rng, 0.7) else cv2.INTER_LINEAR
        return page.scaled(cv2.resize(page.image, (width, 2 * height), interpolation=how))
    return page


def photocopy(page: Page, rng: Rng, strength: float) -> Page:
    """A copy of a copy, one to three times, then scanned."""
    page = resample(page, weighted(rng, (150, 200, 300), (30, 45, 25)))
    image = to_grey(page.image)
    for _ in range(weighted(rng, (1, 2, 3), (45, 35, 20))):
        image = soften(image, between(rng, 0.4, 0.6 + 0.6 * strength))
        image = grain(image, rng, between(rng, 2, 4 + 16 * strength), soft=True)
        middle = between_ink_and_paper(image, between(rng, 0.5 - 0.12 * strength, 0.5 + 0.18 * strength))
        image = contrast_curve(image, middle, between(rng, 0.025, 0.05))
        image = specks(image, rng, between(rng, 0, 250 * strength), 0)
        if chance(rng, 0.3 * strength):
            image = streaks(image, rng, along_rows=False, count=whole(rng, 1, 2), level=pick(rng, (0, 90, 170)))
        if chance(rng, 0.3):
            page = skewed(page.shown(image), between(rng, -0.7, 0.7) * strength)
            image = page.image
    if chance(rng, 0.4):
        return page.shown(
            _specked(
                threshold(image, between_ink_and_paper(image, between(rng, 0.35, 0.65))),
                rng,
                strength,
                middle_em_px(page),
            )
        )
    image = uneven(image, rng, between(rng, 0.0, 0.25 * strength))
    return page.shown(jpeg(levels(image, between(rng, 0, 70), between(rng, 225, 255)), whole(rng, 50, 92)))


def between_ink_and_paper(image: Pixels, share: float) -> float:
    """The grey level that is `share` of the way from ink (0) to paper (1), as a scanner's automatic exposure finds them.

    Thin and grey type is soft and pale at few dots to the inch: at a fixed level all of it would be white.
    """
    level, light = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink, paper = cv2.mean(image, cv2.bitwise_not(light))[0], cv2.mean(image, light)[0]
    return float(ink + share * (paper - ink)) if paper > ink else float(level)


def threshold(image: Pixels, level: float) -> Pixels:
    """Black (0) up to `level`, white (255) above."""
    return cv2.threshold(image, level, 255, cv2.THRESH_BINARY)[1]


def adaptive(image: Pixels, em_px: float, offset: float) -> Pixels:
    """Black where a pixel is darker than its surroundings, two ems wide, by `offset` grey levels."""
    side = max(round(2 * em_px) // 2 * 2 + 1, 5)
    return cv2.adaptiveThreshold(image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side, offset)


def diffused(image: Pixels) -> Pixels:
    """Black and white by Floyd and Steinberg's error diffusion, greys as patterns of dots; paper becomes nearly white."""
    ink, paper = between_ink_and_paper(image, 0.0), between_ink_and_paper(image, 1.0)
    scale = 255 / max(paper - ink, 1.0)
    image = levels(image, -scale * ink, scale * (255 - ink)) if scale > 1 else image
    return np.asarray(Image.fromarray(image).convert("1").convert("L"))


def _on_the_glass(page: Page, rng: Rng, strength: float, dpi: int) -> Page:
    """The page at the scanner's resolution, seldom quite straight."""
    page = resample(page, dpi)
    return skewed(page, between(rng, -1.2, 1.2) * strength) if chance(rng, 0.4) else page


def _specked(image: Pixels, rng: Rng, strength: float, em_px: float) -> Pixels:
    """Specks of dust, and what despeckling leaves of them and of thin strokes."""
    image = specks(image, rng, between(rng, 0, 60 + 400 * strength * strength), 0 if chance(rng, 0.75) else 255)
    if em_px >= _LEAST_DESPECKLED_EM_PX and chance(rng, 0.25):
        # A median also eats hairlines and fills counters, as the despeckling of scanners does.
        image = cv2.medianBlur(image, 3)
    return image


def _torn_rows(image: Pixels, rng: Rng, count: int) -> Pixels:
    """Rows lost on the line: repeated from above, blank or shifted."""
    torn = image.copy()
    for _ in range(count):
        row = whole(rng, 1, image.shape[0] - 3)
        how = rng.random()
        if how < 0.5:
            torn[row] = torn[row - 1]
        elif how < 0.75:
            torn[row] = 255
        else:
            torn[row] = np.roll(torn[row], whole(rng, 2, 12))
    return torn
