"""`hunmin data stats`: what is in a store?"""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.console import AsJson, Quiet, print_values, progress
from hunmin.errors import require_extra
from hunmin.files import check_target, write_text
from hunmin.text.printable import printable


def stats(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    charset: Annotated[str, typer.Option(help="What counts as known: korean, ksx1001 or a file.")] = "korean",
    html: Annotated[Path | None, typer.Option(help="Write a page with histograms, characters and crops here.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count lengths, shapes, scripts and characters."""
    require_extra("data", ("lmdb",))
    from hunmin.data.inspect.gallery import Gallery, Readable
    from hunmin.data.inspect.stats import PITCH_HEIGHT_PX, data_stats, percentile
    from hunmin.data.inspect.stats_page import RARE, stats_page
    from hunmin.data.store.lmdb_store import open_store
    from hunmin.text.charset import load_charset

    if html:
        check_target(html)
    known = load_charset(charset)
    opened = open_store(store)
    gallery, readable = Gallery(), Readable(opened)
    with progress(quiet=quiet) as steps:
        samples = readable.samples(steps.each("reading", range(len(opened)), len(opened)))
        counts = data_stats(gallery.watch(samples), known)
    if readable.num_damaged:
        print(f"hunmin: {readable.told()}", file=sys.stderr)

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
    print_values(rows, as_json=as_json, title=str(store))
    if html:
        write_text(html, stats_page(opened.name, counts, gallery, known))
        print(printable(html), file=sys.stderr if as_json else sys.stdout)


def _visible(character: str) -> str:
    return "space" if character == " " else character
