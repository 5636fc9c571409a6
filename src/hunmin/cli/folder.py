"""`hunmin read FOLDER -o OUT`: a folder of any size, into shards."""

import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import typer

from hunmin.bulk.walk import is_archive, shown_kinds
from hunmin.cli.console import SIGNAL_EXIT_CODE, Steps, progress, signals_to
from hunmin.cli.models import load_model, model_file
from hunmin.errors import InputError, require_extra
from hunmin.processes import num_cores
from hunmin.text.printable import printable
from hunmin.version import __version__

if TYPE_CHECKING:
    from hunmin.bulk.ledger import Counts
    from hunmin.bulk.read_folder import FolderDone, FolderRun
    from hunmin.bulk.reading import ReadOptions
    from hunmin.documents.reader import Reader

SECONDS_A_LINE: Final = 60.0
"""Between two lines about how far reading is, where no bar can be shown."""
SHARD_FORMATS: Final = ("jsonl", "parquet")


def is_for_shards(paths: Sequence[Path], output: Path | None, formats: str | None) -> bool:
    """Whether a folder or an archive is to be read into shards, and not each of its documents into a file."""
    if formats in SHARD_FORMATS:
        return True
    is_folder = len(paths) == 1 and _is_folder(paths[0])
    return is_folder and output is not None and formats is None and not _has_ending(output)


def read_into_shards(
    paths: Sequence[Path],
    output: Path | None,
    options: "ReadOptions",
    *,
    model: str,
    language: Sequence[str] | None,
    format_name: str | None,
    threads: int,
    ray_address: str | None,
    quiet: bool,
) -> None:
    """Read a folder, tell what came of it, and end with the exit code that says so.

    Raises:
        InputError: not one folder and a place for the shards, or as `read_folder`.
        ExtraMissingError: a Ray cluster, and ray is missing.
    """
    from hunmin.bulk.read_folder import FolderRun, read_folder

    asked = f"--format {format_name}" if format_name else "--ray"
    if len(paths) != 1 or not _is_folder(paths[0]):
        raise InputError(f"{asked}: is for one folder or ZIP archive; give it alone")
    if output is None:
        raise InputError(f"{asked}: goes into files; name a folder for them with -o")
    if ray_address:
        require_extra("ray", ("ray",))
    run = FolderRun(
        paths[0],
        output,
        partial(load_reader, model, tuple(language or ("default",))),
        options,
        threads if ray_address else threads or num_cores(),
        _settings(options, model, language or ()),
        format_name or SHARD_FORMATS[0],
        ray_address=ray_address,
    )
    stop = _Stop()
    with signals_to(stop.notice), progress(quiet=quiet) as steps:
        told = _Progress(run, steps, quiet=quiet)
        done = read_folder(run, is_stopped=stop, report=told)
    _tell(run, done)
    if stop.number is not None and not done.is_finished:
        name = signal.Signals(stop.number).name
        print(f"hunmin: stopped by {name}; what was read is written, and the same command goes on", file=sys.stderr)
        raise typer.Exit(SIGNAL_EXIT_CODE + stop.number)
    if done.counts.num_failures:
        raise typer.Exit(2)


def load_reader(model: str, language: tuple[str, ...]) -> "Reader":
    """The reader of one process, with one thread."""
    from hunmin.documents.reader import Reader
    from hunmin.pages.detector import load_detector

    return Reader(load_model(model, 1, language), load_detector(1))


def _is_folder(path: Path) -> bool:
    """Whether it is a folder, or an archive that is gone through like one."""
    return os.path.isdir(path) or is_archive(path)  # noqa: PTH112 - that of Path raises where a name is too long


def _has_ending(output: Path) -> bool:
    from hunmin.documents.writers.save import format_of

    try:
        format_of(output)
    except InputError:
        return False
    return True


def _settings(options: "ReadOptions", model: str, language: Sequence[str]) -> dict[str, str]:
    from hunmin.hub.pulled import pulled_model
    from hunmin.recognize.recognizer import BUNDLED_MODELS

    file = BUNDLED_MODELS.get(model) or pulled_model(model) or model_file(model)
    files = [name for name in language if name not in ("default", "off")]
    return {
        "model": f"{model} ({_digest(file)})",
        "language": ", ".join(f"{name} ({_digest(Path(name))})" if name in files else name for name in language)
        or "default",
        "dpi": f"{options.dpi:g}",
        "force": str(options.force),
        "hunmin": __version__,
    }


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give another file") from error


class _Stop:
    """Whether a signal has asked for the end; a second one ends at once."""

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self) -> bool:
        return self.number is not None

    def notice(self, number: int, frame: FrameType | None) -> None:
        """Hear a signal."""
        if self.number is not None:
            sys.exit(SIGNAL_EXIT_CODE + number)
        self.number = number


class _Progress:
    """How far reading is: a bar on a terminal, elsewhere a line a minute."""

    def __init__(self, run: "FolderRun", steps: Steps, *, quiet: bool) -> None:
        self._steps, self._quiet = steps, quiet
        self._num_before: int | None = None
        self._total: int | None = None
        self._began = self._told = time.monotonic()
        # A daemon: it never keeps a finished or interrupted command from ending.
        threading.Thread(target=self._count, args=(run,), daemon=True).start()

    def __call__(self, counts: "Counts") -> None:
        if self._num_before is None:
            self._num_before = counts.num_files
        failed = f", {counts.num_failures:,} not" if counts.num_failures else ""
        self._steps.update("reading", counts.num_files, self._total, now=f"reading{failed}")
        now = time.monotonic()
        if not (self._quiet or self._steps.are_shown) and now - self._told >= SECONDS_A_LINE:
            self._told = now
            print(f"hunmin: {self._line(counts, now - self._began)}", file=sys.stderr, flush=True)

    def _line(self, counts: "Counts", seconds: float) -> str:
        rate = (counts.num_files - (self._num_before or 0)) / seconds
        total = f" of {self._total:,}" if self._total else ""
        left = ""
        if self._total and rate:
            left = f", {duration((self._total - counts.num_files) / rate)} left"
        return (
            f"{counts.num_files:,}{total} files, {counts.num_pages:,} pages read, {counts.num_failures:,} not; "
            f"{rate:.2f} files/s{left}"
        )

    def _count(self, run: "FolderRun") -> None:
        from hunmin.bulk.read_folder import count_files

        self._total = count_files(run)


def duration(seconds: float) -> str:
    """In the two largest units."""
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _tell(run: "FolderRun", done: "FolderDone") -> None:
    counts = done.counts
    if done.passed_over:
        print(f"hunmin: passed over, being no images: {printable(shown_kinds(done.passed_over))}", file=sys.stderr)
    failed = f", {_num(counts.num_failures, 'page or file', 'pages or files')} not read" if counts.num_failures else ""
    print(f"{printable(run.out)}: {_num(counts.num_files, 'file')}, {_num(counts.num_pages, 'page')} read{failed}")
    for code, num in done.failures.items():
        print(f"  {code:14}{num:>10,}")
    if counts.num_failures:
        print(f"what was not read: {printable(run.out / 'failures.jsonl')}")


def _num(num: int, one: str, several: str = "") -> str:
    return f"{num:,} {one if num == 1 else several or f'{one}s'}"
