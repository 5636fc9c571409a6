"""`hunmin export`."""

import re
from pathlib import Path

import onnx

from hunmin.recognize.recognizer import Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel


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
