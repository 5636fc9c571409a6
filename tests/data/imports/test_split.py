"""A group is in one split, whatever else there is."""

import pytest

from hunmin.data.imports.config import SplitConfig
from hunmin.data.imports.split import split_of
from hunmin.errors import InputError

GROUPS = [f"5350109-1999-{number:04d}" for number in range(4000)]


def test_groups_are_spread_by_the_shares() -> None:
    config = SplitConfig(validation=0.1, test=0.05, by="group")
    splits = [split_of(group, "", config) for group in GROUPS]
    assert splits.count("validation") == pytest.approx(400, abs=60)
    assert splits.count("test") == pytest.approx(200, abs=45)


def test_a_share_that_grows_takes_from_training_only() -> None:
    small, large = (SplitConfig(validation=share, test=0.1, by="group") for share in (0.05, 0.2))
    moves = {(split_of(group, "", small), split_of(group, "", large)) for group in GROUPS}
    assert moves == {("train", "train"), ("train", "validation"), ("validation", "validation"), ("test", "test")}


def test_the_publishers_parts_are_kept_apart_where_they_are_asked_for() -> None:
    config = SplitConfig(validation=0.03, test=0.01, by="publisher")
    assert {split_of(group, "training", config) for group in GROUPS} == {"train"}
    held_out = [split_of(group, "validation", config) for group in GROUPS]
    assert set(held_out) == {"validation", "test"}
    assert held_out.count("test") == pytest.approx(1000, abs=120)
    assert {split_of(group, "", config) for group in GROUPS} == {"train", "validation", "test"}
    by_group = SplitConfig(validation=0.0, test=0.0, by="group")
    assert {split_of(group, "validation", by_group) for group in GROUPS} == {"train"}


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(InputError, match=r"split\.validation=0\.6 and split\.test=0\.4 leave nothing to train on"):
        SplitConfig(validation=0.6, test=0.4, by="group")
