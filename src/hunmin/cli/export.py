"""`hunmin export`: a checkpoint as ONNX, with the proof that both read the same."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hunmin import api
from hunmin.cli.models import model_file
from hunmin.files import check_target
from hunmin.text.printable import printable


def export(
    checkpoint: Annotated[Path, typer.Argument(help="The folder of a run, its model.safetensors, or a .ckpt of it.")],
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
    """Write a model as ONNX for reading without torch; exit code 1 if a 32-bit file reads a readable line differently."""
    check_target(out)
    result = api.export(model_file(checkpoint), out, int8=int8, decoding=decoding, num_checked=check)
    print(f"{printable(out)}: {result.num_bytes / 1e6:.1f} MB")
    if result.parity:
        parity = result.parity
        print(
            f"torch and ONNX read {parity.num_same} of {parity.num_crops} generated lines the same "
            f"(confidence within {parity.max_confidence_difference:.1e})"
            + (f"; {parity.num_unreadable} neither can read" if parity.num_unreadable else "")
        )
        if not int8 and parity.num_different:
            raise typer.Exit(1)
