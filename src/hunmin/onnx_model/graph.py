"""One graph out of three traced parts: what happens once an image, once a character, and once all are read."""

from collections.abc import Sequence

import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from hunmin.onnx_model.loop import LoopValues, loop_around
from hunmin.onnx_model.session import OUTPUTS


def join(
    encode: onnx.ModelProto, step: onnx.ModelProto, refine: onnx.ModelProto, memory: Sequence[str], values: LoopValues
) -> onnx.ModelProto:
    """Encode, decode from left to right in a Loop, refine.

    Args:
        encode: from `images` to `memory`.
        step: as `loop.py` says, with `memory` as further inputs.
        refine: from `loop.READ` and `memory` to `OUTPUTS`.
        memory: names of what decoder and refinement need of the image.
        values: of the Loop.

    Returns:
        From `images` to `OUTPUTS`.
    """
    # With a prefix each, no name of a part can be one of another part's or of the Loop's.
    joined, step, refine = (
        compose.add_prefix(part, f"{name}/", rename_inputs=False, rename_outputs=False)
        for name, part in (("encode", encode), ("step", step), ("refine", refine))
    )
    once = take_invariant_nodes(step.graph, memory)
    joined.graph.initializer.extend(step.graph.initializer)
    joined.graph.initializer.extend(share_weights(refine.graph, step.graph))
    joined.graph.node.extend([*once, *loop_around(step.graph, values), *refine.graph.node])
    del joined.graph.output[:]
    for name in OUTPUTS:
        kind = TensorProto.INT64 if name in ("tokens", "candidates") else TensorProto.FLOAT
        shape = ["batch", "length", *(["num_candidates"] if name.startswith("candidate") else [])]
        joined.graph.output.append(helper.make_tensor_value_info(name, kind, shape))
    return joined


def share_weights(graph: onnx.GraphProto, other: onnx.GraphProto) -> list[TensorProto]:
    """Let `graph` use the weights of `other` where they are the same; what is returned are those of its own."""

    def content(tensor: TensorProto) -> tuple[int, tuple[int, ...], bytes]:
        return tensor.data_type, tuple(tensor.dims), numpy_helper.to_array(tensor).tobytes()

    known = {content(tensor): tensor.name for tensor in other.initializer}
    names = {tensor.name: known.get(content(tensor), tensor.name) for tensor in graph.initializer}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    return [tensor for tensor in graph.initializer if names[tensor.name] == tensor.name]


def take_invariant_nodes(step: onnx.GraphProto, memory: Sequence[str]) -> list[onnx.NodeProto]:
    """Take out of `step` what is the same for every character: all that follows from weights and `memory` alone."""
    known = {tensor.name for tensor in step.initializer}.union(memory, [""])
    invariant, left = [], []
    for node in step.node:
        if known.issuperset(node.input):
            known.update(node.output)
            invariant.append(node)
        else:
            left.append(node)
    del step.node[:]
    step.node.extend(left)
    return invariant
