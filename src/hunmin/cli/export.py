"""`hunmin export`: a checkpoint as ONNX, with the proof that both read the same."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hunmin.cli.console import printable
from hunmin.errors import InputError, require_extra
from hunmin.files import check_target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LINES_FOR_RANGES = 100
"""Generated lines on which the ranges of features are measured before they are cut into 8 bits."""


def export(
    checkpoint: Annotated[Path, typer.Argument(help="model.safetensors or a .ckpt of a run.")],
    out: Annotated[Path, typer.Argument(help="The ONNX file to write.")],
    int8: Annotated[
        bool, typer.Option("--int8", help="Multiply in 8 bits: smaller and faster, a little less accurate.")
    ] = False,
    decoding: Annotated[
        Literal["autoregressive", "one-pass"],
        typer.Option(help="One character after the other, or all at once and then refined, in a graph without a loop."),
    ] = "autoregressive",
    check: Annotated[int, typer.Option(min=0, help="Generated lines to read with both.")] = 200,
) -> None:
    """Write a model as ONNX for reading without torch; exit code 1 if a 32-bit file reads a line differently."""
    require_extra("train", ("torch", "onnx", "onnxscript", "safetensors"))
    if out.suffix != ".onnx":
        raise InputError(f"{out}: an exported model ends in .onnx")
    check_target(out)
    from hunmin.export import compare, export_onnx
    from hunmin.model.checkpoint import load_model
    from hunmin.model.engine import torch_engine
    from hunmin.recognize.recognizer import Recognizer
    from hunmin.synth.generate import Recipe, load_config

    model = load_model(checkpoint)
    generator = Recipe(load_config(), frozenset(model.spec.characters)).build()

    def lines(seed: int, num: int) -> "list[NDArray[np.uint8]]":
        return [generator.sample(seed, 0, index, max_length=model.spec.max_label_length).image for index in range(num)]

    export_onnx(model, out, int8_for=lines(1, LINES_FOR_RANGES) if int8 else None, decoding=decoding)
    print(f"{printable(out)}: {out.stat().st_size / 1e6:.1f} MB")
    if check:
        crops = lines(0, check)
        parity = compare(Recognizer.from_engine(torch_engine(model, decoding), model.spec), Recognizer(out), crops)
        print(
            f"torch and ONNX read {parity.num_same} of {parity.num_crops} generated lines the same "
            f"(confidence within {parity.max_confidence_difference:.1e})"
        )
        if not int8 and parity.num_same < parity.num_crops:
            raise typer.Exit(1)
