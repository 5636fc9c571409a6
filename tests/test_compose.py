"""A saved configuration, with overrides on top; only plain values are taken from it."""

from pathlib import Path

import pytest

from hunmin.compose import load_config
from hunmin.errors import InputError
from hunmin.train.config import TrainConfig
from hunmin.train.prepare import dump_config


def saved(folder: Path, *overrides: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(dump_config(load_config(TrainConfig, list(overrides))), encoding="utf-8")
    return path


def test_a_saved_configuration_is_the_same_one_again(tmp_path: Path) -> None:
    overrides = [
        "model=tiny",
        "data.sources=[{path: '자료', weight: 2}]",
        "trainer.learning_rate=1e-5",
        "out='새 실험'",
    ]
    assert load_config(TrainConfig, [], saved=saved(tmp_path, *overrides)) == load_config(TrainConfig, overrides)


def test_overrides_stand_on_top_values_and_whole_groups(tmp_path: Path) -> None:
    path = saved(tmp_path, "model=tiny", "seed=4", "trainer.max_steps=9")
    one = load_config(TrainConfig, ["seed=5", "model=small", "data.sources=[{path: '자료'}]", "out=실험"], saved=path)
    assert (one.seed, one.model.name, one.trainer.max_steps, one.out) == (5, "small", 9, "실험")
    assert [source.path for source in one.data.sources] == ["자료"]


def test_a_group_is_chosen_before_values_wherever_it_stands(tmp_path: Path) -> None:
    overrides = ["model.encoder.depth=3", "model=tiny"]
    assert load_config(TrainConfig, overrides, saved=saved(tmp_path)) == load_config(TrainConfig, overrides)


@pytest.mark.parametrize("override", ["data.sources.0.weight=5", "trainer.max_steps.foo=3", "out.x=1"])
def test_an_override_of_a_part_of_one_value_is_refused(override: str, tmp_path: Path) -> None:
    key = override.partition("=")[0]
    value = "data.sources" if key.startswith("data") else key.rpartition(".")[0]
    with pytest.raises(InputError, match=rf"^override '{override}': {value} is one value and has no parts; {value}=…"):
        load_config(TrainConfig, [override], saved=saved(tmp_path, "data=store", "data.sources=[{path: a}]"))


def test_a_key_that_came_later_has_its_default_and_one_that_is_gone_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("  compile: false\n", ""), encoding="utf-8")
    assert load_config(TrainConfig, [], saved=path) == load_config(TrainConfig, [])
    path.write_text(text.replace("  compile: false\n", "  compyle: false\n"), encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown key trainer\.compyle, did you mean trainer\.compile\?"):
        load_config(TrainConfig, [], saved=path)


@pytest.mark.parametrize("override", ["seeds=1", "trainer.nothing=1", "model.encoder.nothing=1"])
def test_an_override_of_an_unknown_key_is_refused(override: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=override.split("=", maxsplit=1)[0]):
        load_config(TrainConfig, [override], saved=saved(tmp_path))


@pytest.mark.parametrize("content", ["", "[1, 2]", "a: [", "\x00", "- a\n- b", "42"])
def test_a_file_that_is_no_configuration_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.yaml: ") as error:
        load_config(TrainConfig, [], saved=path)
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: cannot be read"):
        load_config(TrainConfig, [], saved=tmp_path / "nowhere.yaml")
