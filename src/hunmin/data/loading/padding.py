"""How far the images and labels of a batch are padded.

As little as their widths allow saves arithmetic. Where a program is made for each new shape of a batch, as by oneDNN for 16 bits
on a CPU, padding them further, to few shapes, saves the making: docs/experiments/2026-11-30-batches-of-few-shapes.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hunmin.spec import RecognizerSpec


@dataclass(frozen=True)
class Padding:
    """Images and labels are padded to a multiple of these, but never beyond what the spec allows."""

    width_steps: int = 1
    """Steps of the spec's width."""
    length_step: int = 1
    """Characters."""

    def width_px(self, widest_px: int, spec: RecognizerSpec) -> int:
        """Of all images of a batch."""
        return min(_rounded_up(widest_px, self.width_steps * spec.width_step_px), spec.max_width_px)

    def length(self, labels: Sequence[str], spec: RecognizerSpec) -> int:
        """Of all labels of a batch, in characters."""
        return min(_rounded_up(max(len(label) for label in labels), self.length_step), spec.max_label_length)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step


TIGHT = Padding()
FEW_SHAPES = Padding(width_steps=2, length_step=8)
