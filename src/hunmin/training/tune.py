"""Labelled lines made ready for fine-tuning: parted by document, and how often each is drawn beside generated ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hunmin.compose import load_config
from hunmin.data.clean import Rules
from hunmin.data.imports.config import ImportRun
from hunmin.data.imports.run import import_pages
from hunmin.data.imports.shard import ImportConfig
from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.label_lists.tsv import read_tsv
from hunmin.data.store.assemble import in_processes
from hunmin.data.store.lmdb_store import open_store
from hunmin.errors import InputError
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import load_charset

LABELS: Final = "labels.tsv"
HELD_OUT_SHARE: Final = 0.2
"""Of the documents, which measure the model and are never learned from."""
AS_MANY_GENERATED: Final = 1500
"""Own lines that are drawn as often as generated ones; fewer are drawn more seldom, so that they are not learned by heart."""
LEAST_OWN, MOST_OWN = 0.1, 0.8


@dataclass(frozen=True)
class Sets:
    """Stores of labelled lines."""

    train: Path
    num_lines: int
    """To learn from."""
    held_out: Path | None
    """Lines of other documents; None where there are too few documents."""


def import_labels(labelled: Path, out: Path, overrides: Sequence[str] = ()) -> Sets:
    """Make stores of labelled lines, or take those that were made before.

    Args:
        labelled: a folder with `labels.tsv`.
        out: the folder for the stores.
        overrides: of `ImportRun`.

    Raises:
        InputError: there are no labels, or they changed since the stores were made.
    """
    labels = labelled / LABELS
    if not labels.is_file():
        raise InputError(f"{labelled}: has no {LABELS}; give a folder that `hunmin label` or you put labels into")
    if not out.is_dir():
        shares = ("split.test=0", f"split.validation={HELD_OUT_SHARE}")
        config = load_config(ImportRun, [*shares, *overrides])
        spec = RecognizerSpec.for_charset(
            load_charset(config.charset),
            height_px=config.height_px,
            max_width_px=config.max_width_px,
            width_step_px=1,
            max_label_length=config.max_label_length,
        )
        import_pages(
            read_tsv(open_files([labelled])),
            out,
            ImportConfig(Rules(spec, "drop"), config.cut, config.split),
            origin={"source": "tsv", "from": [str(labelled.resolve())]},
            engine=partial(in_processes, workers=1),
        )
    elif labels.stat().st_mtime > out.stat().st_mtime:
        raise InputError(f"{out}: was made before {labels} changed; give another folder, or remove this one")
    train, held_out = out / "train", out / "validation"
    if not train.is_dir():
        raise InputError(f"{labelled}: nothing is left to learn from; label lines of more documents")
    return Sets(train, len(open_store(train)), held_out if held_out.is_dir() else None)


def share_of_own(num_lines: int) -> float:
    """Which share of the lines that are learned from are own ones, the others being generated."""
    return round(min(max(num_lines / (num_lines + AS_MANY_GENERATED), LEAST_OWN), MOST_OWN), 4)
