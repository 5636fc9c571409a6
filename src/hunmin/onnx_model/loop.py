"""The ONNX Loop that reads one character after the other, put together around a traced step.

The step keeps its names: `position`, `token`, `column`, `key` and `value` go in, `next_token`, `next_log_prob`, `next_column`,
`next_key` and `next_value` come out; what it sees of the image stands outside.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hunmin.model.column_bias import UNKNOWN
from hunmin.model.parseq import PARSeq


def share(graph: onnx.GraphProto, other: onnx.GraphProto) -> list[TensorProto]:
    """Let `graph` use the weights of `other` where they are the same; what is left are its own."""

    def content(tensor: TensorProto) -> tuple[int, tuple[int, ...], bytes]:
        return tensor.data_type, tuple(tensor.dims), numpy_helper.to_array(tensor).tobytes()

    known = {content(tensor): tensor.name for tensor in other.initializer}
    names = {tensor.name: known.get(content(tensor), tensor.name) for tensor in graph.initializer}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    return [tensor for tensor in graph.initializer if names[tensor.name] == tensor.name]


def hoist(step: onnx.GraphProto, memory: Iterable[str]) -> list[onnx.NodeProto]:
    """Take out of `step` what is the same in every turn: all that follows from weights and `memory` alone."""
    known = {tensor.name for tensor in step.initializer}.union(memory, [""])
    hoisted, left = [], []
    for node in step.node:
        if known.issuperset(node.input):
            known.update(node.output)
            hoisted.append(node)
        else:
            left.append(node)
    del step.node[:]
    step.node.extend(left)
    return hoisted


def loop_body(step: onnx.GraphProto) -> onnx.GraphProto:
    """One turn: read a character, note which lines have ended, go on until all have."""
    floats, ints, flags = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

    def info(name: str, kind: int, rank: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [None] * rank)

    nodes = [
        *step.node,
        helper.make_node("Equal", ["next_token", "loop/eos"], ["loop/is_eos"]),
        helper.make_node("Or", ["ended", "loop/is_eos"], ["next_ended"]),
        helper.make_node("Cast", ["next_ended"], ["loop/ended_int"], to=TensorProto.INT32),
        helper.make_node("ReduceMin", ["loop/ended_int"], ["loop/all_int"], keepdims=0),
        helper.make_node("Cast", ["loop/all_int"], ["loop/all"], to=flags),
        helper.make_node("Not", ["loop/all"], ["next_going_on"]),
        helper.make_node("Identity", ["next_token"], ["step_token"]),
        helper.make_node("Identity", ["next_log_prob"], ["step_log_prob"]),
        helper.make_node("Identity", ["next_column"], ["step_column"]),
    ]
    inputs = [info("position", ints, 0), info("going_on", flags, 0), info("token", ints, 2)]
    inputs += [info("column", floats, 2)]
    inputs += [info("key", floats, 4), info("value", floats, 4), info("ended", flags, 2)]
    outputs = [info("next_going_on", flags, 0), info("next_token", ints, 2), info("next_column", floats, 2)]
    outputs += [
        info("next_key", floats, 4),
        info("next_value", floats, 4),
        info("next_ended", flags, 2),
        info("step_token", ints, 2),
        info("step_log_prob", floats, 2),
        info("step_column", floats, 2),
    ]
    return helper.make_graph(nodes, "read_a_character", inputs, outputs)


def around_loop(body: onnx.GraphProto, model: PARSeq, heads: int, size: int) -> list[onnx.NodeProto]:
    """The start values of the Loop, the Loop, and what it read, line by line."""

    def constant(name: str, value: NDArray[Any]) -> onnx.NodeProto:
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))

    zero = numpy_helper.from_array(np.zeros(1, dtype=np.float32))
    return [
        constant("loop/most", np.array(model.spec.max_label_length + 1)),
        constant("loop/true", np.array(True)),
        constant("loop/false", np.array([[False]])),
        constant("loop/bos", np.array([[model.tokenizer.bos_id]])),
        constant("loop/nowhere", np.array([[UNKNOWN]], dtype=np.float32)),
        constant("loop/eos", np.array(model.tokenizer.eos_id)),
        constant("loop/one", np.array([1])),
        constant("loop/last_axis", np.array([2])),
        constant("loop/no_keys", np.array([heads, 0, size])),
        helper.make_node("Shape", ["images"], ["loop/num"], start=0, end=1),
        helper.make_node("Concat", ["loop/num", "loop/one"], ["loop/one_each"], axis=0),
        helper.make_node("Concat", ["loop/num", "loop/no_keys"], ["loop/keys_shape"], axis=0),
        helper.make_node("Expand", ["loop/bos", "loop/one_each"], ["loop/token"]),
        helper.make_node("Expand", ["loop/nowhere", "loop/one_each"], ["loop/first_column"]),
        helper.make_node("Expand", ["loop/false", "loop/one_each"], ["loop/ended"]),
        helper.make_node("ConstantOfShape", ["loop/keys_shape"], ["loop/keys"], value=zero),
        helper.make_node(
            "Loop",
            ["loop/most", "loop/true", "loop/token", "loop/first_column", "loop/keys", "loop/keys", "loop/ended"],
            [
                "loop/last_token",
                "loop/last_column",
                "loop/last_key",
                "loop/last_value",
                "loop/last_ended",
                "loop/tokens",
                "loop/log_probs",
                "loop/columns",
            ],
            body=body,
        ),
        *(
            node
            for name in ("tokens", "log_probs", "columns")
            for node in (
                helper.make_node("Squeeze", [f"loop/{name}", "loop/last_axis"], [f"loop/flat_{name}"]),
                helper.make_node("Transpose", [f"loop/flat_{name}"], [f"read_{name}"], perm=[1, 0]),
            )
        ),
    ]
