"""An exported graph that stores its weights in 16 bits and multiplies in 32 (decision 0009)."""

from copy import deepcopy
from itertools import pairwise

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from hunmin.model.parseq import PARSeq


class Convolution(nn.Module):
    """A convolution and the batch normalisation behind it, as two factors of its weights.

    The exporter would multiply them, and 16 bits no longer hold the product exactly. onnxruntime does it once, when it loads.
    """

    def __init__(self, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        assert norm.running_mean is not None and norm.running_var is not None
        self.convolution = convolution
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.scale = nn.Parameter(scale[:, None, None, None])
        self.bias = nn.Parameter(norm.bias - norm.running_mean * scale)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, H_out, W_out)."""
        stride, padding = self.convolution.stride, self.convolution.padding
        return F.conv2d(features, self.convolution.weight * self.scale, self.bias, stride, padding)


def without_norms(model: PARSeq) -> PARSeq:
    """A copy whose convolutions have taken over the normalisation behind them."""
    model = deepcopy(model)
    for layers in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        for i, (layer, following) in enumerate(pairwise(layers)):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                layers[i], layers[i + 1] = Convolution(layer, following), nn.Identity()
    return model


def store_in_half(graph: onnx.GraphProto) -> None:
    """Store in 16 bits the weights that these hold exactly, as they do those of `save_model`; the graph computes with 32."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:  # noqa: PLR2004 - vectors weigh little
            continue
        weights = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = weights.astype(np.float16)
        if np.array_equal(half, weights):
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}/half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
