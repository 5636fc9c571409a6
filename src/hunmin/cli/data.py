"""`hunmin data`: looking at stores."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from rich.text import Text

from hunmin.cli.output import plain, print_rows, printable
from hunmin.errors import InputError, require_extra

if TYPE_CHECKING:
    from hunmin.data.store import Store

app = typer.Typer(help="Look at data stores.", no_args_is_help=True)

QUICK_PICTURES = 100_000
"""How many pictures `check --quick` decodes."""


@app.command()
def verify(store: Annotated[Path, typer.Argument(help="A store's folder.")]) -> None:
    """Check every byte and every sample of a store; exit code 1 if anything is damaged."""
    require_extra("train", ("lmdb",))
    from hunmin.data.verify import verify_store

    damage = verify_store(store)
    for one in damage:
        print(f"{printable(one.where)}: {printable(one.problem)}")
    if damage:
        raise typer.Exit(1)
    print(f"{printable(store)}: sound")


@app.command()
def check(
    stores: Annotated[list[Path], typer.Argument(help="Folders of two stores or more: training, validation, test.")],
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Look at about {QUICK_PICTURES:,} pictures, chosen by label, not at all.")
    ] = False,
) -> None:
    """Find what stores share with one another; exit code 1 if they share anything.

    Compared are pictures (also when they were saved, scaled or cut out anew), labels, ids, and the document, page or
    writer that a crop is from.
    """
    require_extra("train", ("lmdb",))
    from hunmin.data.leaks import find_shared
    from hunmin.data.store import open_store

    if len({path.resolve() for path in stores}) < max(2, len(stores)):
        raise InputError("hunmin data check compares stores with one another; give two folders or more, each once")
    opened = [open_store(path) for path in stores]
    with _bar() as bar:
        tasks = {store.path: bar.add_task(printable(store.path), total=len(store), start=False) for store in opened}

        def report(store: "Store", num_read: int) -> None:
            bar.start_task(tasks[store.path])
            bar.update(tasks[store.path], completed=num_read)

        found = find_shared(opened, max_pictures=QUICK_PICTURES if quick else None, report=report)

    for overlap in found.overlaps:
        first, second = overlap.first, overlap.second
        title = plain(f"{first.path} and {second.path}")
        table = Table("shared", "of the first", "of the second", "for example", title=title)
        for reason, shared in overlap.shared.items():
            pairs = [plain(f"{one + 1} and {other + 1}: {first.note(one).text}") for one, other in shared.examples]
            counts = [f"{shared.num_first:,} of {len(first):,}", f"{shared.num_second:,} of {len(second):,}"]
            table.add_row(reason.value, *counts, Text("\n").join(pairs))
        if overlap.shared:
            Console().print(table)
        else:
            print(f"{printable(first.path)} and {printable(second.path)} share nothing")
    for path, num in found.num_unreadable.items():
        print(f"{printable(path)}: {num:,} pictures cannot be decoded and were not compared", file=sys.stderr)
    if found.one_in > 1:
        print(f"pictures of one in {found.one_in} labels were compared, ids and documents of all", file=sys.stderr)
    if found.leaks:
        raise typer.Exit(1)


@app.command()
def stats(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    charset: Annotated[str, typer.Option(help="What counts as known: korean, ksx1001 or a file.")] = "korean",
) -> None:
    """Count lengths, shapes, scripts and characters."""
    require_extra("train", ("lmdb",))
    from hunmin.data.stats import data_stats
    from hunmin.data.store import open_store
    from hunmin.text.charset import load_charset

    known = load_charset(charset)
    opened = open_store(store)
    console = Console(stderr=True)
    indices = track(range(len(opened)), "reading", console=console, transient=True, disable=not console.is_terminal)
    samples = (opened.sample(index) for index in indices)
    counts = data_stats(samples, known)
    rows = {"lines": f"{counts.num_samples:,}"}
    lengths = sorted(counts.label_lengths.elements())
    if lengths:
        middle, long = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
        rows["characters a line"] = f"median {middle}, 90 % at most {long}, longest {lengths[-1]}"
    for name, counter in (("kinds", counts.kinds), ("scripts", counts.scripts)):
        rows[name] = ", ".join(f"{key or '–'} {num:,}" for key, num in counter.most_common())
    rows["different characters"] = f"{len(counts.characters):,}"
    rows["commonest"] = "".join(key for key, _ in counts.characters.most_common(30))
    unknown = "".join(key for key, _ in counts.unknown_characters.most_common(30)) or "none"
    rows[f"not in {known.name}"] = f"{unknown} (in {counts.num_samples_with_unknown:,} lines)"
    print_rows(rows, title=str(store))


@app.command()
def export(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    to: Annotated[Path, typer.Argument(metavar="TO", help="The folder to make.")],
    form: Annotated[Literal["tsv", "parquet"], typer.Option("--format", help="Which form.")] = "tsv",
) -> None:
    """Write a store as labels.tsv and image files, or as parquet, with a data card."""
    require_extra("train", ("lmdb",))
    from hunmin.data.export_store import export_store
    from hunmin.data.store import open_store

    opened = open_store(store)
    with _bar() as bar:
        task = bar.add_task("writing", total=len(opened))
        export_store(opened, to, form, report=lambda num: bar.update(task, completed=num))
    print(f"{printable(to)}: {len(opened):,} lines; fill in what README.md leaves open before you pass it on")


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
