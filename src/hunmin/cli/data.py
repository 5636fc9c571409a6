"""`hunmin data`: making stores and looking at them."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hunmin.cli import data_import, data_merge
from hunmin.cli.output import check_target, plain, print_rows, printable, tsv_row
from hunmin.cli.progress import interruptible
from hunmin.errors import InputError, require_extra

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hunmin.data.store.lmdb_store import Store

app = typer.Typer(help="Make data stores and look at them.", no_args_is_help=True, rich_markup_mode=None)
app.command("import")(data_import.import_)
app.command("merge")(data_merge.merge)

QUICK_PICTURES = 100_000
"""How many pictures `check --quick` decodes."""
MOST_SHOWN = 200
"""Samples that `show` prints and draws."""


@app.command()
def verify(store: Annotated[Path, typer.Argument(help="A store's folder.")]) -> None:
    """Check every byte and every sample of a store; exit code 1 if anything is damaged."""
    require_extra("data", ("lmdb",))
    from hunmin.data.store.verify import verify_store

    with _bar() as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        damage = verify_store(store, report)
    for one in damage:
        print(f"{printable(one.where)}: {printable(one.problem)}")
    if damage:
        kinds = Counter(one.kind for one in damage).most_common()
        told = ", ".join(f"{kind} {num:,}" for kind, num in kinds)
        print(f"{printable(store)}: {len(damage):,} damaged ({told})", file=sys.stderr)
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
    require_extra("data", ("lmdb",))
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from hunmin.data.inspect.leaks import Reason, find_shared
    from hunmin.data.store.lmdb_store import open_store

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
        table = Table("shared", "of the first", "of the second", Column("for example", overflow="fold"), title=title)
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
    if any(Reason.NEAR in overlap.shared for overlap in found.overlaps):
        told = (
            "prints of one text in one typeface count as nearly the same, too; of those, look at rare and long labels"
        )
        print(told, file=sys.stderr)
    if found.one_in > 1:
        print(f"pictures of one in {found.one_in} labels were compared, ids and documents of all", file=sys.stderr)
    if found.leaks:
        raise typer.Exit(1)


@app.command()
def stats(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    charset: Annotated[str, typer.Option(help="What counts as known: korean, ksx1001 or a file.")] = "korean",
    html: Annotated[Path | None, typer.Option(help="Write a page with histograms, characters and crops here.")] = None,
) -> None:
    """Count lengths, shapes, scripts and characters."""
    require_extra("data", ("lmdb", "fontTools"))
    from rich.console import Console
    from rich.progress import track

    from hunmin.data.inspect.gallery import Gallery
    from hunmin.data.inspect.stats import PITCH_HEIGHT_PX, data_stats, percentile
    from hunmin.data.inspect.stats_page import RARE, stats_page
    from hunmin.data.store.lmdb_store import open_store
    from hunmin.text.charset import load_charset

    if html:
        check_target(html)
    known = load_charset(charset)
    opened = open_store(store)
    gallery = Gallery()
    console = Console(stderr=True)
    indices = track(range(len(opened)), "reading", console=console, transient=True, disable=not console.is_terminal)
    samples = (opened.sample(index) for index in indices)
    counts = data_stats(gallery.watch(samples), known)

    def spread(counter: Counter[int], most: str) -> str:
        return f"median {percentile(counter, 0.5)}, 90 % at most {percentile(counter, 0.9)}, {most} {max(counter)}"

    rows = {"lines": f"{counts.num_samples:,}", "empty labels": f"{counts.num_empty_labels:,}"}
    if counts.num_samples:
        rows["characters a line"] = spread(counts.label_lengths, "longest")
        rows["width / height"] = spread(counts.aspects, "widest")
        rows["height, px"] = spread(counts.heights_px, "greatest")
    if counts.pitches_px:
        rows[f"width of a character at height {PITCH_HEIGHT_PX}, px"] = (
            f"median {percentile(counts.pitches_px, 0.5)}, 5 % at most {percentile(counts.pitches_px, 0.05)}"
        )
    for name, counter in (("kinds", counts.kinds), ("scripts", counts.scripts)):
        rows[name] = ", ".join(f"{key or '–'} {num:,}" for key, num in counter.most_common())
    rows["different characters"] = f"{len(counts.characters):,}"
    rows["commonest"] = ", ".join(f"{_visible(key)} {num:,}" for key, num in counts.characters.most_common(12))
    rare = sorted(key for key, num in counts.characters.items() if num < RARE)
    rows[f"fewer than {RARE} times"] = (
        f"{len(rare):,}: {''.join(rare[:30])}{'…' if rare[30:] else ''}" if rare else "none"
    )
    unknown = "".join(key for key, _ in counts.unknown_characters.most_common(30)) or "none"
    rows[f"not in {known.name}"] = f"{unknown} (in {counts.num_samples_with_unknown:,} lines)"
    print_rows(rows, title=str(store))
    if html:
        unfinished = html.with_name(html.name + ".part")
        unfinished.write_text(stats_page(opened.name, counts, gallery, known), encoding="utf-8")
        unfinished.replace(html)
        print(printable(html))


@app.command()
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
) -> None:
    """Print label, size, kind, id and group of samples, and draw them; without a choice, some of each kind."""
    require_extra("data", ("lmdb",))
    from hunmin.data.inspect.gallery import ODDITIES, Gallery
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
        gallery = Gallery()
        with _bar() as bar:
            samples = (opened.sample(index) for index in range(len(opened)))
            for _ in bar.track(gallery.watch(samples), len(opened), description="reading"):
                pass
        kept = [gallery.oddest(name) for name in ODDITIES] if worst else gallery.kinds.values()
        chosen = list(dict.fromkeys(seen.index for group in kept for seen in group))
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


@app.command()
def export(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    to: Annotated[Path, typer.Argument(metavar="TO", help="The folder to make.")],
    form: Annotated[Literal["tsv", "parquet"], typer.Option("--format", help="Which form.")] = "tsv",
) -> None:
    """Write a store as labels.tsv and image files, or as parquet, with a data card."""
    require_extra("data", ("lmdb",))
    from hunmin.data.store.export import export_store
    from hunmin.data.store.lmdb_store import open_store

    opened = open_store(store)
    with interruptible(f"{to}: interrupted; nothing was written"), _bar() as bar:
        task = bar.add_task("writing", total=len(opened))
        export_store(opened, to, form, report=lambda num: bar.update(task, completed=num))
    print(f"{printable(to)}: {len(opened):,} lines; fill in what README.md leaves open before you pass it on")


def _visible(character: str) -> str:
    return "space" if character == " " else character


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
