"""One composed, typed configuration; every mistake is named with the way out."""

import re
from dataclasses import FrozenInstanceError, asdict
from itertools import pairwise
from pathlib import Path

import pytest

import hunmin.configs
from hunmin.compose import load_config
from hunmin.errors import InputError
from hunmin.model.parseq import PARSeq
from hunmin.spec import RecognizerSpec
from hunmin.synth.config import SynthRun
from hunmin.text.charset import ksx1001
from hunmin.training.config import TrainConfig

CONFIG_MODULES = (
    "training/config.py",
    "synth/config.py",
    "synth/pages/config.py",
    "data/imports/config.py",
    "model/config.py",
)
MODELS = sorted(path.stem for path in (Path(hunmin.configs.__file__).parent / "model").glob("*.yaml"))


def refusal(*overrides: str, kind: type = TrainConfig) -> str:
    with pytest.raises(InputError) as error:
        load_config(kind, overrides)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_the_configuration_composes_without_any_override() -> None:
    config = load_config(TrainConfig, [])
    assert (config.model.name, config.data.charset, config.resume) == ("nano", "korean", "auto")
    assert load_config(SynthRun, []).num == 10_000


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_package_can_be_built(name: str) -> None:
    config = load_config(TrainConfig, [f"model={name}"])
    spec = RecognizerSpec.for_charset(ksx1001(), height_px=config.data.height_px, max_width_px=config.data.max_width_px)
    assert config.model.name == name
    assert PARSeq(config.model, spec).config == config.model


def test_models_are_as_large_as_their_names_promise() -> None:
    sizes = []
    for name in ("nano", "tiny", "small"):
        model = PARSeq(load_config(TrainConfig, [f"model={name}"]).model, RecognizerSpec.for_charset(ksx1001()))
        sizes.append(sum(parameter.numel() for parameter in model.parameters()) / 1e6)
    assert all(1.5 < larger / smaller < 6 for smaller, larger in pairwise(sizes))
    assert 2 < sizes[0] < 3.5
    assert 20 < sizes[2] < 28


def test_overrides_change_the_value_they_name_and_nothing_else() -> None:
    before = asdict(load_config(TrainConfig, []))
    after = asdict(load_config(TrainConfig, ["trainer.max_steps=17", "data.charset=ksx1001", "model=tiny"]))
    assert (after["trainer"].pop("max_steps"), after["data"].pop("charset")) == (17, "ksx1001")
    del before["trainer"]["max_steps"], before["data"]["charset"], before["model"], after["model"]
    assert after == before


def test_lists_and_korean_file_names_are_values_like_any_other() -> None:
    config = load_config(
        TrainConfig, ["data.sources=[{path: '자료/영수증', weight: 2}, {path: synth}]", "out='새 실험'"]
    )
    assert [(source.path, source.weight) for source in config.data.sources] == [("자료/영수증", 2.0), ("synth", 1.0)]
    assert config.out == "새 실험"


def test_a_configuration_cannot_change_once_it_is_made() -> None:
    config = load_config(TrainConfig, [])
    with pytest.raises(FrozenInstanceError):
        config.seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.max_stps=5", "did you mean trainer.max_steps?"),
        ("modle=tiny", "did you mean model?"),
        ("data.sources.path=x", "data.sources is one value and has no parts; data.sources=… gives it anew"),
        ("+trainer.max_stps=5", "unknown key trainer.max_stps, did you mean trainer.max_steps?"),
        ("+data.sources=[{pth: x}]", "unknown key data.sources.0.pth, did you mean data.sources.0.path?"),
        ("nonsense=1", "there is no key 'nonsense'"),
        ("model=nona", "choose one of nano, small, tiny"),
        ("logger=mlflow", "choose one of files, tensorboard, wandb"),
        ("trainer.max_steps", "has no '='"),
        ("trainer.max_steps=many", "trainer.max_steps='many'"),
        ("seed=1.5", "seed=1.5"),
        ("resume=perhaps", "resume='perhaps': input should be 'auto' or 'never'"),
        ("trainer.precision=8", "trainer.precision='8'"),
        ("model.name=null", "model.name=None"),
        ("out=???", "out"),
        ("seed=1,2", "seed=1,2"),
        ("out=[", "out=["),
        ("model.encoder.width=0", "model.encoder.width=0"),
        ("model.encoder.num_heads=7", "model.encoder.num_heads=7 does not divide model.encoder.width=160"),
        ("model.dropout=1.5", "model.dropout=1.5"),
    ],
)
def test_a_mistake_is_named_in_one_line_with_what_was_probably_meant(override: str, message: str) -> None:
    assert message in refusal(override)


def test_all_wrong_values_stand_in_one_message() -> None:
    message = refusal("seed=x", "trainer.max_steps=y", "+data.nothing=1", "model.dropout=z")
    for key in ("seed='x'", "trainer.max_steps='y'", "data.nothing", "model.dropout='z'"):
        assert key in message


def test_a_store_of_generated_lines_has_its_own_configuration() -> None:
    assert load_config(SynthRun, ["num=12", "synth.strength=0.5"]).synth.strength == 0.5
    assert "did you mean num?" in refusal("nm=3", kind=SynthRun)


def test_every_field_says_what_it_means() -> None:
    package = Path(hunmin.configs.__file__).parents[1]
    source = "\n".join((package / home).read_text(encoding="utf-8") for home in CONFIG_MODULES)
    fields = re.findall(r"^    (\w+): (?!ClassVar).+\n(    \"\"\".+)?", source, re.MULTILINE)
    assert len(fields) > 80
    groups = {
        "model",
        "data",
        "synth",
        "trainer",
        "logger",
        "cut",
        "split",
        "encoder",
        "decoder",
        "head",
    }  # they say it themselves
    assert [name for name, meaning in fields if not meaning and name not in groups] == []
