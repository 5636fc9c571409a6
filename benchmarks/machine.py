"""What every table of figures says about the machine and the run that it comes from."""

import platform
import shlex
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from hunmin.files import write_text


def heading(title: str, packages: tuple[str, ...] = ("opencv-python-headless", "Pillow", "numpy")) -> str:
    """Markdown: a title with the day, the processor, the versions and the command.

    Args:
        title: of the table.
        packages: whose versions matter to its figures.
    """
    processor = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [line.partition(":")[2].strip() for line in described.read_text().splitlines() if "model name" in line]
        processor = f"{names[0]}, {len(names)} cores" if names else processor
    versions = ", ".join(f"{name} {version(name)}" for name in ("hunmin", *packages))
    command = " ".join(["python", "benchmarks/" + Path(sys.argv[0]).name, *map(shlex.quote, sys.argv[1:])])
    return f"# {title}, {date.today()}\n\n{processor}. Python {platform.python_version()}, {versions}.\n\n```sh\n{command}\n```\n"


def write_result(path: Path | None, markdown: str) -> None:
    """Print the table, and keep it in `path` where one is given: whole or not at all."""
    print(markdown, end="")
    if path:
        write_text(path, markdown)
