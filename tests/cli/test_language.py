"""`hunmin language`, and `--language` of the commands that read."""

from pathlib import Path

import pytest

from hunmin.language.file import load_language
from hunmin.language.model import codes, histories_of
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    path = tmp_path / "drugs.txt"
    path.write_text("트라마돌염산염\n아세트아미노펜정\n", encoding="utf-8")
    return path


def test_texts_become_a_language_that_knows_them(hunmin: Hunmin, drugs: Path, tmp_path: Path) -> None:
    done = hunmin("language", drugs, drugs, tmp_path / "drugs.npz")
    assert (done.code, done.err) == (0, "")
    assert "n-grams" in done.out
    language = load_language(tmp_path / "drugs.npz")
    assert language(histories_of(codes("트라마돌"))[-1:], codes("돌"))[0, 0] > 0.5


def test_a_crop_is_read_with_a_language_of_ones_own_and_without_any(
    hunmin: Hunmin, model: TinyModel, crops: Path, drugs: Path, tmp_path: Path
) -> None:
    assert hunmin("language", drugs, tmp_path / "drugs.npz").code == 0
    for chosen in ("off", "default", tmp_path / "drugs.npz"):
        done = hunmin("recognize", crops / "a.png", "--model", model.onnx, "--language", chosen)
        assert (done.code, done.err) == (0, ""), chosen
        assert len(done.out.splitlines()) == 1


def test_mistakes_are_named_before_anything_is_read(
    hunmin: Hunmin, model: TinyModel, crops: Path, drugs: Path, tmp_path: Path
) -> None:
    done = hunmin("recognize", crops / "a.png", "--model", model.onnx, "--language", drugs)
    assert done.code == 2
    assert "drugs.txt: not a language model of hunmin" in done.err
    done = hunmin("recognize", crops / "a.png", "--model", model.onnx, "--language", "off", "--language", "default")
    assert done.code == 2
    assert "off stands beside a language" in done.err
    done = hunmin("language", drugs, tmp_path / "nowhere.txt", tmp_path / "out.npz")
    assert done.code == 2
    assert "nowhere.txt: cannot be read (No such file or directory)" in done.err
    done = hunmin("language", drugs, drugs)
    assert done.code == 2
    assert "a language model ends in .npz" in done.err
