"""`hunmin tune`: the bundled model, fine-tuned on labelled lines."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin import api
from hunmin.cli.console import SIGNAL_EXIT_CODE, Quiet, print_rows
from hunmin.errors import StoppedError
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.evaluation.report import Report


def tune(
    labelled: Annotated[Path, typer.Argument(help="Folder with labels.tsv, such as `hunmin label` leaves.")],
    out: Annotated[Path, typer.Argument(help="Folder for stores, run and model.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value of the training, such as trainer.max_steps=2000.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Fine-tune the bundled model on labelled lines, mixed with generated ones, and measure it before and after.

    A fifth of the documents is held out and measures both models. OUT/model.onnx is what `hunmin read --model` takes.
    Stopped by whatever, it goes on where it was when given the same command.
    """
    try:
        tuned = api.tune(labelled, out, *(overrides or []), quiet=quiet)
    except StoppedError as stopped:
        print(f"hunmin: {stopped}; its state is saved, the same command goes on", file=sys.stderr)
        raise typer.Exit(SIGNAL_EXIT_CODE + stopped.number) from stopped
    if tuned.before and tuned.after:
        num = len(tuned.before.lines)
        print_rows(
            {"bundled": _rates(tuned.before), "tuned": _rates(tuned.after)}, title=f"{num:,} lines of other documents"
        )
    else:
        print("no document was held out, so nothing is measured; label lines of more documents")
    print(f"learned from {tuned.num_lines:,} lines; model: {printable(tuned.model)}")


def _rates(report: "Report") -> str:
    rates, intervals = report.scores.rates(), report.intervals["exact_ns"]
    return (
        f"{rates['exact_ns']:.1%} without a mistake ({intervals.low:.1%} to {intervals.high:.1%}), "
        f"{rates['cer_ns']:.1%} of the characters wrong, spaces aside"
    )
