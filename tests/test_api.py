"""From Python what the command line does: results with names, and errors to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hunmin
from hunmin.recognize.recognizer import Recognizer
from tests.cli.tiny_model import tiny_model
from tests.diagnosis import healthy
from tests.training.runs import overrides


def test_a_run_gives_its_model_its_folder_and_its_last_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = overrides(tmp_path, "trainer.max_steps=2")
    result = hunmin.train(*words, quiet=True)
    assert capsys.readouterr().out == ""
    assert (result.folder, result.model) == (tmp_path / "run", tmp_path / "run" / "model.safetensors")
    assert result.metrics["train/loss"] > 0
    assert 0 <= result.metrics["store/exact_ns"] <= 1
    assert hunmin.train(*words, quiet=True) == result, "a finished run that is started again"
    again = hunmin.train(f"out={tmp_path / 'again'}", config=result.folder / "config.yaml", quiet=True)
    assert again.model.read_bytes() == result.model.read_bytes()


def test_a_wrong_key_is_an_input_error(tmp_path: Path) -> None:
    for act in (hunmin.train, lambda *words: hunmin.train(*words, config=tmp_path / "no.yaml")):
        with pytest.raises(hunmin.InputError):
            act("trainer.max_stepz=2")


def test_an_export_says_how_much_it_reads_the_same(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    model = tiny_model(tmp_path_factory.getbasetemp() / "tiny_model")
    result = hunmin.export(model.checkpoint, tmp_path / "exported.onnx", decoding="one-pass", num_checked=4)
    assert (result.path, result.num_bytes) == (tmp_path / "exported.onnx", result.path.stat().st_size)
    assert result.parity is not None
    assert (result.parity.num_crops, result.parity.num_same) == (4, 4)
    with pytest.raises(hunmin.InputError, match=r"ends in \.onnx"):
        hunmin.export(model.checkpoint, tmp_path / "exported.pt")


def test_a_model_is_measured_by_its_file_or_as_it_is(tmp_path: Path) -> None:
    lines = Path(__file__).parents[1] / "examples" / "lines"
    report = hunmin.evaluate("bundled", lines, threads=1)
    assert report.scores.rates() == hunmin.evaluate(Recognizer(), lines).scores.rates()
    assert report.scores.unspaced.exact_match > 0.5


def test_a_diagnosis_holds_what_failed_and_each_check_is_announced(tmp_path: Path) -> None:
    announced: list[str] = []
    diagnosis = hunmin.doctor("data.max_label_lenght=64", quick=True, on_check=announced.append)
    assert [finding.check for finding in diagnosis.findings] == announced
    assert [finding.check for finding in diagnosis.failed] == ["configuration"]
    assert "data.max_label_length" in diagnosis.failed[0].change
    healthy.write_stores(tmp_path)
    assert hunmin.doctor(*healthy.overrides(tmp_path), quick=True).failed == ()


def test_a_script_without_a_guard_is_told_what_it_lacks(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[1] / "examples" / "lines", tmp_path / "lines")
    script = tmp_path / "script.py"
    script.write_text('import hunmin\n\nhunmin.tune("lines", "out", "trainer.max_steps=1")\n', encoding="utf-8")
    done = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    *_, told = done.stderr.splitlines()
    assert told.startswith("hunmin.errors.InputError: out/data.partial: a process that cut crops was killed")
    guard = "in a script, put what calls hunmin under: if __name__ == '__main__'"
    assert f"this process was started to help another one, and is not to begin the work again; {guard}" in done.stderr
    assert "another process is writing there" not in done.stderr
