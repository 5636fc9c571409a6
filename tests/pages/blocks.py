"""A tiny visible alphabet and an engine that really reads it, so that the tests need no trained model.

Every character is a block of its own grey, 12 px wide and 16 px high at height 32, with 4 px of white after it; a space
is 12 px of white more. The engine finds the blocks in the tensor, in whatever place they are.
"""

import numpy as np
from numpy.typing import NDArray

from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

LETTERS = "가나다라마"
LEVELS = dict(zip(LETTERS, (10, 30, 50, 70, 90), strict=True))
CHARSET = Charset("blocks", " " + LETTERS)
SPEC = RecognizerSpec.for_charset(CHARSET, height_px=32, width_step_px=32, max_width_px=256)
BLOCK_PX, GAP_PX, SPACE_PX = 12, 4, 12
SURE = 0.99
"""How likely the engine finds each character."""


def draw(text: str, height_px: int = 32) -> NDArray[np.uint8]:
    """(H, W, 3) picture of `text` in blocks."""
    columns = [255] * GAP_PX
    for character in text:
        columns += [255] * SPACE_PX if character == " " else [LEVELS[character]] * BLOCK_PX + [255] * GAP_PX
    line = np.full((32, len(columns)), 255, dtype=np.uint8)
    line[8:24] = columns
    line = np.repeat(np.repeat(line, height_px // 32, axis=0), height_px // 32, axis=1)
    return np.repeat(line[:, :, np.newaxis], 3, axis=2)


def read_blocks(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The engine: (N, 3, 32, W) → tokens and log-probabilities, (N, T) each."""
    tokenizer = SPEC.tokenizer()
    tokens = np.full((len(images), SPEC.max_label_length + 1), tokenizer.eos_id)
    for row, image in zip(tokens, images, strict=True):
        text = tokenizer.encode(_runs_to_text(np.rint((image[0, 16] * 0.5 + 0.5) * 255)))
        row[: len(text)] = text
    return tokens, np.full(tokens.shape, np.log(SURE), dtype=np.float32)


def _runs_to_text(levels: NDArray[np.float32]) -> str:
    starts = np.flatnonzero(np.diff(levels, prepend=-1))
    text, white = "", 0
    for start, end in zip(starts, [*starts[1:], len(levels)], strict=True):
        letters = [letter for letter, level in LEVELS.items() if abs(levels[start] - level) < 3]
        if levels[start] > 250:
            white = end - start
        elif letters and end - start > BLOCK_PX // 2:
            text += (" " if text and white > GAP_PX + SPACE_PX // 2 else "") + letters[0]
            white = 0
    return text
