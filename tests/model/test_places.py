"""Where characters were read."""

import torch

from hunmin.model.alignment import middle_columns
from hunmin.model.encoder import Grid
from hunmin.model.places import UNKNOWN, Places, column_of_attention


def test_a_new_model_begins_without_places_and_an_unknown_place_adds_nothing_ever() -> None:
    places = Places(16)
    assert torch.equal(places(torch.tensor([[0.0, 3.5]])), torch.zeros(1, 2, 16))
    torch.nn.init.normal_(places.embed.weight)
    first, unknown = places(torch.tensor([[0.0, UNKNOWN]]))[0]
    assert first.abs().max() > 0
    assert torch.equal(unknown, torch.zeros(16))


def test_places_side_by_side_are_more_alike_than_places_far_apart() -> None:
    places = Places(16)
    torch.nn.init.eye_(places.embed.weight)
    here, beside, far = places(torch.tensor([[10.0, 10.5, 40.0]]))[0]
    assert (here - beside).norm() < (here - far).norm() / 3


def test_the_column_of_attention_is_the_middle_of_its_peak_whatever_lies_thinly_elsewhere() -> None:
    weights = torch.full((1, 1, 2 * 100), 0.1 / 194)
    for column in (10, 11, 12):
        weights[0, 0, [column, 100 + column]] = 0.15
    assert abs(column_of_attention(weights, rows=2).item() - 11.0) < 0.1


def test_the_column_of_a_box_is_the_one_under_its_middle_and_unknown_without_a_box() -> None:
    boxes = torch.tensor([[[8.0, 0.0, 16.0, 32.0], [-1.0, -1.0, -1.0, -1.0], [0.0, 0.0, 2.0, 9.0]]])
    known = torch.tensor([[True, False, True]])
    columns = middle_columns(boxes, known, Grid(1, 16), 64)
    assert columns.tolist() == [[2.5, UNKNOWN, 0.0]]
