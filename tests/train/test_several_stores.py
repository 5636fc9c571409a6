"""A run on several stores reports each validation store by its name."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.data.augment import Augmented
from hunmin.data.store import write_store
from hunmin.data.stream import FirstOf, MixedSource, StoreSource
from hunmin.errors import InputError
from hunmin.train.prepare import build_spec
from hunmin.train.run import run
from hunmin.train.sources import build_source, build_validation
from tests.data.lines import lines
from tests.train.runs import config, read_csv


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
        assert isinstance(validation.source, FirstOf)
        assert isinstance(validation.source.source, StoreSource)
    plain = config(tmp_path, f"data.sources=[{{path: {tmp_path / 'forms'}}}]", "data.augment=0")
    assert isinstance(build_source(plain, build_spec(plain.data)), StoreSource)


def test_two_validation_stores_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_store(lines(5), tmp_path / name / "val")
    both = config(tmp_path, f"data.validation=[{tmp_path / 'a' / 'val'}, {tmp_path / 'b' / 'val'}]")
    with pytest.raises(InputError, match="two sets 'val'"):
        build_validation(both, build_spec(both.data))
