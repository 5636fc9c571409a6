"""`hunmin export`."""

import re
import sys
from pathlib import Path

import onnx
import pytest

from hunmin.model.export import Parity
from hunmin.recognize.recognizer import Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel


@pytest.mark.slow
def test_an_export_in_8_bits_is_smaller_and_says_how_much_it_reads_the_same(
    hunmin: Hunmin, model: TinyModel, tmp_path: Path
) -> None:
    out = tmp_path / "int8.onnx"
    done = hunmin("export", model.checkpoint, out, "--int8", "--check", 8)
    assert done.code == 0
    assert re.fullmatch(
        rf"{re.escape(str(out))}: \d\.\d MB\n"
        r"torch and ONNX read \d of 8 generated lines the same \(confidence within \d\.\de[-+]\d\d\)\n",
        done.out,
    )
    assert out.stat().st_size < 0.95 * model.onnx.stat().st_size, (
        "though most of so small a model are tables, of 16 bits in both"
    )
    assert {one.key: one.value for one in onnx.load(out).metadata_props}["hunmin_weights"] == "int8"
    assert Recognizer(out).spec == Recognizer(model.onnx).spec
    assert list(tmp_path.iterdir()) == [out]


def test_an_export_in_32_bits_reads_every_line_as_the_checkpoint_does(
    hunmin: Hunmin, model: TinyModel, tmp_path: Path
) -> None:
    done = hunmin("export", model.checkpoint, tmp_path / "m.onnx", "--decoding", "one-pass", "--check", 4)
    assert done.code == 0
    assert "torch and ONNX read 4 of 4 generated lines the same" in done.out
    assert {one.key: one.value for one in onnx.load(tmp_path / "m.onnx").metadata_props}[
        "hunmin_decoding"
    ] == "one-pass"


def test_lines_that_neither_form_can_read_are_told_and_are_no_difference(
    hunmin: Hunmin, model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that has learned next to nothing draws lots, and rounding decides."""
    monkeypatch.setattr(sys.modules["hunmin.model.export"], "compare", lambda *_: Parity(4, 3, 0.1, num_unreadable=1))
    done = hunmin("export", model.checkpoint, tmp_path / "m.onnx", "--check", 4)
    assert done.code == 0
    assert "read 3 of 4 generated lines the same (confidence within 1.0e-01); 1 neither can read" in done.out


@pytest.mark.parametrize(("more", "code"), [([], 1), pytest.param(["--int8"], 0, marks=pytest.mark.slow)])
def test_one_line_that_32_bits_read_differently_makes_the_exit_code_1(
    more: list[str], code: int, hunmin: Hunmin, model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing that could be handed to the command makes torch and ONNX read differently.
    monkeypatch.setattr(
        sys.modules["hunmin.model.export"],
        "compare",
        lambda *_: Parity(num_crops=4, num_same=3, max_confidence_difference=0.1),
    )
    done = hunmin("export", model.checkpoint, tmp_path / "m.onnx", "--check", 4, *more)
    assert done.code == code
    assert "read 3 of 4 generated lines the same" in done.out
