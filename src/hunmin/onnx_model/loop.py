"""Autoregressive decoding as an ONNX Loop around one traced step, written in ONNX's own text form (decision 0015).

Legend: N batch, A attention heads, D width, T characters so far.

The traced step takes `position` (), `token` (N, 1), `column` (N, 1), `key` and `value` (N, A, T, D/A), and gives `next_token`,
`next_log_prob`, `next_column`, `next_key` and `next_value`. What it needs of the image stands outside: a Loop's body sees the
names around it.
"""

from dataclasses import asdict, dataclass
from string import Template

import onnx
import onnx.parser

READ = ["read_tokens", "read_log_probs", "read_columns"]
"""What the Loop found: (N, T) each."""

DECODE_LEFT_TO_RIGHT = Template("""
decode_left_to_right (float[N, channels, height, width] images)
    => (int64[N, T] read_tokens, float[N, T] read_log_probs, float[N, T] read_columns)
{
    max_steps = Constant <value = int64 {$max_steps}> ()
    yes = Constant <value = bool {1}> ()
    eos = Constant <value = int64 {$eos_id}> ()
    bos = Constant <value = int64[1, 1] {$bos_id}> ()
    unknown = Constant <value = float[1, 1] {$unknown_column}> ()
    no = Constant <value = bool[1, 1] {0}> ()
    one = Constant <value = int64[1] {1}> ()
    no_characters = Constant <value = int64[3] {$num_heads, 0, $head_width}> ()

    num = Shape <start = 0, end = 1> (images)
    one_each = Concat <axis = 0> (num, one)
    no_keys_each = Concat <axis = 0> (num, no_characters)
    first_token = Expand (bos, one_each)
    first_column = Expand (unknown, one_each)
    none_ended = Expand (no, one_each)
    no_keys = ConstantOfShape <value = float[1] {0}> (no_keys_each)

    last_token, last_column, last_key, last_value, all_ended, step_tokens, step_log_probs, step_columns = Loop <
        body = decode_character (
            int64 position, bool going_on,
            int64[?, ?] token, float[?, ?] column, float[?, ?, ?, ?] key, float[?, ?, ?, ?] value, bool[?, ?] ended
        ) => (
            bool next_going_on,
            int64[?, ?] next_token, float[?, ?] next_column, float[?, ?, ?, ?] next_key, float[?, ?, ?, ?] next_value,
            bool[?, ?] next_ended,
            int64[?, ?] token_here, float[?, ?] log_prob_here, float[?, ?] column_here
        ) {
            is_eos = Equal (next_token, eos)
            next_ended = Or (ended, is_eos)
            ended_as_int = Cast <to = 6> (next_ended)
            least_ended = ReduceMin <keepdims = 0> (ended_as_int)
            all_have_ended = Cast <to = 9> (least_ended)
            next_going_on = Not (all_have_ended)
            token_here = Identity (next_token)
            log_prob_here = Identity (next_log_prob)
            column_here = Identity (next_column)
        }
    > (max_steps, yes, first_token, first_column, no_keys, no_keys, none_ended)

    last_axis = Constant <value = int64[1] {2}> ()
    flat_tokens = Squeeze (step_tokens, last_axis)
    flat_log_probs = Squeeze (step_log_probs, last_axis)
    flat_columns = Squeeze (step_columns, last_axis)
    read_tokens = Transpose <perm = [1, 0]> (flat_tokens)
    read_log_probs = Transpose <perm = [1, 0]> (flat_log_probs)
    read_columns = Transpose <perm = [1, 0]> (flat_columns)
}
""")


@dataclass(frozen=True)
class LoopValues:
    """The numbers in `DECODE_LEFT_TO_RIGHT`."""

    max_steps: int
    """Characters of the longest line, and `<eos>`."""
    bos_id: int
    eos_id: int
    unknown_column: float
    """Of `<bos>`, which stands before the first column."""
    num_heads: int
    """A."""
    head_width: int
    """D/A."""


def loop_around(step: onnx.GraphProto, values: LoopValues) -> list[onnx.NodeProto]:
    """Decoding from left to right with the nodes of `step` in the Loop's body: from `images` to `READ`."""
    graph = onnx.parser.parse_graph(DECODE_LEFT_TO_RIGHT.substitute(asdict(values)))
    loop = next(node for node in graph.node if node.op_type == "Loop")
    body = loop.attribute[0].g
    nodes = [*step.node, *body.node]
    del body.node[:]
    body.node.extend(nodes)
    return list(graph.node)
