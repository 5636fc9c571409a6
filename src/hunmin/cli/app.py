"""`hunmin`: the commands and how their failures are told."""

import sys
from io import TextIOWrapper

import typer

from hunmin.cli import average, calibrate, doctor, evaluate, export, info, language, read, recognize, synth, train
from hunmin.cli.console import error_line
from hunmin.cli.data import app as data
from hunmin.errors import InputError

app = typer.Typer(
    help="Train, debug and run text recognizers for Korean.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # boxes around the help cost more than half of its time
    pretty_exceptions_enable=False,
)
app.command("read")(read.read)
app.command("recognize")(recognize.recognize)
app.command("synth")(synth.synth)
app.command("train")(train.train)
app.command("doctor")(doctor.doctor)
app.command("average")(average.average)
app.command("evaluate")(evaluate.evaluate)
app.command("calibrate")(calibrate.calibrate)
app.command("export")(export.export)
app.command("language")(language.language)
app.add_typer(data.app, name="data")
app.command("info")(info.info)


def main() -> None:
    """Run a command; a mistake of the user ends with one line and exit code 2."""
    _write_utf_8()
    try:
        app(prog_name="hunmin")
    except InputError as error:
        print(error_line(error), file=sys.stderr)
        sys.exit(2)


def _write_utf_8() -> None:
    """Have pipes and files take every character: Windows gives them an old code page, which lacks Hangul or the signs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors=stream.errors)
