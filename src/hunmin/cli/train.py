"""`hunmin train`: a run from a configuration."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hunmin import api
from hunmin.cli.console import SIGNAL_EXIT_CODE, Quiet
from hunmin.errors import StoppedError
from hunmin.text.printable import printable


def train(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as model=nano data=synth.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="The config.yaml of an earlier run, to begin from.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, time ten steps, print the plan and stop.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a recognizer; a run that was stopped goes on where it was.

    `hunmin train model=nano data=synth out=runs/mine trainer.max_steps=5000` leaves the model in runs/mine/model.safetensors.
    Ctrl-C or SIGTERM saves and ends with exit code 130 or 143; a second one ends at once.
    """
    if dry_run:
        api.dry_run(*(overrides or []), config=config)
        return
    is_first = int(os.environ.get("RANK", "0")) == 0
    try:
        result = api.train(*(overrides or []), config=config, quiet=quiet)
    except StoppedError as stopped:
        if is_first:
            print(f"hunmin: {stopped}; its state is saved, the same command goes on", file=sys.stderr)
        raise typer.Exit(SIGNAL_EXIT_CODE + stopped.number) from stopped
    if is_first:
        print(f"model: {printable(result.model)}")
