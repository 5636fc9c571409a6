"""`hunmin pull` and `hunmin push`: models from the Hugging Face Hub, and onto it."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hunmin import api
from hunmin.cli.console import Quiet
from hunmin.cli.models import model_file
from hunmin.text.printable import printable


def pull(
    name: Annotated[
        str, typer.Argument(help="organisation/name, or organisation/name@revision; a commit never changes.")
    ],
    quiet: Quiet = False,
) -> None:
    """Download a model from the Hugging Face Hub; `--model organisation/name` reads with it from then on, offline.

    Only model.onnx, model.safetensors and README.md are fetched, and compared with the hashes that the Hub tells. A model is
    somebody's work: pull it if you trust them. HF_TOKEN opens private ones.
    """
    _show_progress(quiet=quiet)
    pulled = api.pull(name)
    print(f"pulled: {printable(pulled.name)}, commit {pulled.commit}")
    print(f"to read: --model {printable(pulled.name)}, or {printable(pulled.model)}")
    if pulled.checkpoint:
        print(f"to train on: init_from={printable(pulled.checkpoint)}")
    repository = pulled.name.partition("@")[0]
    if pulled.name != f"{repository}@{pulled.commit}":
        print(f"for this very state always: hunmin pull {printable(repository)}@{pulled.commit}")


def push(
    model: Annotated[str, typer.Argument(help="A run's folder, its model.safetensors, or an ONNX file.")],
    name: Annotated[str, typer.Argument(help="organisation/name; organisation/name@tag tags this state as well.")],
    public: Annotated[bool, typer.Option("--public", help="Let everybody see it; otherwise it is private.")] = False,
    licence: Annotated[
        str | None, typer.Option("--licence", "--license", help="As the Hub calls it, such as apache-2.0.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled lines to measure it on; the card tells the figures and how many lines."),
    ] = None,
    card: Annotated[Path | None, typer.Option(help="Markdown file in place of the card that is written.")] = None,
    quiet: Quiet = False,
) -> None:
    """Upload a model to the Hugging Face Hub with a card: weights, spec and shape, nothing else.

    A run's model goes up in both forms, safetensors to train on and ONNX to read with. HF_TOKEN, or `hf auth login`, says who you
    are.
    """
    _show_progress(quiet=quiet)
    pushed = api.push(model_file(model), name, public=public, licence=licence, data=data, card=card)
    print(f"pushed: {printable(pushed.name)}, commit {pushed.commit}")
    print(printable(pushed.url))
    if pushed.has_own_card:
        print("the card that was there is as it was; --card replaces it")


def _show_progress(*, quiet: bool) -> None:
    """The library's own bars, on a terminal alone; it looks at this when it is first imported."""
    if quiet or not sys.stderr.isatty():
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
