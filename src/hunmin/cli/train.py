"""`hunmin train`: a run from a configuration."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.output import printable
from hunmin.cli.own_fonts import measure_fonts
from hunmin.cli.stopping import SIGNAL_EXIT_CODE
from hunmin.errors import require_extra

TRAINING = ("torch", "pytorch_lightning", "hydra", "pydantic", "lmdb", "safetensors")


def train(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as model=nano data=synth.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="The config.yaml of an earlier run, to begin from.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, time ten steps, print the plan and stop.")
    ] = False,
) -> None:
    """Train a recognizer; a run that was stopped goes on where it was.

    `hunmin train model=nano data=synth out=runs/mine trainer.max_steps=5000` leaves the model in runs/mine/model.safetensors.
    Ctrl-C or SIGTERM saves and ends with exit code 130 or 143; a second one ends at once.
    """
    require_extra("train", TRAINING)
    from rich.console import Console

    from hunmin.doctor.watch import Watch
    from hunmin.train.config import TrainConfig, load_config
    from hunmin.train.dry_run import show_plan
    from hunmin.train.prepare import read_ranks
    from hunmin.train.resume.saved_config import load_saved_config
    from hunmin.train.resume.stopping import StoppedError
    from hunmin.train.run import run

    chosen = load_saved_config(config, overrides or []) if config else load_config(TrainConfig, overrides or [])
    measure_fonts(chosen.data.fonts)
    is_first = read_ranks().rank == 0
    console = Console(quiet=not is_first)
    if dry_run:
        show_plan(chosen, console)
        return
    try:
        path = run(chosen, console, [Watch(console, chosen.trainer.log_every)])
    except StoppedError as stopped:
        if is_first:
            print(f"hunmin: {stopped}; its state is saved, the same command goes on", file=sys.stderr)
        raise typer.Exit(SIGNAL_EXIT_CODE + stopped.number) from stopped
    if is_first:
        print(f"model: {printable(path)}")
