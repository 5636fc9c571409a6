"""Lines on the terminal."""

from rich.console import Console


def print_line(console: Console, line: str) -> None:
    """Print `line` as it is: nothing in it is markup, and it is not wrapped, so that other programs can read it."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)
