"""The bias of cross-attention towards the columns where the next character must stand."""

import math

import numpy as np
import torch

from hunmin.data.loading.batch import collate
from hunmin.data.sample import Sample
from hunmin.model.column_bias import UNKNOWN, ColumnBias, Neighbours, count_at, find_neighbours
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask, cloze_mask
from hunmin.training.glyph_losses import known_columns
from tests.model.shapes import model_config, small_spec

COLUMNS = torch.tensor([[UNKNOWN, 2.0, 5.0, UNKNOWN, 9.0]])
"""`<bos>` and four characters; nobody knows where the third stands."""


def test_reading_from_the_left_the_neighbour_is_the_last_character_whose_place_is_known() -> None:
    neighbours = find_neighbours(COLUMNS, causal_mask(4)[None], torch.arange(5))
    assert neighbours.left.tolist() == [[-1.0, 2.0, 5.0, 5.0, 9.0]]
    assert neighbours.steps_left is not None and neighbours.steps_left.tolist() == [[1.0, 1.0, 1.0, 2.0, 1.0]]
    assert neighbours.steps_right is not None and neighbours.steps_right.isinf().all()


def test_a_query_between_two_visible_characters_has_neighbours_on_both_sides_and_never_itself() -> None:
    neighbours = find_neighbours(COLUMNS, cloze_mask(4)[None], torch.arange(5))
    assert neighbours.left.tolist() == [[-1.0, 2.0, 5.0, 5.0, 9.0]]
    assert neighbours.right is not None and neighbours.steps_right is not None
    assert neighbours.right[0, :3].tolist() == [5.0, 9.0, 9.0]
    assert neighbours.steps_right.tolist() == [[1.0, 2.0, 1.0, math.inf, math.inf]]


def column_bias(num_heads: int = 1, rows: int = 1, **slopes: float) -> ColumnBias:
    """A bias with the slopes of a new model, those named replaced, the others 0."""
    new = ColumnBias(num_heads, rows)
    if slopes:
        for name in ("away", "beyond", "miscounted"):
            torch.nn.init.constant_(getattr(new, name), math.log(slopes[name]) if name in slopes else -math.inf)
    return new


def test_the_attention_leans_to_the_columns_just_right_of_the_last_character() -> None:
    bias = column_bias(2, away=0.1, beyond=0.5)(Neighbours(torch.tensor([[4.0]])), torch.zeros(1, 10))
    assert bias.shape == (1, 2, 1, 10)
    assert bias.argmax(dim=3).unique().tolist() == [4]
    assert (bias[..., 4:].diff(dim=3) < 0).all(), "further right is less likely"
    assert (bias[..., 3] < bias[..., 5]).all(), "left of what has been read is less likely still"


def test_between_two_neighbours_all_columns_are_equal_and_outside_they_are_not() -> None:
    one = torch.ones(1, 1)
    bias = column_bias(away=0.1, beyond=0.5)(Neighbours(2 * one, one, 6 * one, one), torch.zeros(1, 9))[0, 0, 0]
    torch.testing.assert_close(bias[2:7], bias[2].expand(5))
    assert bias[1] < bias[2]
    assert bias[7] < bias[6]


def test_a_line_and_its_mirror_image_have_mirrored_biases() -> None:
    counts, one = torch.arange(9.0)[None], torch.ones(1, 1)
    bias = column_bias(away=0.1, beyond=0.5, miscounted=1.0)
    from_left = bias(Neighbours(2 * one, one, 6 * one, 3 * one), counts)
    from_right = bias(Neighbours(2 * one, 3 * one, 6 * one, one), counts)
    torch.testing.assert_close(from_left, from_right.flip(3))


def test_the_attention_leans_to_the_next_character_by_the_count_and_neither_repeats_nor_leaves_out() -> None:
    counts = torch.tensor([[0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 3.0, 3.0]])
    bias = column_bias(miscounted=1.0)(Neighbours(torch.tensor([[0.5, 3.0, UNKNOWN]])), counts)[0, 0]
    likeliest = [(row == row.max()).nonzero().flatten().tolist() for row in bias]
    assert likeliest == [[2, 3, 4], [5], [0, 1]]


def test_two_characters_between_two_neighbours_are_told_apart_by_the_count() -> None:
    counts = torch.tensor([[0.0, 1.0, 1.0, 2.0, 2.0, 3.0]])
    one = torch.ones(1, 2)
    neighbours = Neighbours(0 * one, torch.tensor([[1.0, 2.0]]), 5 * one, torch.tensor([[2.0, 1.0]]))
    bias = column_bias(miscounted=1.0)(neighbours, counts)[0, 0]
    assert [(row == row.max()).nonzero().flatten().tolist() for row in bias] == [[1, 2], [3, 4]]


def test_a_count_that_drifts_along_the_line_changes_nothing_but_a_little() -> None:
    exact = torch.arange(40.0)[None] / 4
    drifted = exact * 0.9
    neighbours = Neighbours(torch.tensor([[30.0]]))
    one, other = (column_bias(miscounted=1.0)(neighbours, counts)[0, 0, 0] for counts in (exact, drifted))
    assert abs(one.argmax() - other.argmax()) <= 1


def test_the_count_between_two_columns_is_read_off_the_line_that_joins_them() -> None:
    counts = torch.tensor([[0.0, 1.0, 3.0]])
    columns = torch.tensor([[UNKNOWN, -0.5, 0.0, 0.5, 1.75, 2.0]])
    assert count_at(counts, columns).tolist() == [[-1.0, -0.5, 0.0, 0.5, 2.5, 3.0]]


def test_the_count_is_as_exact_where_matrices_are_multiplied_in_16_bits() -> None:
    counts, columns = torch.arange(256.0)[None] * 0.2501, torch.tensor([[100.5, 200.25, 250.0]])
    with torch.autocast("cpu", torch.bfloat16):
        in_16_bits = count_at(counts, columns)
    assert torch.equal(in_16_bits, count_at(counts, columns))


def test_every_row_of_the_grid_has_the_same_bias() -> None:
    bias = column_bias(rows=3)(Neighbours(torch.tensor([[4.0]])), torch.arange(10.0)[None] / 2).unflatten(3, (3, 10))
    assert torch.equal(bias[..., 0, :], bias[..., 2, :])


def test_the_column_of_attention_is_the_middle_of_its_peak_whatever_lies_thinly_elsewhere() -> None:
    attention = torch.full((1, 1, 2 * 100), 0.1 / 194)
    for column in (10, 11, 12):
        attention[0, 0, [column, 100 + column]] = 0.15
    assert abs(ColumnBias(num_heads=1, rows=2).attended_column(attention).item() - 11.0) < 0.1


def test_the_column_of_a_box_is_the_one_under_its_middle_and_lines_without_boxes_have_none() -> None:
    spec = small_spec()
    encoder = PARSeq(model_config(), spec).encoder
    image = np.zeros((32, 64), dtype=np.uint8)
    boxes = np.array([[8, 0, 16, 32], [40, 0, 42, 9]], dtype=np.float32)
    boxed = Sample(image=image, text="가나", id="1", boxes=boxes)
    batch = collate([boxed, Sample(image=image, text="가", id="2", boxes=boxes[:1])], spec, spec.tokenizer())
    columns = known_columns(encoder, batch)
    assert columns is not None
    assert columns.tolist() == [[2.5, 9.75], [2.5, UNKNOWN]]
    assert (
        known_columns(encoder, collate([boxed, Sample(image=image, text="가", id="3")], spec, spec.tokenizer())) is None
    )
