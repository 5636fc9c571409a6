"""`hunmin data import`: labelled images become stores."""

import re
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hunmin.cli.console import Quiet, Steps, interruptible, progress
from hunmin.errors import InputError, require_extra
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.data.corrections import Corrected
    from hunmin.data.imports.config import ImportRun, SplitConfig
    from hunmin.data.imports.run import Engine, Imported

_OVERRIDE = re.compile(r"[a-z_.]+=", re.ASCII)
_LEAST = 3  # SOURCE, one FROM, TO
_EXAMPLE_LENGTH = 80
LINK = "link"
"""How the reader of folders and archives counts symbolic links."""
SHARE_TOLERANCE = 0.05
"""By so much a split's share may differ from the one asked for without a word."""
PICTURES_COMPARED = 20_000
"""Of the splits with one another, at the end of an import: a minute at most."""


def import_(
    arguments: Annotated[
        list[str], typer.Argument(metavar="SOURCE FROM… TO", help="Then key=value, such as split.test=0.05 workers=4.")
    ],
    quiet: Quiet = False,
) -> None:
    """Cut the crops out of a labelled data set: TO/train, TO/validation and TO/test, and TO/ledger.json.

    `hunmin data import aihub-88 downloads/088 data/documents` reads folders, zip files and split zip files as they lie.
    Stopped by whatever, it goes on where it was when given the same command; Ctrl-C and SIGTERM end it with exit code 130.
    """
    require_extra("data", ("lmdb", "hydra", "pydantic"))
    overrides = [word for word in arguments if _OVERRIDE.match(word)]
    words = [word for word in arguments if not _OVERRIDE.match(word)]

    from hunmin.compose import load_config
    from hunmin.data.imports.config import ImportRun
    from hunmin.data.sources.formats import SOURCES

    names = ", ".join(SOURCES)
    if len(words) < _LEAST:
        raise InputError(f"hunmin data import takes SOURCE, one or more FROM, and TO; SOURCE is one of {names}")
    source, *from_, to = words
    if source not in SOURCES:
        raise InputError(f"hunmin data import: there is no source {source!r}; choose one of {names}")
    config = load_config(ImportRun, overrides)
    out = Path(to)
    if out.exists():
        raise InputError(f"{out}: exists already; remove it or give another name")
    _import(source, [Path(path) for path in from_], out, config, quiet)


def _import(source: str, paths: Sequence[Path], out: Path, config: "ImportRun", quiet: bool) -> None:
    from hunmin.data.clean import Rules
    from hunmin.data.corrections import Corrected, read_corrections
    from hunmin.data.imports.run import import_pages
    from hunmin.data.imports.shard import ImportConfig
    from hunmin.data.sources.downloads.files import open_files
    from hunmin.data.sources.formats import SOURCES
    from hunmin.spec import RecognizerSpec
    from hunmin.text.charset import load_charset

    spec = RecognizerSpec.for_charset(
        load_charset(config.charset),
        height_px=config.height_px,
        max_width_px=config.max_width_px,
        width_step_px=1,  # No width is rounded here.
        max_label_length=config.max_label_length,
    )
    corrections = read_corrections(Path(config.corrections)) if config.corrections else {}
    settings = ImportConfig(Rules(spec, config.on_unknown_character), config.cut, config.split)
    origin: dict[str, Any] = {"source": source, "from": [str(path.resolve()) for path in paths]}
    if config.corrections:
        origin["corrections"] = str(Path(config.corrections).resolve())
    with interruptible(f"{out}: interrupted; the same command goes on where it was"), progress(quiet=quiet) as steps:
        steps.update("cutting", 0)
        if steps.are_shown:
            _count_beside(source, paths, steps)
        files = open_files(paths)
        pages = Corrected(SOURCES[source](files), corrections)
        imported = import_pages(pages, out, settings, origin=origin, engine=_engine(config), report=steps.update)
    _print_ledger(out, imported, files.skipped, config.split)
    if config.corrections:
        _print_corrections(pages)
    _print_leaks(out, imported)


def _engine(config: "ImportRun") -> "Engine":
    from hunmin.data.store.assemble import in_processes
    from hunmin.processes import num_cores

    if config.engine == "ray":
        require_extra("ray", ("ray",))
        from hunmin.data.imports.on_ray import on_ray

        return partial(on_ray, workers=config.workers, address=config.ray_address)
    return partial(in_processes, workers=config.workers or num_cores())


