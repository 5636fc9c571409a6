"""A run on several stores reports each validation store by its name."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.data.loading.augment import Augmented
from hunmin.data.loading.stream import MixedSource, SomeOf, StoreSource
from hunmin.data.loading.stretch import Stretched
from hunmin.data.store.lmdb_store import write_store
from hunmin.errors import InputError
from hunmin.training.prepare import build_spec
from hunmin.training.run import run
from hunmin.training.sources import build_source, build_validation, validation_names
from tests.data.lines import lines
from tests.training.runs import config, read_csv


def stores(folder: Path) -> tuple[str, str]:
    """Overrides for two training stores and two validation stores."""
    for seed, name in enumerate(("forms", "signs", "forms_val", "signs_val")):
        write_store(lines(20, seed=seed), folder / name)
    return (
        f"data.sources=[{{path: {folder / 'forms'}, weight: 3}}, {{path: {folder / 'signs'}}}]",
        f"data.validation=[{folder / 'forms_val'}, {folder / 'signs_val'}]",
    )


def test_every_validation_store_has_figures_under_its_own_name(tmp_path: Path) -> None:
    run(config(tmp_path, *stores(tmp_path), "data.augment=0.5"), Console(file=io.StringIO()))
    rows = [row for row in read_csv(tmp_path / "run") if row["forms_val/cer"]]
    assert len(rows) == 2
    assert all(row["signs_val/cer"] and row["signs_val/loss"] for row in rows)


def test_crops_of_stores_are_augmented_and_those_to_validate_on_are_not(tmp_path: Path) -> None:
    varied = config(tmp_path, *stores(tmp_path), "data.augment=0.5")
    source = build_source(varied, build_spec(varied.data))
    assert isinstance(source, MixedSource)
    assert [type(one) for one in source.sources] == [Augmented, Augmented]
    assert source.weights == [3.0, 1.0]
    for validation in build_validation(varied, build_spec(varied.data)).values():
        assert isinstance(validation.source, SomeOf)
        assert isinstance(validation.source.source, StoreSource)
    stretched = build_source(replace(varied, data=replace(varied.data, stretch_share=0.5)), build_spec(varied.data))
    assert isinstance(stretched, MixedSource)
    assert [type(one) for one in stretched.sources] == [Stretched, Stretched]
    plain = config(tmp_path, f"data.sources=[{{path: {tmp_path / 'forms'}}}]", "data.augment=0")
    assert isinstance(build_source(plain, build_spec(plain.data)), StoreSource)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["a/val", "synth"], ["val", "held_out"]),
        (["a/validation", "b/validation", "c/signs"], ["a_validation", "b_validation", "signs"]),
        (["a/x/val", "b/x/val", "b/y/val"], ["a_x_val", "b_x_val", "y_val"]),
        (["a/held_out", "synth"], ["a_held_out", "held_out"]),
    ],
)
def test_validation_stores_of_one_name_are_told_apart_by_the_folders_above(given: list[str], names: list[str]) -> None:
    assert validation_names(given) == names


def test_a_validation_store_that_is_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"data\.validation names a/val twice"):
        validation_names(["a/val", "b/val", "b/../a/val"])
