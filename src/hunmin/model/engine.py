"""A model behind the interface of an exported one."""

import numpy as np
import torch
from numpy.typing import NDArray

from hunmin.model.decode import DECODE, Decoding
from hunmin.model.parseq import PARSeq
from hunmin.onnx_model.session import Engine, EngineOutput


def torch_engine(model: PARSeq, decoding: Decoding = "autoregressive") -> Engine:
    """An engine for `Recognizer.from_engine` that runs the model itself.

    Args:
        model: in evaluation mode, on the CPU.
        decoding: how it reads.

    Returns:
        (N, 3, H, W) float32 → an `EngineOutput`.
    """

    def engine(images: NDArray[np.float32]) -> EngineOutput:
        with torch.inference_mode():
            outputs = DECODE[decoding](model, torch.from_numpy(images))
        return EngineOutput(*(output.numpy() for output in outputs))

    return engine