def _count_beside(source: str, paths: Sequence[Path], steps: Steps) -> None:
    """Read the labels once more, ahead of the work, so that the bar knows how much there is."""

    def count() -> None:
        from hunmin.data.sources.downloads.files import open_files
        from hunmin.data.sources.formats import SOURCES

        try:
            num = sum(max(len(page.regions), 1) for page in SOURCES[source](open_files(paths)))
        except InputError:
            return  # The import itself comes to it and says so.
        steps.expect("cutting", num)

    # A daemon: it never keeps a finished or interrupted command from ending.
    threading.Thread(target=count, daemon=True).start()


def _odd_shares(counts: Mapping[str, int], wanted: "SplitConfig") -> str:
    """Say that splits came out otherwise than wanted, as few documents do; empty where they are about right."""
    total = sum(counts.values())
    shares = {"train": 1 - wanted.validation - wanted.test, "validation": wanted.validation, "test": wanted.test}
    off = max((abs(counts.get(split, 0) / total - share) for split, share in shares.items()), default=0) if total else 0
    if wanted.by == "publisher" or off <= SHARE_TOLERANCE:
        return ""
    asked, got = (
        " / ".join(f"{one:.0%}" for one in row)
        for row in (shares.values(), (counts.get(split, 0) / total for split in shares))
    )
    return (
        f"train / validation / test came out at {got}, not {asked}: whole documents stay together, and of a few of them, or of "
        "very unlike ones, no split has its exact share; import more, or change split.validation and split.test"
    )


def _print_ledger(out: Path, imported: "Imported", skipped: Mapping[str, int], wanted: "SplitConfig") -> None:
    ledger = imported.ledger
    for split, manifest in imported.manifests.items():
        print(f"{printable(out / split)}: {manifest.num_samples:,} crop{'s' * (manifest.num_samples != 1)}")
    shares = _odd_shares({split: one.num_samples for split, one in imported.manifests.items()}, wanted)
    if shares:
        print(shares)
    print(f"seen {ledger.seen:,}, kept {ledger.kept:,}, dropped {ledger.dropped.total():,}")
    for reason, count in sorted(ledger.dropped.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {reason:18}{count:>10,}  {_tail(ledger.examples[reason][0])}")
    if skipped:
        entries = ", ".join(f"{reason} {count:,}" for reason, count in skipped.items())
        print(f"files passed over: {printable(entries)}")
        if LINK in skipped:
            print("  links are not followed, for they may lead out of what was given; give what they point to")
    if ledger.dropped:
        print(f"more examples: {printable(out / 'ledger.json')}")


def _print_corrections(pages: "Corrected") -> None:
    """A list for other labels does nothing, and says so."""
    num, unused = len(pages.corrections), sorted(pages.unused)
    print(f"corrections: {num - len(unused):,} of {num:,} made")
    if unused:
        print(
            f"  no text here is called {printable(unused[0])}"
            + (f", nor {len(unused) - 1:,} more" if unused[1:] else "")
        )


def _print_leaks(out: Path, imported: "Imported") -> None:
    """What the splits share although no document is in two of them, such as one form filled in alike."""
    from hunmin.data.inspect.leaks import find_shared
    from hunmin.data.store.lmdb_store import open_store

    stores = [open_store(out / split) for split in imported.manifests]
    for overlap in find_shared(stores, max_pictures=PICTURES_COMPARED).overlaps:
        first, second = overlap.first, overlap.second
        for reason, shared in overlap.shared.items():
            print(
                f"{first.name} and {second.name} share: {reason.value}, {shared.num_first:,} and {shared.num_second:,} crops; "
                f"hunmin data check {printable(first.path)} {printable(second.path)} shows them"
            )


def _tail(example: str) -> str:
    """The end of an example, where page and label stand, on one line; of a long message, the start behind its path."""
    text = printable(example)
    if len(text) <= _EXAMPLE_LENGTH:
        return text
    tail = text[1 - _EXAMPLE_LENGTH :]
    _, slash, name = text.rpartition("/")
    return f"…{tail}" if "/" in tail or not slash else f"…/{name[: _EXAMPLE_LENGTH - 3]}…"
