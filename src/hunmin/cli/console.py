"""The terminal: what is printed there, how far a command is, and how it ends when it is told to.

Nothing in a text or a file name may act on a terminal or break a table: whatever is printed goes through `printable`,
`tsv_row`, `json_text` or `plain`.
"""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeAlias, TypeVar

import typer

from hunmin.errors import InputError
from hunmin.text.printable import json_text, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.text import Text

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SIGNAL_EXIT_CODE = 128
"""Plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM, as shells have it."""
INTERRUPTED = SIGNAL_EXIT_CODE + signal.SIGINT
"""Exit code of `interruptible`, after either signal."""
SLOW_PER_S = 10
"""Slower rates are shown with a decimal."""

Item = TypeVar("Item")

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
"""An option of commands that print a table."""
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, and tell only mistakes.")]
"""An option of every command that shows how far it is."""


def plain(text: str) -> "Text":
    """`text` for a table of rich, which would take `[/x]` in a plain string for markup."""
    from rich.text import Text

    return Text(printable(text))


def tsv_row(values: Iterable[object]) -> str:
    """One tab-separated line."""
    return "\t".join(printable(value) for value in values)


def error_line(error: InputError) -> str:
    """One line for the terminal."""
    return f"hunmin: {printable(error)}"


def print_rows(rows: Mapping[str, str], title: str | None = None) -> None:
    """A table of names and values."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title and plain(title), show_header=False)
    for name, value in rows.items():
        table.add_row(plain(name), plain(value))
    Console().print(table)


def print_values(rows: Mapping[str, str], *, as_json: bool, title: str | None = None) -> None:
    """Names and values, as a table or as one JSON object."""
    if as_json:
        print(json_text(dict(rows), indent=1))
    else:
        print_rows(rows, title)


class Steps:
    """How far a command is: a bar for each of its steps, which appears when the step is first named."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    @property
    def are_shown(self) -> bool:
        """Whether anybody sees them: not where the output of errors is no terminal."""
        return not self._bars.disable

    def update(self, step: str, done: int, total: int | None = None, *, now: str = "") -> None:
        """Tell how far a step is.

        Args:
            step: its name, such as `reading`.
            done: how many things are done.
            total: how many there are; None = as it was told before, or not known.
            now: what is at work, in place of the step's name.
        """
        name = printable(now or step)
        if step not in self._tasks:
            # What was done before says nothing of how fast it goes now.
            self._tasks[step] = self._bars.add_task(name, total=total, completed=done)
        self._bars.update(self._tasks[step], total=total, completed=done, description=name)

    def expect(self, step: str, total: int) -> None:
        """Tell how many things a step has; it must have been named."""
        self._bars.update(self._tasks[step], total=total)

    def each(self, step: str, items: Iterable[Item], total: int) -> Iterator[Item]:
        """Pass on all items, and tell how many have been."""
        self.update(step, 0, total)
        yield from self._bars.track(items, total=total, task_id=self._tasks[step])


@contextmanager
def progress(console: "Console | None" = None, *, quiet: bool = False) -> Iterator[Steps]:
    """What is done, how much of it, how fast, and how long it still takes; gone from the terminal at the end.

    Args:
        console: where to show it; None = the output of errors, which is the terminal also where results go into a file.
        quiet: show nothing.
    """
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
            return Text(f"{speed:,.{0 if speed >= SLOW_PER_S else 1}f}/s" if speed else "–/s")

    name = TextColumn("{task.description:<20}", markup=False)
    console = console or Console(stderr=True)
    with Progress(
        name,
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # Pages may take minutes each.
        speed_estimate_period=300,
        # Or what is printed meanwhile would go where the bars are, past the file that the output is redirected into.
        redirect_stdout=False,
        disable=quiet or not console.is_terminal,
    ) as bars:
        yield Steps(bars)


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


@contextmanager
def signals_to(notice: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Give SIGINT and SIGTERM to a function while the block runs."""
    before = {number: signal.signal(number, notice) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class WholeOutput:
    """Writes rows and files that a signal cannot cut off: the end comes at once, but never in the middle of one."""

    def __init__(self, kept: str = "what was read until then is written") -> None:
        """`kept` is told when a signal has ended it."""
        self._kept = kept
        self._number: int | None = None
        self._is_writing = False

    def watched(self) -> AbstractContextManager[None]:
        """Notice the signals while images are read."""
        return signals_to(self._notice)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let what is begun here be finished first."""
        self._is_writing = True
        try:
            yield
        finally:
            self._is_writing = False
        if self._number is not None:
            self._end(self._number)

    def write(self, *rows: str) -> None:
        """Print rows, and hand them over: what is printed has been read, whatever happens next."""
        with self.writing():
            sys.stdout.write("".join(f"{row}\n" for row in rows))
            sys.stdout.flush()

    def _notice(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        if not self._is_writing:
            self._end(number)

    def _end(self, number: int) -> NoReturn:
        print(f"hunmin: stopped by {signal.Signals(number).name}; {self._kept}", file=sys.stderr)
        sys.exit(SIGNAL_EXIT_CODE + number)
