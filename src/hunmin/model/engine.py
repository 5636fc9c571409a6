"""A model behind the interface of an exported one."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from hunmin.model.decode import DECODE, Decoding
from hunmin.model.parseq import PARSeq


def torch_engine(
    model: PARSeq, decoding: Decoding = "autoregressive"
) -> Callable[[NDArray[np.float32]], tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """An engine for `Recognizer.from_engine` that runs the model itself.

    Args:
        model: in evaluation mode, on the CPU.
        decoding: how it reads.

    Returns:
        (N, 3, H, W) float32 → tokens (N, T) int64 and their log-probabilities (N, T) float32.
    """

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        with torch.inference_mode():
            tokens, log_probs = DECODE[decoding](model, torch.from_numpy(images))
        return tokens.numpy(), log_probs.numpy()

    return engine
