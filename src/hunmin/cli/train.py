"""`hunmin train`: a run from a configuration."""

from typing import Annotated

import typer

from hunmin.cli.output import printable
from hunmin.errors import require_extra

TRAINING = ("torch", "pytorch_lightning", "hydra", "pydantic", "lmdb", "safetensors")


def train(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as model=nano data=synth.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the whole configuration and stop.")] = False,
) -> None:
    """Train a recognizer; a run that was stopped goes on where it was.

    `hunmin train model=nano data=synth out=runs/mine trainer.max_steps=5000` leaves the model in runs/mine/model.safetensors.
    """
    require_extra("train", TRAINING)
    from rich.console import Console

    from hunmin.train.config import TrainConfig, load_config
    from hunmin.train.run import dump_config, run

    config = load_config(TrainConfig, overrides or [])
    if dry_run:
        print(dump_config(config))
        return
    path = run(config, Console())
    print(f"model: {printable(path)}")
