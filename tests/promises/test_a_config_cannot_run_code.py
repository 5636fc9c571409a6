"""Promise S4: a config is data. From the command line or from a checkpoint, nothing in it names code that runs."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hunmin.compose import load_config
from hunmin.errors import InputError
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY, load_model
from hunmin.model.parseq import PARSeq
from hunmin.text.charset import Charset
from hunmin.training.config import TrainConfig
from hunmin.training.prepare import dump_config
from tests.model.shapes import model_config, small_spec

MARK = "canary-of-the-environment"


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that every attack tries to make, and beside it what attacks can point at."""
    path = tmp_path / "canary"
    folder = tmp_path / "elsewhere"
    (folder / "model").mkdir(parents=True)
    (folder / "trap_module.py").write_text(f"open({str(path)!r}, 'w')", encoding="utf-8")
    (folder / "__init__.py").touch()
    yaml = {
        "tag.yaml": f"name: !!python/object/apply:os.mkdir [{str(path)!r}]",
        "alias.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "\n".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abc", "bcd", strict=True)),
        "plain.yaml": "name: ${oc.env:HUNMIN_MARK}\ndropout: 0.5",
        "target.yaml": f"_target_: os.mkdir\npath: {path}",
    }
    for name, text in yaml.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / "model" / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("HUNMIN_MARK", MARK)
    yield path
    assert not path.exists()
    assert "trap_module" not in sys.modules


OVERRIDES = [
    "+_target_=os.mkdir",
    "+model={_target_: os.mkdir, path: CANARY}",
    "model.name={_target_: os.mkdir, path: CANARY}",
    "data.sources=[{path: x, _target_: os.mkdir}]",
    "+trainer._target_=os.mkdir",
    "+data._partial_=true",
    "+callbacks={_recursive_: true}",
    "out=${oc.env:HUNMIN_MARK}",
    "out='${oc.env:HUNMIN_MARK}'",
    "seed=${oc.decode:1}",
    "seed=${oc.create:{a: 1}}",
    "out=${data.charset}",
    "model.name=${model.name}",
    "out=!!python/object/apply:os.mkdir [CANARY]",
    "out='!!python/name:os.system'",
    "out=!python/name:os.system",
    "+a=&x [1]",
    "+a=*x",
    "hydra.run.dir=ELSEWHERE",
    "+hydra.run.dir=ELSEWHERE",
    "++hydra.job.env_set.HUNMIN_MARK=1",
    "hydra.searchpath=[pkg://trap_module]",
    "+hydra.searchpath=[pkg://trap_module]",
    "++hydra.searchpath=[file://ELSEWHERE]",
    "+hydra.callbacks={x: {_target_: os.mkdir}}",
    "hydra/launcher=trap",
    "+hydra/launcher=trap",
    "hydra@x=1",
    "model@hydra=nano",
    "model@_global_=nano",
    "model@pkg=nano",
    "+model@trainer.x=nano",
    "--config-dir=ELSEWHERE",
    "model=UP/ELSEWHERE/model/tag",
    "model=UP/ELSEWHERE/model/plain",
    "model=UP/ELSEWHERE/model/alias",
    "model=UP/ELSEWHERE/model/target",
    "model=ELSEWHERE/model/plain",
    "+x=UP/ELSEWHERE/tag",
    "+x=UP/ELSEWHERE/plain",
    "+x=../train",
    "+trap_module=x",
    "+=x",
    "++=x",
]


@pytest.mark.parametrize("override", OVERRIDES)
def test_an_override_that_is_more_than_a_value_is_refused(override: str, canary: Path) -> None:
    elsewhere = canary.parent / "elsewhere"
    up = "/".join([".."] * 20)
    text = override.replace("UP/ELSEWHERE", up + str(elsewhere)).replace("ELSEWHERE", str(elsewhere))
    started_s = time.perf_counter()
    with pytest.raises(InputError) as refusal:
        load_config(TrainConfig, [text.replace("CANARY", str(canary))])
    assert time.perf_counter() - started_s < 2
    assert MARK not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    assert os.environ["HUNMIN_MARK"] == MARK


FILES = [
    "_target_: os.mkdir\npath: CANARY",
    "model: {_target_: os.mkdir, path: CANARY}",
    "out: !!python/object/apply:os.mkdir [CANARY]",
    "out: !!python/name:os.system",
    "out: !!binary aGVsbG8=",
    "out: !secret x",
    "seed: !!int '3'",
    "%TAG ! tag:yaml.org,2002:python/\n---\nout: !object/apply:os.mkdir [CANARY]",
    "out: ${oc.env:HUNMIN_MARK}",
    "out: '${oc.env:HUNMIN_MARK}'",
    "seed: ${oc.decode:1}",
    "out: &a x\nseed: *a",
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]",
    "data: &d {charset: korean}\ntrainer: {<<: *d}",
    "hydra: {run: {dir: ELSEWHERE}}",
    "defaults: [{model: ../../../trap}]",
    "model: ELSEWHERE/model/target",
    "--- 1\n--- 2",
    "[" * 5000,
    "out: x\0y",
]


