"""`hunmin data show`: samples to look at."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import Quiet, progress, tsv_row
from hunmin.errors import InputError, require_extra
from hunmin.files import check_target
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.data.store.lmdb_store import Store

MOST_SHOWN = 200
"""Samples that are printed and drawn."""


def show(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N]...", help="Which samples, from 1, as in image-000000001.")
    ] = None,
    find: Annotated[str | None, typer.Option(help="Samples with this text in their label.")] = None,
    worst: Annotated[
        bool, typer.Option("--worst", help="The narrowest, widest, longest and smallest of all samples.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Draw them and their labels into this PNG file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Print label, size, kind, id and group of samples, and draw them; without a choice, some of each kind."""
    require_extra("data", ("lmdb",))
    from hunmin.data.store.lmdb_store import open_store
    from hunmin.synth.preview import draw_sheet
    from hunmin.text.normalize import normalize_label

    if bool(numbers) + (find is not None) + worst > 1:
        raise InputError("hunmin data show takes numbers, --find TEXT or --worst, one of the three")
    if out:
        check_target(out)
    opened = open_store(store)
    for number in numbers or ():
        if not 1 <= number <= len(opened):
            raise InputError(f"{store}: has no sample {number}; its samples are 1 to {len(opened)}")
    if numbers:
        chosen = [number - 1 for number in numbers]
    elif find is not None:
        wanted = normalize_label(find)
        chosen = [index for index, label in enumerate(opened.labels()) if wanted in label]
    else:
        chosen = _worth_a_look(opened, worst=worst, quiet=quiet)
    if not chosen:
        raise InputError(f"{store}: " + (f"no label has {find!r} in it" if find is not None else "holds no samples"))
    print(tsv_row(("number", "label", "px", "kind", "id", "group")))
    sheet = []
    for index in chosen[:MOST_SHOWN]:
        sample, note = opened.sample(index), opened.note(index)
        height, width = sample.image.shape[:2]
        print(tsv_row((index + 1, note.text, f"{width}x{height}", note.kind, sample.id, note.group)))
        sheet.append(replace(sample, text=f"{index + 1}  {sample.text}", boxes=None))
    if len(chosen) > MOST_SHOWN:
        print(f"and {len(chosen) - MOST_SHOWN:,} more", file=sys.stderr)
    if out:
        draw_sheet(sheet, out)
        print(printable(out), file=sys.stderr)


def _worth_a_look(store: "Store", *, worst: bool, quiet: bool) -> list[int]:
    """The oddest samples of a store, or some of each kind."""
    from hunmin.data.inspect.gallery import ODDITIES, Gallery, Readable

    gallery, readable = Gallery(), Readable(store)
    with progress(quiet=quiet) as steps:
        for _ in gallery.watch(readable.samples(steps.each("reading", range(len(store)), len(store)))):
            pass
    if readable.num_damaged:
        print(f"hunmin: {readable.told()}", file=sys.stderr)
    kept = [gallery.oddest(name) for name in ODDITIES] if worst else gallery.kinds.values()
    return list(dict.fromkeys(seen.index for group in kept for seen in group))
