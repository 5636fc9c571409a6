"""An exported graph that stores its weights in 16 bits and multiplies in 32 (decision 0009)."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


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
