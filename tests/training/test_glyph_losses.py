"""Supervision from glyph boxes: which columns belong to which character, and losses that reward looking there."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from hunmin.model.encoder import Grid
from hunmin.text.charset import Charset
from hunmin.text.hangul import NUM_CHO, NUM_JONG, NUM_JUNG, decompose
from hunmin.text.tokenizer import Tokenizer
from hunmin.training.glyph_losses import GAP, NOT_HANGUL, ColumnHead, attention_loss, column_loss, columns_of_boxes

TOKENIZER = Tokenizer(Charset("few", " 가한글a1"))
NO_BOX = [-1.0, -1.0, -1.0, -1.0]


def covered(*boxes: list[float], columns: int = 8, width_px: int = 64) -> list[list[int]]:
    covers = columns_of_boxes(torch.tensor([boxes]), Grid(2, columns), width_px)
    assert covers.shape == (1, len(boxes), columns)
    return [row.nonzero().flatten().tolist() for row in covers[0]]


def test_a_character_covers_the_columns_whose_middle_lies_in_its_box() -> None:
    # Columns are 8 px wide, their middles at 4, 12, 20 …
    assert covered([0, 0, 16, 32], [16, 0, 37, 32], [37, 0, 64, 32]) == [[0, 1], [2, 3, 4], [5, 6, 7]]
    assert covered([5, 0, 20, 32]) == [[1]]
    assert covered([4, 0, 20.5, 32]) == [[0, 1, 2]]


def test_a_character_narrower_than_a_column_covers_the_column_under_its_middle() -> None:
    assert covered([13, 0, 15, 32], [40, 0, 41, 32]) == [[1], [5]]
    assert covered([15, 0, 17.5, 32]) == [[2]]


def test_touching_boxes_share_no_column_and_leave_none_out() -> None:
    edges = [0.0, 11.0, 18.0, 33.0, 47.0, 64.0]
    rows = covered(*([x0, 0.0, x1, 32.0] for x0, x1 in pairwise(edges)))
    assert sorted(column for row in rows for column in row) == list(range(8))


def test_where_there_is_no_box_no_column_is_covered() -> None:
    assert covered(NO_BOX, [0, 0, 8, 32], NO_BOX) == [[], [0], []]


def head_and_batch(rows: int = 2, columns: int = 8) -> tuple[ColumnHead, Tensor, Tensor, Tensor]:
    """A column head, a random memory, the tokens of "한a 가" and boxes that leave the last two columns free."""
    torch.manual_seed(0)
    head = ColumnHead(TOKENIZER, 16, rows)
    memory = torch.randn(1, rows * columns, 16)
    tgt = torch.from_numpy(TOKENIZER.encode_batch(["한a 가"]))
    boxes = torch.tensor([[[0, 0, 16, 32], [16, 0, 24, 32], [24, 0, 32, 32], [32, 0, 48, 32]]], dtype=torch.float32)
    return head, memory, tgt, columns_of_boxes(boxes, Grid(rows, columns), 64)


def perfect(head: ColumnHead, tokens: list[int]) -> list[Tensor]:
    """Logits that are certain of each column's token, in the shapes that the head gives."""
    parts = head.parts[torch.tensor(tokens)]
    answers = []
    for i, size in enumerate(head.sizes):
        answers.append(torch.zeros(1, len(tokens), size))
        for column, answer in enumerate(parts[:, i].tolist()):
            if answer >= 0:
                answers[i][0, column, answer] = 50.0
    return answers


class Certain(ColumnHead):
    """Answers with what it was given."""

    answers: list[Tensor]

    def forward(self, memory: Tensor) -> list[Tensor]:
        return self.answers


def test_a_column_is_asked_for_jamo_other_character_or_gap() -> None:
    head = ColumnHead(TOKENIZER, 16, 2)
    parts = {
        character: head.parts[TOKENIZER.encode(character)[0]].tolist() for character in TOKENIZER.charset.characters
    }
    assert head.sizes == (NUM_CHO + 2, NUM_JUNG, NUM_JONG, 2)
    assert parts["한"][:3] == list(decompose("한"))
    assert parts["한"][3] < 0
    assert parts["a"][0] == parts["1"][0] == NOT_HANGUL
    assert parts["a"][3] != parts["1"][3]
    assert parts[" "][0] == head.parts[TOKENIZER.eos_id, 0] == GAP
    assert [one.shape for one in head(torch.zeros(3, 2 * 5, 16))] == [(3, 5, size) for size in head.sizes]


def test_column_loss_is_near_zero_for_a_perfect_reader_and_far_from_it_for_a_wrong_one() -> None:
    _, memory, tgt, covers = head_and_batch()
    has_boxes = torch.tensor([True])
    head = Certain(TOKENIZER, 16, 2)
    han, a, space, ga = TOKENIZER.encode("한a 가")
    head.answers = perfect(head, [han, han, a, space, ga, ga, TOKENIZER.eos_id, TOKENIZER.eos_id])
    assert column_loss(head, memory, tgt, covers, has_boxes) < 1e-6
    head.answers = perfect(head, [ga, han, a, space, ga, ga, TOKENIZER.eos_id, TOKENIZER.eos_id])
    assert column_loss(head, memory, tgt, covers, has_boxes) > 1
    head.answers = perfect(head, [han, han, a, space, ga, ga, a, TOKENIZER.eos_id])
    assert column_loss(head, memory, tgt, covers, has_boxes) > 1


