"""A model behind the interface of an exported one."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from hunmin.model.decoding import decode_one_pass
from hunmin.model.parseq import PARSeq


def torch_engine(model: PARSeq) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """An engine for `Recognizer.from_engine` that runs the model itself.

    Args:
        model: in evaluation mode, on the CPU.

    Returns:
        (N, 3, H, W) float32 → (N, L+1, C) float32 logits.
    """

    def engine(images: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits: NDArray[np.float32] = decode_one_pass(model, torch.from_numpy(images)).numpy()
        return logits

    return engine
