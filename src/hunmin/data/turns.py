"""Ways in which a picture can stand wrong, by what puts it right."""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Turn: TypeAlias = Literal["180", "left", "right", "mirror", "flip"]
"""By a half turn; by a quarter turn to the left or to the right; left for right; top for bottom."""

TURNS: Final[dict[Turn, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]] = {
    "180": lambda image: np.rot90(image, 2),
    "left": lambda image: np.rot90(image, 1),
    "right": lambda image: np.rot90(image, -1),
    "mirror": np.fliplr,
    "flip": np.flipud,
}
"""What a picture becomes: (H, W) or (H, W, 3) uint8, a view of the same pixels."""


def turned(image: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    """A copy of `image` with a turn made."""
    return np.ascontiguousarray(TURNS[turn](image))