def test_column_loss_falls_while_the_head_learns() -> None:
    head, memory, tgt, covers = head_and_batch()
    has_boxes = torch.tensor([True])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    first = column_loss(head, memory, tgt, covers, has_boxes)
    for _ in range(60):
        optimizer.zero_grad()
        column_loss(head, memory, tgt, covers, has_boxes).backward()
        optimizer.step()
    assert column_loss(head, memory, tgt, covers, has_boxes) < 0.05 * first


def test_a_line_without_boxes_adds_nothing_to_either_loss() -> None:
    head, memory, tgt, covers = head_and_batch()
    nowhere = torch.zeros_like(covers)
    weights = torch.full((1, 5, 16), 1 / 16, requires_grad=True)
    for has_boxes, where in ((torch.tensor([False]), covers), (torch.tensor([False]), nowhere)):
        assert column_loss(head, memory, tgt, where, has_boxes) == 0
        assert attention_loss(weights, where, has_boxes, rows=2) == 0
    attention_loss(weights, nowhere, torch.tensor([True]), rows=2).backward()
    assert weights.grad is not None
    assert not weights.grad.any()


def test_the_losses_of_a_batch_are_those_of_its_lines_that_have_boxes() -> None:
    head, memory, tgt, covers = head_and_batch()
    weights = torch.rand(1, 5, 16).softmax(dim=2)
    one = torch.tensor([True])
    two = torch.tensor([True, False])
    other = torch.randn_like(memory)
    both = column_loss(head, torch.cat((memory, other)), tgt.repeat(2, 1), covers.repeat(2, 1, 1), two)
    torch.testing.assert_close(both, column_loss(head, memory, tgt, covers, one))
    looked = torch.cat((weights, weights.flip(2)))
    torch.testing.assert_close(
        attention_loss(looked, covers.repeat(2, 1, 1), two, rows=2), attention_loss(weights, covers, one, rows=2)
    )


def test_padding_of_shorter_lines_counts_in_neither_loss() -> None:
    head, memory, tgt, covers = head_and_batch()
    has_boxes = torch.tensor([True])
    weights = torch.rand(1, 5, 16).softmax(dim=2)
    longer = torch.cat((tgt, torch.full((1, 2), TOKENIZER.pad_id)), dim=1)
    wider = torch.cat((covers, torch.zeros(1, 2, 8, dtype=torch.bool)), dim=1)
    more = torch.cat((weights[:, :4], torch.rand(1, 3, 16)), dim=1)
    torch.testing.assert_close(
        column_loss(head, memory, longer, wider, has_boxes), column_loss(head, memory, tgt, covers, has_boxes)
    )
    torch.testing.assert_close(
        attention_loss(more, wider, has_boxes, rows=2), attention_loss(weights, covers, has_boxes, rows=2)
    )


@pytest.mark.parametrize("num_orders", [1, 3])
def test_attention_loss_is_zero_where_all_looks_fall_on_the_character_and_the_log_of_the_share_elsewhere(
    num_orders: int,
) -> None:
    _, _, _, covers = head_and_batch()
    share = covers.float() / covers.sum(dim=2, keepdim=True)
    anywhere = torch.full((1, 1, 8), 1 / 8)  # the query of <eos> has no place to look at
    by_column = torch.cat((share, anywhere), dim=1).repeat(1, num_orders, 1)
    perfect_look = torch.cat((0.25 * by_column, 0.75 * by_column), dim=2)  # rows of the grid add up
    has_boxes = torch.tensor([True])
    assert attention_loss(perfect_look, covers, has_boxes, rows=2) == pytest.approx(0, abs=1e-6)
    even = torch.full((1, 5 * num_orders, 16), 1 / 16)
    wanted = -sum(math.log(count / 8) for count in (2, 1, 1, 2)) / 4
    assert attention_loss(even, covers, has_boxes, rows=2) == pytest.approx(wanted, rel=1e-5)


def test_attention_loss_stays_finite_where_no_look_falls_on_the_character() -> None:
    _, _, _, covers = head_and_batch()
    elsewhere = torch.zeros(1, 5, 16, requires_grad=True)
    loss = attention_loss(elsewhere, covers, torch.tensor([True]), rows=2)
    loss.backward()
    assert torch.isfinite(loss)
    assert elsewhere.grad is not None
    assert torch.isfinite(elsewhere.grad).all()


def test_memory_changes_the_loss_of_its_own_column_alone() -> None:
    head, memory, tgt, covers = head_and_batch()
    memory.requires_grad_()
    (gradient,) = torch.autograd.grad(head(memory)[0][0, 3].sum(), memory)
    touched = gradient[0].abs().sum(dim=1).unflatten(0, (2, 8)) > 0
    assert touched.nonzero().tolist() == [[0, 3], [1, 3]]
    assert column_loss(head, memory, tgt, covers, torch.tensor([True])) > 0
