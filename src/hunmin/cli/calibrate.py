"""`hunmin calibrate`: a confidence that says how likely a line is right."""

from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.models import model_file
from hunmin.errors import InputError, require_extra
from hunmin.files import check_target
from hunmin.text.printable import printable


def calibrate(
    model: Annotated[
        Path, typer.Argument(help="An .onnx or .safetensors model, or a run's folder; the file is changed.")
    ],
    data: Annotated[Path, typer.Argument(help="Lines it was not trained on: a store, or a folder with labels.tsv.")],
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Fit a model's confidence to how often it is right, and keep that in the model's file; what it reads stays the same.

    Half of the lines are for the fit, the other half for the figures that are printed. An export takes the calibration along.
    """
    require_extra("train", ("torch", "onnx", "safetensors"))
    from hunmin.evaluation.calibration import calibrate as fit
    from hunmin.evaluation.calibration import write_calibrated
    from hunmin.evaluation.labelled import labelled_crops
    from hunmin.evaluation.predict import load_recognizer

    model = model_file(model)
    if model.suffix not in (".onnx", ".safetensors"):
        raise InputError(
            f"{model}: only .onnx and .safetensors models keep a calibration; a run leaves model.safetensors"
        )
    recognizer = load_recognizer(model, threads)
    check_target(model)
    found = fit(recognizer, labelled_crops(data))
    write_calibrated(model, recognizer.spec, found.exponent)
    print(
        f"fitted on {found.num_fitted:,} lines; on {found.num_measured:,} others the confidence was off by "
        f"{found.before.ece:.3f} on average (ECE) and is off by {found.after.ece:.3f} now"
    )
    print(f"{printable(model)}: confidence exponent {found.exponent:g}")