@pytest.mark.parametrize("content", FILES)
def test_a_file_that_holds_more_than_values_is_refused(content: str, canary: Path) -> None:
    path = canary.parent / "config.yaml"
    text = content.replace("CANARY", str(canary)).replace("ELSEWHERE", str(canary.parent / "elsewhere"))
    path.write_text(text, encoding="utf-8")
    started_s = time.perf_counter()
    with pytest.raises(InputError) as refusal:
        load_config(TrainConfig, [], saved=path)
    assert time.perf_counter() - started_s < 5
    assert MARK not in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("override", OVERRIDES)
def test_on_top_of_a_saved_configuration_no_override_is_more_than_a_value_either(override: str, canary: Path) -> None:
    path = canary.parent / "config.yaml"
    path.write_text(dump_config(load_config(TrainConfig, [])), encoding="utf-8")
    elsewhere = canary.parent / "elsewhere"
    up = "/".join([".."] * 20)
    text = override.replace("UP/ELSEWHERE", up + str(elsewhere)).replace("ELSEWHERE", str(elsewhere))
    with pytest.raises(InputError) as refusal:
        load_config(TrainConfig, [text.replace("CANARY", str(canary))], saved=path)
    assert MARK not in str(refusal.value)


def test_an_escaped_interpolation_stays_the_text_that_it_is(canary: Path) -> None:
    try:
        assert MARK not in load_config(TrainConfig, ["out=\\$\\{oc.env:HUNMIN_MARK\\}"]).out
    except InputError as refusal:
        assert MARK not in str(refusal)


@pytest.fixture(scope="module")
def model() -> PARSeq:
    return PARSeq(model_config(), small_spec(Charset("few", "가나다")))


ATTACKS: list[tuple[str, list[str | int], object]] = [
    (MODEL_KEY, ["_target_"], "os.mkdir"),
    (MODEL_KEY, ["encoder", "_target_"], "trap_module.Encoder"),
    (MODEL_KEY, ["encoder", "kind"], "trap_module.Encoder"),
    (MODEL_KEY, ["encoder", "kind"], {"_target_": "os.mkdir"}),
    (MODEL_KEY, ["encoder", "stem", 0], {"_target_": "os.mkdir", "path": "CANARY"}),
    (MODEL_KEY, ["head", "kind"], "${oc.env:HUNMIN_MARK}"),
    (MODEL_KEY, ["head"], "!!python/object/apply:os.mkdir [CANARY]"),
    (MODEL_KEY, ["decoder"], {"_target_": "os.mkdir", "path": "CANARY"}),
    (MODEL_KEY, ["__class__"], "trap_module"),
    (MODEL_KEY, ["__reduce__"], ["os.mkdir", "CANARY"]),
    (MODEL_KEY, ["dropout"], "__import__('trap_module')"),
    (MODEL_KEY, ["encoder", "depth"], 10**15),
    (SPEC_KEY, ["_target_"], "os.mkdir"),
    (SPEC_KEY, ["charset_name"], {"_target_": "os.mkdir", "path": "CANARY"}),
    (SPEC_KEY, ["characters"], ["__import__('trap_module')"]),
    (SPEC_KEY, ["normalization"], "${oc.env:HUNMIN_MARK}"),
    (SPEC_KEY, ["height_px"], "!!python/name:os.system"),
    (SPEC_KEY, ["version"], "${oc.env:HUNMIN_MARK}"),
    (SPEC_KEY, ["__class__"], "trap_module"),
    (SPEC_KEY, ["max_label_length"], 10**15),
]


@pytest.mark.parametrize(("part", "path", "value"), ATTACKS)
def test_a_checkpoint_whose_config_is_more_than_values_is_refused(
    part: str, path: list[str | int], value: object, model: PARSeq, canary: Path
) -> None:
    texts = {SPEC_KEY: model.spec.to_json(), MODEL_KEY: model.config.to_json()}
    values = json.loads(texts[part])
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    texts[part] = json.dumps(values).replace("CANARY", str(canary))
    file = canary.parent / "last.ckpt"
    torch.save({"state_dict": {f"model.{k}": v for k, v in model.state_dict().items()}} | texts, file)
    with pytest.raises(InputError) as refusal:
        load_model(file)
    assert str(file) in str(refusal.value)
    assert MARK not in str(refusal.value)


@pytest.mark.parametrize("part", [SPEC_KEY, MODEL_KEY])
@pytest.mark.parametrize("text", ["_target_: os.mkdir", "!!python/object/apply:os.mkdir [x]", "&a [*a]", "[" * 50_000])
def test_a_checkpoint_whose_config_is_yaml_or_endless_is_refused(
    part: str, text: str, model: PARSeq, canary: Path
) -> None:
    texts = {SPEC_KEY: model.spec.to_json(), MODEL_KEY: model.config.to_json(), part: text}
    torch.save({"state_dict": {}} | texts, canary.parent / "last.ckpt")
    with pytest.raises(InputError, match=r"last\.ckpt"):
        load_model(canary.parent / "last.ckpt")
