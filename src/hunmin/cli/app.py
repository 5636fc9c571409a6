"""`hunmin`: the commands and how their failures are told."""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from hunmin.cli import (
    average,
    calibrate,
    doctor,
    evaluate,
    export,
    hub,
    info,
    label,
    language,
    read,
    recognize,
    serve,
    synth,
    train,
    tune,
)
from hunmin.cli.console import error_line
from hunmin.cli.data import app as data
from hunmin.errors import InputError
from hunmin.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # boxes around the help cost more than half of its time
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"hunmin {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read Korean text in images and documents; train and debug the models that read it."""


app.command("read")(read.read)
app.command("recognize")(recognize.recognize)
app.command("serve")(serve.serve)
app.command("synth")(synth.synth)
app.command("train")(train.train)
app.command("tune")(tune.tune)
app.command("doctor")(doctor.doctor)
app.command("average")(average.average)
app.command("evaluate")(evaluate.evaluate)
app.command("calibrate")(calibrate.calibrate)
app.command("export")(export.export)
app.command("pull")(hub.pull)
app.command("push")(hub.push)
app.command("label")(label.label)
app.command("language")(language.language)
app.add_typer(data.app, name="data")
app.command("info")(info.info)


def main() -> None:
    """Run a command; a mistake of the user ends with one line and exit code 2."""
    _write_every_character()
    try:
        app(prog_name="hunmin")
    except InputError as error:
        print(error_line(error), file=sys.stderr)
        sys.exit(2)


def _write_every_character() -> None:
    r"""Have no character end a command: an old code page, as of Windows or of LANG=C, lacks Hangul or the signs.

    Pipes and files get UTF-8. A terminal shows what its own code page has, and the rest as an escape such as \\uac00.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=stream.errors)
