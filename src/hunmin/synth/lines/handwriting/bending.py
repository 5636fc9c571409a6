"""A drawn line bent, so that no two of its letters are alike."""

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines.render import Ink
from hunmin.synth.lines.textures import cut, textures


def sway(ink: Ink, rng: Rng, bend: float, shake: float) -> Ink:
    """Bend the line smoothly by about `bend` of its height, and single strokes by about `shake` of it."""
    height, width = ink.mask.shape
    sways, shakes = cut(textures().sway, rng, height, width), cut(textures().shake, rng, height, width)
    # Both banks have their zero at 128 and a deviation of 32.
    bend_px, shake_px = bend * height / 32, shake * height / 32
    shift = cv2.addWeighted(sways, bend_px, shakes, shake_px, -128 * (bend_px + shake_px), dtype=cv2.CV_32F)
    map_x = shift[..., 0] + np.arange(width, dtype=np.float32)
    map_y = shift[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    mask = cv2.remap(ink.mask, map_x, map_y, cv2.INTER_LINEAR)
    # A character goes where the ink in its middle goes.
    limits = np.array([width, height] * 2, np.float32)
    middles = np.minimum((ink.boxes[:, :2] + ink.boxes[:, 2:]) / 2, limits[:2] - 1).astype(np.intp)
    moved = shift[middles[:, 1], middles[:, 0]]
    boxes = np.minimum(np.maximum(ink.boxes - np.concatenate([moved, moved], axis=1), 0), limits)
    return Ink(mask, boxes.astype(np.float32), ink.em_px)
