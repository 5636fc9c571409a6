"""Long commands: how far they are, and how they end when they are told to."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from hunmin.cli.output import printable

if TYPE_CHECKING:
    from rich.progress import Progress

INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM: the work is kept and goes on with the same command."""


def progress_bar() -> "Progress":
    """What is done, how much of it, how fast, and how long it still takes."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "–/s")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """End with a message on Ctrl-C and on SIGTERM, after the block has cleared up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print(printable(message), file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
