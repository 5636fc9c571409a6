"""Counting characters along the line."""

import torch

from hunmin.model.character_count import CharacterCount
from hunmin.training.glyph_losses import start_loss


def _covers() -> torch.Tensor:
    """One line of three characters on columns 1-2, 3 and 5-6 of eight."""
    covers = torch.zeros(1, 3, 8, dtype=torch.bool)
    for character, columns in enumerate(((1, 2), (3,), (5, 6))):
        covers[0, character, list(columns)] = True
    return covers


def test_a_new_model_begins_without_the_count() -> None:
    character_count = CharacterCount(16, 2)
    features = torch.randn(2, 2 * 8, 16)
    assert torch.equal(character_count(features, character_count.count(torch.randn(2, 8))), features)


def test_the_columns_of_one_character_get_the_same_count_in_every_row_and_the_next_another() -> None:
    torch.manual_seed(0)
    character_count = CharacterCount(16, 2)
    torch.nn.init.normal_(character_count.embed.weight)
    starts = torch.full((1, 8), -30.0)
    starts[0, [1, 3, 5]] = 30.0
    added = character_count(torch.zeros(1, 16, 16), character_count.count(starts)).unflatten(1, (2, 8))
    torch.testing.assert_close(added[0, 0], added[0, 1])
    torch.testing.assert_close(added[0, 0, 1], added[0, 0, 2])
    torch.testing.assert_close(added[0, 0, 5], added[0, 0, 7])
    assert not torch.allclose(added[0, 0, 2], added[0, 0, 3], atol=0.1)


def test_the_start_loss_is_small_where_each_character_and_the_end_start_in_their_first_columns_and_nothing_elsewhere() -> (
    None
):
    right = torch.full((1, 8), -8.0)
    right[0, [1, 3, 5, 7]] = 8.0
    everywhere = torch.full((1, 8), 8.0)
    known = torch.tensor([True])
    assert start_loss(right, _covers(), known) < 0.01
    assert start_loss(everywhere, _covers(), known) > 1
    without_end = right.clone()
    without_end[0, 7] = -8.0
    assert start_loss(without_end, _covers(), known) > 0.5


def test_lines_without_boxes_take_no_part_in_the_start_loss() -> None:
    logits = torch.randn(2, 8, requires_grad=True)
    covers = torch.cat((_covers(), torch.zeros_like(_covers())))
    alone = start_loss(logits[:1], covers[:1], torch.tensor([True]))
    together = start_loss(logits, covers, torch.tensor([True, False]))
    torch.testing.assert_close(alone, together)
    assert start_loss(logits, covers, torch.tensor([False, False])) == 0
