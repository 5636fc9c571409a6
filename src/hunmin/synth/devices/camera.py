"""A phone's camera: perspective, curled paper, shadow, defocus, shaking, noise, sharpening, JPEG."""

import math

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.devices.optics import (
    LEAST_EM_PX,
    grain,
    jpeg,
    levels,
    middle_em_px,
    resized,
    sharpened,
    soften,
    uneven,
    warp,
)
from hunmin.synth.lines.colour import is_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page, Points
from hunmin.synth.random_draws import between, chance, whole


def photo(page: Page, rng: Rng, strength: float) -> Page:
    """The page photographed by hand."""
    page = _at_a_distance(page, rng)
    em = middle_em_px(page)
    if chance(rng, 0.3):
        page = _curled(page, rng, between(rng, 0.2, 0.5 + strength) * em)
    if chance(rng, 0.65):
        page = _from_aside(page, rng, strength)
    image = page.image
    if chance(rng, 0.45):
        image = _tinted(image, rng, strength)
    # Light never falls evenly on a page that lies on a table; the paper comes out grey.
    image = levels(image, between(rng, 5, 25 + 45 * strength), between(rng, 252 - 72 * strength, 255))
    image = uneven(
        image, rng, between(rng, 0.05, 0.15 + 0.45 * strength), creases=whole(rng, 0, 3) if chance(rng, 0.3) else 0
    )
    if chance(rng, 0.25 * strength):
        image = _shadow(image, rng, between(rng, 0.15, 0.5))
    image = soften(image, between(rng, 0.25, 0.4 + 0.028 * em * strength))
    if chance(rng, 0.18):
        image = _shaken(image, rng, between(rng, 0.03, 0.03 + 0.07 * strength) * em)
    image = grain(image, rng, between(rng, 0.6, 1.5 + 4 * strength), soft=chance(rng, 0.7))
    if chance(rng, 0.4):
        image = sharpened(image, between(rng, 0.3, 0.5 + 0.9 * strength), between(rng, 0.8, 1.6))
    return page.shown(jpeg(image, whole(rng, round(86 - 46 * strength), 95)))


def _at_a_distance(page: Page, rng: Rng) -> Page:
    """As many pixels as the photograph has for this page: type of 12–46 px."""
    em = middle_em_px(page)
    wanted = LEAST_EM_PX + 2 + 34 * rng.random() ** 1.4
    scale = wanted / em if em else 1.0
    return resized(page, scale, scale)


def _from_aside(page: Page, rng: Rng, strength: float) -> Page:
    """Turned by up to 4 degrees and seen at an angle."""
    height, width = page.image.shape[:2]
    reach = 0.05 * strength * min(width, height)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners + (rng.random((4, 2)).astype(np.float32) * 2 - 1) * reach
    angle = math.radians(between(rng, -3, 3) * strength)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float32)
    middle = np.array([width / 2, height / 2], np.float32)
    seen = (seen - middle) @ turn.T + middle
    seen -= seen.min(axis=0)
    size = np.ceil(seen.max(axis=0)).astype(int)
    return warp(page, cv2.getPerspectiveTransform(corners, seen).astype(np.float64), (int(size[0]), int(size[1])))


def _curled(page: Page, rng: Rng, depth_px: float) -> Page:
    """Paper that does not lie flat: lines rise and fall along the page."""
    height, width = page.image.shape[:2]
    waves, phase = between(rng, 0.4, 1.3), between(rng, 0, 2 * math.pi)
    growth = between(rng, 0.2, 1.0)

    def lift(x: Points, y: Points) -> Points:
        """How far a point of the flat page moves down."""
        wave: Points = depth_px * np.sin(phase + waves * 2 * math.pi * x / width)
        lifted: Points = wave * (growth + (1 - growth) * y / height)
        return lifted

    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    # Bends are so shallow that what moved here came from there.
    map_y = np.asarray(rows - lift(columns + 0.5, rows + 0.5), np.float32)
    map_x = np.broadcast_to(columns, map_y.shape).copy()
    image = cv2.remap(page.image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def move(points: Points) -> Points:
        return np.stack([points[:, 0], points[:, 1] + lift(points[:, 0], points[:, 1])], axis=1)

    return page.moved(np.asarray(image), move)


def _tinted(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """The colour of the light: warm lamps, cool shade."""
    warm = between(rng, -0.12, 0.2) * (0.3 + strength)
    channels = (image, image, image) if is_grey(image) else cv2.split(image)
    factors = (1.0, 1 - abs(warm) / 3, 1 - warm) if warm > 0 else (1 + warm, 1 + warm / 3, 1.0)
    return cv2.merge(
        [cv2.convertScaleAbs(channel, alpha=factor) for channel, factor in zip(channels, factors, strict=True)]
    )


def _shadow(image: Pixels, rng: Rng, depth: float) -> Pixels:
    """The soft edge of a hand's or a phone's shadow."""
    height, width = image.shape[:2]
    small = np.full((max(height // 8, 4), max(width // 8, 4)), 255, np.uint8)
    rows, columns = small.shape
    points = [(whole(rng, -columns, 2 * columns), whole(rng, -rows, 2 * rows)) for _ in range(3)]
    cv2.fillConvexPoly(small, np.array(points, np.int32), round(255 * (1 - depth)))
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), between(rng, 1.0, 5.0)), (width, height))
    return cv2.multiply(image, soft if is_grey(image) else cv2.merge((soft, soft, soft)), scale=1 / 255)


def _shaken(image: Pixels, rng: Rng, length_px: float) -> Pixels:
    """Motion blur of a few pixels in any direction."""
    side = max(2 * round(length_px) + 1, 3)
    kernel = np.zeros((side, side), np.float32)
    angle, middle = between(rng, 0, math.pi), side // 2
    away = (round(middle * math.cos(angle)), round(middle * math.sin(angle)))
    cv2.line(kernel, (middle - away[0], middle - away[1]), (middle + away[0], middle + away[1]), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
