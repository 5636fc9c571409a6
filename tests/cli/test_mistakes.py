"""Mistakes: one line that names the file or key and the way out, exit code 2, nothing written."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from hunmin.data.store.lmdb_store import write_store
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY
from hunmin.pages.detector import _model_path
from hunmin.spec import RecognizerSpec
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel
from tests.data.lines import line, lines
from tests.training.runs import overrides


@dataclass(frozen=True)
class Place:
    """A folder with good files and bad ones."""

    path: Path
    model: TinyModel

    def __truediv__(self, name: str) -> Path:
        return self.path / name


@pytest.fixture
def place(tmp_path: Path, model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.ckpt").write_text("no checkpoint")
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "nonsense.onnx").write_bytes(b"nonsense")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 90, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    labels = {
        "no_tab": "a.png\t가\na.png 나\n",
        "no_lines": "",
        "no_kind": "path\ttext\tkind\na.png\t가\n",
        "no_image": "b.png\t가\n",
    }
    for name, text in labels.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "labels.tsv").write_text(text, encoding="utf-8")
        (tmp_path / name / "a.png").write_bytes((tmp_path / "a.png").read_bytes())
    overrides(tmp_path)
    write_store([line(0, text="갉")] * 3, tmp_path / "strange")
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, model)


def onnx_with_spec(place: Place, spec: str) -> Path:
    """The tiny model with another spec in its metadata."""
    graph = onnx.load(place.model.onnx)
    (entry,) = (one for one in graph.metadata_props if one.key == SPEC_KEY)
    entry.value = spec
    path = place / "changed.onnx"
    onnx.save(graph, path)
    return path


def spec_of(place: Place) -> RecognizerSpec:
    with safe_open(place.model.checkpoint, framework="np") as file:
        return RecognizerSpec.from_json(file.metadata()[SPEC_KEY], where="")


def onnx_with_100_characters(place: Place) -> Path:
    spec = spec_of(place)
    return onnx_with_spec(place, replace(spec, charset_name="short", characters=spec.characters[:100]).to_json())


def onnx_of_another_version(place: Place) -> Path:
    values = json.loads(spec_of(place).to_json())
    return onnx_with_spec(place, json.dumps(values | {"version": 99}))


def checkpoint_with_longer_lines(place: Place) -> Path:
    with safe_open(place.model.checkpoint, framework="np") as file:
        metadata = {SPEC_KEY: file.metadata()[SPEC_KEY], MODEL_KEY: file.metadata()[MODEL_KEY]}
    metadata[SPEC_KEY] = replace(spec_of(place), max_label_length=99).to_json()
    path = place / "changed.safetensors"
    save_file(load_file(place.model.checkpoint), path, metadata)
    return path


def recognize(place: Place, *paths: Path, model: Path | None = None) -> list[object]:
    return ["recognize", *paths, "--model", model or place.model.onnx]


def train(place: Place, *more: str) -> list[object]:
    return ["train", *overrides(place.path, *more)]


SYNTH = "data.sources=[{path: synth}]"

Arguments = Callable[[Place], list[object]]

MISTAKES: dict[str, tuple[Arguments, str]] = {
    # images
    "empty folder": (lambda p: recognize(p, p / "empty"), "empty: has no images"),
    "empty folder of pages": (lambda p: ["read", p / "empty", "--model", p.model.onnx], "empty: has no images"),
    "no such file": (lambda p: recognize(p, p / "nowhere.png"), "nowhere.png: no such file or folder"),
    "text file called .png": (lambda p: recognize(p, p / "text.png"), "text.png: not a PNG, JPEG"),
    "text file as a page": (
        lambda p: ["read", p / "text.png", "--model", p.model.onnx, "--overlay", p / "drawn"],
        "text.png: not a PNG, JPEG",
    ),
    "a name that is too long": (lambda p: recognize(p, p / ("가" * 90)), ": no such file or folder"),
    # models
    "a model's name that is too long": (
        lambda p: recognize(p, p / "a.png", model=p / ("가" * 90)),
        ": no such model file",
    ),
    "a folder as a model": (lambda p: recognize(p, p / "a.png", model=p / "empty"), "empty: is a folder, but not of a"),
    "train into no folder": (lambda p: train(p, "out="), "out='': string should have at least 1 character"),
    "no such model": (lambda p: recognize(p, p / "a.png", model=p / "m.onnx"), "m.onnx: no such model file"),
    "nonsense as a model": (
        lambda p: recognize(p, p / "a.png", model=p / "nonsense.onnx"),
        "nonsense.onnx: not an ONNX model",
    ),
    "ONNX of another program": (lambda p: recognize(p, p / "a.png", model=_model_path()), "no recognizer of hunmin"),
    "vocabulary mismatch": (
        lambda p: recognize(p, p / "a.png", model=onnx_with_100_characters(p)),
        "2726",
    ),
    "wrong spec": (lambda p: recognize(p, p / "a.png", model=onnx_of_another_version(p)), "version 99"),
    "weights of another spec": (
        lambda p: ["export", checkpoint_with_longer_lines(p), p / "out.onnx"],
        "changed.safetensors: its weights do not fit",
    ),
    "no checkpoint": (lambda p: ["export", p / "no.ckpt", p / "out.onnx"], "no.ckpt: no such file"),
    "text as a checkpoint": (
        lambda p: ["evaluate", p / "text.ckpt", p / "store"],
        "text.ckpt: is damaged or no checkpoint",
    ),
    "export under another name": (lambda p: ["export", p.model.checkpoint, p / "out.bin"], "ends in .onnx"),
    "export into a missing folder": (
        lambda p: ["export", p.model.checkpoint, p / "no" / "out.onnx"],
        "no is missing or not writable",
    ),
    # labels and stores
    "directory without a store": (lambda p: ["data", "verify", p / "empty"], "empty: holds no data.mdb"),
    "no such store": (lambda p: ["data", "audit", p / "none"], "none: there is no such folder; give the folder that"),
    "a file as a store": (lambda p: ["data", "stats", p / "a.png"], "a.png: is a file, and a store is a folder"),
    "no such labels": (lambda p: ["evaluate", p.model.onnx, p / "none"], "none: there is no such file or folder"),
    "statistics of no store": (lambda p: ["data", "stats", p / "empty"], "empty: holds no data.mdb"),
    "no labels": (
        lambda p: ["evaluate", p.model.onnx, p / "empty"],
        "empty: is no store (data.mdb), and has no labels",
    ),
    "line without tab": (lambda p: ["evaluate", p.model.onnx, p / "no_tab"], "labels.tsv, line 2: has 0 tabs"),
    "line without kind": (lambda p: ["evaluate", p.model.onnx, p / "no_kind"], "line 2: has 1 tabs; write path, tab"),
    "labels without lines": (lambda p: ["evaluate", p.model.onnx, p / "no_lines"], "labels.tsv: has no lines"),
    "label without image": (lambda p: ["evaluate", p.model.onnx, p / "no_image"], "b.png: no such image file"),
    "an image as labels": (lambda p: ["evaluate", p.model.onnx, p / "a.png"], "a.png: cannot be read"),
    "predictions into a missing folder": (
        lambda p: ["evaluate", p.model.onnx, p / "store", "--predictions", p / "no" / "p.tsv"],
        "no is missing or not writable",
    ),
    "predictions into a folder": (
        lambda p: ["evaluate", p.model.onnx, p / "store", "--predictions", p / "empty"],
        "empty: is a folder",
    ),
    "overlay into a file": (
        lambda p: ["read", p / "a.png", "--model", p.model.onnx, "--overlay", p / "file"],
        "file: cannot be written",
    ),
    # hunmin synth
    "existing target": (lambda p: ["synth", p / "store", "num=2"], "store: exists already"),
    "target below a file": (lambda p: ["synth", p / "file" / "store", "num=2"], "cannot be written (Not a directory)"),
    "a sample that is not there": (lambda p: ["data", "show", p / "strange", 4], "no sample 4; its samples are 1 to 3"),
    "a text that no label has": (lambda p: ["data", "show", p / "strange", "--find", "각"], "no label has '각' in it"),
    "two choices at once": (lambda p: ["data", "show", p / "strange", 1, "--worst"], "one of the three"),
    "a page into a missing folder": (
        lambda p: ["data", "stats", p / "strange", "--html", p / "no" / "page.html"],
        "is missing or not writable",
    ),
    "an export over a folder": (lambda p: ["data", "export", p / "strange", p / "empty"], "empty: exists already"),
    "neither target nor preview": (lambda p: ["synth", "num=2"], "takes a folder for the store, or --preview FILE"),
    "preview into a missing folder": (
        lambda p: ["synth", "--preview", p / "no" / "sheet.png"],
        "no is missing or not writable",
    ),
    "no lines": (lambda p: ["synth", p / "s", "num=0"], "num=0: input should be greater"),
    "negative seed": (lambda p: ["synth", p / "s", "seed=-1"], "seed=-1: input should be greater"),
    "missing font": (lambda p: ["synth", p / "s", f"fonts=[{p / 'nowhere'}]"], "nowhere: no such font folder"),
    "folder without fonts": (lambda p: ["synth", p / "s", f"fonts=[{p / 'empty'}]"], "empty: no font in this folder"),
    "missing corpus": (lambda p: ["synth", p / "s", "corpus=[mine.txt]"], "corpus 'mine.txt': no such file"),
    "missing charset": (lambda p: ["synth", p / "s", "charset=mine.txt"], "charset 'mine.txt' is neither one of"),
    "typo in synth": (lambda p: ["synth", p / "s", "nmu=2"], "did you mean num?"),
    # hunmin train
    "unknown key": (lambda p: train(p, "trainer.max_step=3"), "did you mean trainer.max_steps?"),
    "unknown key in a list": (lambda p: train(p, "data.sources=[{pth: x}]"), "did you mean data.sources.0.path?"),
    "unknown group": (lambda p: train(p, "modle=nano"), "did you mean model?"),
    "unknown choice": (lambda p: train(p, "model=huge"), "choose one of nano, small, tiny"),
    "override without =": (lambda p: train(p, "trainer.max_steps"), "has no '='"),
    "value of another type": (lambda p: train(p, "trainer.max_steps=many"), "trainer.max_steps='many'"),
    "code as a value": (lambda p: train(p, "+model._target_=os.system"), "is not plain data"),
    "training on no store": (lambda p: train(p, f"data.sources=[{{path: {p / 'empty'}}}]"), "empty: holds no data.mdb"),
    "no data": (lambda p: train(p, "data.sources=[]"), "data.sources is empty"),
    "training with a missing corpus": (lambda p: train(p, SYNTH, "data.corpus=[no.txt]"), "'no.txt': no such"),
    "no steps": (lambda p: train(p, "trainer.max_steps=0"), "trainer.max_steps=0: input should be greater"),
    "wrong width": (lambda p: train(p, "data.max_width_px=100"), "100 is not a multiple of spec.width_step_px 32"),
    "run below a file": (lambda p: train(p, f"out={p / 'file' / 'run'}"), "cannot be written"),
    "no GPU": (lambda p: train(p, "trainer.precision=16-mixed"), "trainer.precision=16-mixed"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_line_and_exit_code_2_and_nothing_is_written(
    mistake: str, hunmin: Hunmin, place: Place
) -> None:
    arguments, says = MISTAKES[mistake]
    command = arguments(place)
    before = everything(place.path)
    done = hunmin(*command)
    assert done.code == 2
    assert done.err.startswith("hunmin: ")
    assert done.err.count("\n") == 1
    assert says in done.err
    assert everything(place.path) == before


def test_training_with_a_missing_font_writes_nothing(hunmin: Hunmin, place: Place) -> None:
    before = everything(place.path)
    done = hunmin(*train(place, SYNTH, f"data.fonts=[{place / 'nowhere'}]"))
    assert (done.code, "nowhere: no such font folder" in done.err) == (2, True)
    assert everything(place.path) == before


def everything(folder: Path) -> dict[Path, bytes | None]:
    """All files below a folder with their content; folders with None."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_both_sizes_of_a_vocabulary_mismatch_are_named(hunmin: Hunmin, place: Place) -> None:
    done = hunmin(*recognize(place, place / "a.png", model=onnx_with_100_characters(place)))
    assert "2726" in done.err.replace(",", "")
    assert "101" in done.err or "100" in done.err


def test_the_name_of_a_missing_file_acts_on_no_terminal(hunmin: Hunmin, place: Place) -> None:
    done = hunmin(*recognize(place, place / "\x1b[2J\nx.png"))
    assert "\\x1b[2J\\nx.png: no such file" in done.err
    assert done.err.count("\n") == 1


def test_a_store_for_another_charset_is_told_and_the_way_out_works(hunmin: Hunmin, place: Place) -> None:
    wrong = hunmin(*train(place, f"data.sources=[{{path: {place / 'strange'}}}]"))
    assert wrong.code == 2
    assert "1 of the 1 characters in its labels are not in charset" in wrong.err
    assert "'갉'" in wrong.err
    assert "data.on_unknown_character=drop" in wrong.err
    write_store([*lines(8), line(0, text="갉")], place / "mixed")
    right = hunmin(*train(place, f"data.sources=[{{path: {place / 'mixed'}}}]", "data.on_unknown_character=drop"))
    assert right.code == 0
