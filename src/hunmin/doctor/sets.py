"""Checks of the run's parts as a whole: can it be built, and are its sets apart from one another?"""

import hashlib
from collections.abc import Iterator

from hunmin.data.augment import Augmented
from hunmin.data.store import Store
from hunmin.data.stream import FirstOf, Source, StoreSource
from hunmin.doctor.case import Case, UnbuiltError
from hunmin.doctor.findings import Finding, grade
from hunmin.train.sources import SYNTH

MOST_HASHED = 20_000
"""Lines of a set whose content is compared."""


def configuration(case: Case) -> Finding:
    """The configuration cannot be put together, or asks for what this machine lacks.

    A key that does not exist, a value of the wrong type, a charset file that is not there, a device that torch does not see.
    In other toolkits a misspelt key is passed over and its default trains for days; here it is an error.
    """
    return _built(case, "configuration", "config", "machine", "spec", "tokenizer")


def training_data(case: Case) -> Finding:
    """The training set is missing, empty or damaged.

    A path that does not exist, a store that was cut off while it was copied, a font folder without fonts, a set of which not
    one line can be used.
    """
    return _built(case, "training_data", "sources", "draws", "samples", "batch")


def validation_data(case: Case) -> Finding:
    """The validation set is missing, empty or damaged, or there is none.

    The training loss falls whether a model learns to read or learns its lines by heart. Only lines it was not trained on
    tell the two apart.
    """
    finding = _built(case, "validation_data", "validation", "validation_samples")
    if finding.status == "failed":
        return finding
    empty = [name for name, samples in case.validation_samples.items() if not samples]
    expected = "one set or more, with lines in it"
    if empty or not case.validation:
        measured = f"no line of {', '.join(empty)} can be read" if empty else "data.validation is empty"
        cause = "without lines that were not trained on, nothing tells learning from remembering"
        return Finding(
            "validation_data", "failed" if empty else "warning", measured, expected, cause, "data.validation=[synth]"
        )
    measured = ", ".join(f"{name} {one.source.num_samples:,}" for name, one in case.validation.items())
    return Finding("validation_data", "passed", f"lines: {measured}", expected)


def model_builds(case: Case) -> Finding:
    """The model cannot be built from its configuration.

    Heads that do not divide the width, strides that do not divide the height of the crops, an encoder without stages.
    """
    return _built(case, "model_builds", "model")


def validation_leak(case: Case) -> Finding:
    """Training and validation share lines.

    One set used for both, or a split by line where it should be by document: the figures then measure memory. A model can
    reach 100 % there and fail on the next page. Lines are compared by the bytes of their image and by their label.
    """
    expected = "no line in both"
    worst, where, compared = 0.0, "", 0
    for name, one in case.validation.items():
        validation = _hashes(one.source)
        for source in case.sources:
            shared = validation & _hashes(source) if validation else set()
            compared += len(validation)
            if validation and len(shared) / len(validation) > worst:
                worst, where = len(shared) / len(validation), f"{name!r} and {source.name!r}"
    if not worst:
        what = f"none of {compared:,} lines shared" if compared else "generated lines: other seeds, texts and fonts"
        return Finding("validation_leak", "passed", what, expected, figures={"share": 0.0})
    return Finding(
        "validation_leak",
        grade(worst, 0.0),
        f"{worst:.1%} of the lines compared stand in both {where}",
        expected,
        "one set serves as both, or documents were split line by line",
        "data.validation=[synth]" if worst == 1 else "Split by document: all lines of a page on one side.",
        {"share": worst},
    )


def same_set_twice(case: Case) -> Finding:
    """One set stands twice among the training sources.

    Its lines then come twice as often as their weight says, and the set looks larger than it is. Two copies under other
    names are found by their content.
    """
    expected = "each set once"
    kinds = [one.path for one in case.config.data.sources]
    if kinds.count(SYNTH) > 1:
        twice = "synth stands twice in data.sources: the same generated lines twice"
        change = "Name synth once, with both weights added: {path: synth, weight: 2}"
        return Finding("same_set_twice", "failed", twice, expected, "the generator draws by the run's seed", change)
    found = [(source, _hashes(source)) for source in case.sources]
    for i, (first, lines) in enumerate(found):
        for second, others in found[:i]:
            share = len(lines & others) / max(1, min(len(lines), len(others)))
            if share > 0:
                return Finding(
                    "same_set_twice",
                    grade(share, 0.0),
                    f"{share:.1%} of the lines of {first.name!r} stand in {second.name!r} too",
                    expected,
                    "one set was copied or imported twice",
                    "Take one of the two out of data.sources and give the other their weights added.",
                    {"share": share},
                )
    return Finding("same_set_twice", "passed", f"{len(found)} set{'s' * (len(found) > 1)}, none shared", expected)


def _built(case: Case, check: str, *pieces: str) -> Finding:
    """Whether the pieces can be built; one that fails because of an earlier piece outside this list is `skipped`."""
    for piece in pieces:
        try:
            getattr(case, piece)
        except UnbuiltError as error:
            if error.piece not in pieces:
                raise
            # Messages end with the way out; one about a config may also be a list.
            problem, _, way_out = str(error.reason).removeprefix("config: ").rpartition("; ")
            return Finding(
                check,
                "failed",
                problem or way_out,
                "everything that hunmin train builds first",
                f"{error.piece} cannot be built; hunmin train stops there too",
                way_out if problem else "Correct that key; hunmin train --dry-run prints them all.",
            )
    return Finding(check, "passed", f"{', '.join(pieces)} can be built", "everything that hunmin train builds first")


# One place to ask what two sets share; it knows stores only, for generated lines are never in one.
def _hashes(source: Source) -> set[bytes]:
    """The content of up to `MOST_HASHED` lines."""
    while isinstance(source, FirstOf | Augmented):
        source = source.source
    return set(_content(source.store)) if isinstance(source, StoreSource) else set()


def _content(store: Store) -> Iterator[bytes]:
    for index in range(min(len(store), MOST_HASHED)):
        image, label, _ = store.raw(index)
        yield hashlib.blake2b((image or b"") + b"\0" + (label or b""), digest_size=16).digest()
