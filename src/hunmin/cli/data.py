"""`hunmin data`: looking at stores."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hunmin.cli.output import printable
from hunmin.errors import require_extra

app = typer.Typer(help="Look at data stores.", no_args_is_help=True)


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
    print(f"{store}: sound")


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
    samples = (opened.sample(index) for index in track(range(len(opened)), "reading", transient=True))
    counts = data_stats(samples, known)
    table = Table(title=printable(store), show_header=False)
    lengths = sorted(counts.label_lengths.elements())
    table.add_row("lines", f"{counts.num_samples:,}")
    if lengths:
        middle, long = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
        table.add_row("characters a line", f"median {middle}, 90 % at most {long}, longest {lengths[-1]}")
    for name, counter in (("kinds", counts.kinds), ("scripts", counts.scripts)):
        table.add_row(name, ", ".join(f"{printable(key) or '–'} {num:,}" for key, num in counter.most_common()))
    table.add_row("different characters", f"{len(counts.characters):,}")
    table.add_row("commonest", printable("".join(key for key, _ in counts.characters.most_common(30))))
    unknown = printable("".join(key for key, _ in counts.unknown_characters.most_common(30))) or "none"
    table.add_row(f"not in {known.name}", f"{unknown} (in {counts.num_samples_with_unknown:,} lines)")
    Console().print(table)
