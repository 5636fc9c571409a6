"""What composing does with a file, with overrides and with mistakes; only plain values are taken from anywhere."""

from pathlib import Path

import pytest

from hunmin.compose import Config, compose_values, load_config
from hunmin.data.imports.config import ImportRun
from hunmin.errors import InputError
from hunmin.synth.config import PackRun, SynthRun
from hunmin.training.config import TrainConfig
from hunmin.training.prepare import dump_config


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
    with pytest.raises(InputError, match=r"nowhere\.yaml: no such file; give the config.yaml"):
        load_config(TrainConfig, [], saved=tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "override",
    [
        "model=tiny",
        "seed=5",
        "data.sources=[{path: a, weight: 2}]",
        "synth.kinds.sign=3",
        "synth.kinds={document: 0, sign: 7}",
        "synth.styles={sign: {brush: 9}}",
        "+model.encoder.mlp_ratio=3",
    ],
)
def test_an_override_means_the_same_on_top_of_the_package_and_of_a_saved_configuration(
    override: str, tmp_path: Path
) -> None:
    assert load_config(TrainConfig, [override], saved=saved(tmp_path)) == load_config(TrainConfig, [override])


def test_a_mapping_is_added_to_what_is_there() -> None:
    before = load_config(TrainConfig, []).synth.kinds
    after = load_config(TrainConfig, ["synth.kinds={document: 0, sign: 7}"]).synth.kinds
    assert after == {**before, "document": 0, "sign": 7}


def test_an_unknown_part_of_a_mapping_is_refused_unless_it_is_added() -> None:
    for override in ("synth.styles.sgn.brush=9", "synth.styles={sgn: {brush: 9}}"):
        with pytest.raises(InputError, match=r"there is no key 'synth\.styles\.sgn.*did you mean synth\.styles\.sign"):
            load_config(TrainConfig, [override])
    added = load_config(TrainConfig, ["+synth.styles.newspaper.gothic=9"]).synth.styles
    assert added["newspaper"] == {"gothic": 9}


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ("mine/train", [("mine/train", 1.0)]),
        ("[mine/train]", [("mine/train", 1.0)]),
        ("[mine/train, {path: synth, weight: 2}]", [("mine/train", 1.0), ("synth", 2.0)]),
        ("{path: mine/train, weight: 2}", [("mine/train", 2.0)]),
        ("[자료/영수증, b]", [("자료/영수증", 1.0), ("b", 1.0)]),
        ("자료", [("자료", 1.0)]),
    ],
)
def test_a_source_is_a_path_alone_or_a_path_with_a_weight(
    given: str, sources: list[tuple[str, float]], tmp_path: Path
) -> None:
    config = load_config(TrainConfig, [f"data.sources={given}"])
    assert [(one.path, one.weight) for one in config.data.sources] == sources
    assert load_config(TrainConfig, [], saved=saved(tmp_path, f"data.sources={given}")) == config


def test_one_path_alone_needs_no_brackets() -> None:
    config = load_config(TrainConfig, ["data.validation=mine/val", "data.fonts=내글꼴", "data.corpus=메뉴.txt:0.5"])
    assert (config.data.validation, config.data.fonts, config.data.corpus) == (
        ("mine/val",),
        ("내글꼴",),
        ("메뉴.txt:0.5",),
    )
    run = load_config(SynthRun, ["fonts=mine/fonts", "corpus=menu.txt"])
    assert (run.fonts, run.corpus) == (("mine/fonts",), ("menu.txt",))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.sources=a,b", "write a list in brackets, data.sources=[…,…]"),
        (
            "data.sources=[{path: a, wieght: 2}]",
            "unknown key data.sources.0.wieght, did you mean data.sources.0.weight?",
        ),
        ("data.sources={path: a, wieght: 2}", "unknown key data.sources.0.wieght, did you mean data.sources.0.weight?"),
        ("data.sources=[3]", "data.sources.0=3"),
        ("data.validation={path: a}", "data.validation.0={'path': 'a'}: input should be a valid string"),
        ("~data.sources", "has no '='"),
        ("~data.sources=synth", "is no key of a config"),
    ],
)
def test_a_list_that_is_none_is_refused(override: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_config(TrainConfig, [override])
    assert message in str(refusal.value)


RENAMED = "config: trainer.hardest_share is called trainer.hard_example_share now"


def test_a_key_under_its_old_name_still_loads_and_the_new_one_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(tmp_path, "trainer.hard_example_share=0.5")
    path.write_text(path.read_text("utf-8").replace("hard_example_share", "hardest_share"), encoding="utf-8")
    assert caplog.messages == []
    assert load_config(TrainConfig, [], saved=path).trainer.hard_example_share == 0.5
    assert load_config(TrainConfig, ["trainer.hardest_share=0.25"]).trainer.hard_example_share == 0.25
    assert caplog.messages == [RENAMED, RENAMED]


def test_a_file_with_both_names_of_a_key_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("trainer:\n", "trainer:\n  hardest_share: 0.5\n"), encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.yaml: has both trainer\.hardest_share and trainer\.hard_example_sh"):
        load_config(TrainConfig, [], saved=path)


@pytest.mark.parametrize("kind", [TrainConfig, SynthRun, PackRun, ImportRun])
def test_the_new_name_of_every_renamed_key_exists(kind: type[Config]) -> None:
    values = compose_values(kind, {})
    for old, new in kind.RENAMED.items():
        group, _, key = new.rpartition(".")
        assert group == old.rpartition(".")[0]
        inner = values[group] if group else values
        assert key in inner
