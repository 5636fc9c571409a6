"""`hunmin average`: one model out of several ends of a training."""

from pathlib import Path
from typing import Annotated

import typer

from hunmin.errors import InputError, require_extra
from hunmin.files import check_target
from hunmin.text.printable import printable


def average(
    out: Annotated[Path, typer.Argument(help="The .safetensors model to write.")],
    models: Annotated[
        list[Path], typer.Argument(help="Two or more model.safetensors or .ckpt of runs; named twice, it counts twice.")
    ],
) -> None:
    """Take the mean of the weights of models that come out of one training; measure it with `hunmin evaluate`.

    Its ends with other data, batches or seeds, or several of its checkpoints, read better together than alone.
    """
    require_extra("train", ("torch", "safetensors"))
    if out.suffix != ".safetensors":
        raise InputError(f"{out}: a model ends in .safetensors")
    if out.exists():
        raise InputError(f"{out}: is there already; the model to write comes first, then those to average")
    check_target(out)
    from hunmin.model.checkpoint import average_models, save_model

    save_model(average_models(models), out)
    print(f"{printable(out)}: the mean of {len(models)} models")
