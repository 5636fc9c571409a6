"""`hunmin data`: making stores and looking at them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from hunmin.cli import data_import, data_merge
from hunmin.cli.output import print_rows, printable
from hunmin.errors import require_extra

app = typer.Typer(help="Make data stores and look at them.", no_args_is_help=True)
app.command("import")(data_import.import_)
app.command("merge")(data_merge.merge)


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
