"""Checks of the run's parts as a whole: can it be built, and are its sets apart from one another?"""

from dataclasses import dataclass

from hunmin.data.inspect.leaks import LeakReport, Reason, find_shared
from hunmin.data.loading.stream import ChangedSource, SomeOf, Source
from hunmin.data.store.lmdb_store import Store
from hunmin.diagnosis.case import Case, UnbuiltError, store_of
from hunmin.diagnosis.findings import Finding, Status, grade
from hunmin.synth.source import SynthSource
from hunmin.training.sources import SYNTH

MOST_REDRAWN = 64
"""Lines of a store that a generator is asked for again."""
MOST_PICTURES = 4_000
"""Pictures that are compared, chosen so that what sets share is found in proportion."""


def configuration(case: Case) -> Finding:
    """The configuration cannot be put together, or asks for what this machine lacks.

    A key that does not exist, a value of the wrong type, a charset file that is not there, a device that torch does not see.
    In other toolkits a misspelt key is passed over and its default trains for days; here it is an error.
    """
    return _built(case, "configuration", "configuration", "machine", "spec", "tokenizer")


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
    reach 100 % there and fail on the next page. Pictures are compared pixel by pixel, and copies that were saved, scaled or
    cut out anew by their shape; ids and documents by what the stores say of them.
    """
    expected = "no line and no document in both"
    held = [store for one in case.validation.values() if (store := store_of(one.source))]
    training = [store for source in case.sources if (store := store_of(source))]
    streams = [stream for source in case.sources if (stream := _stream(source))]
    for store in held:
        share = _share_of_stream(store, streams)
        if share:
            return Finding(
                "validation_leak",
                "failed",
                f"{share:.1%} of the lines of {store.name!r} are lines that data.sources=[synth] draws while training",
                expected,
                "a store of generated lines, made with the seed of this run and without synth.held_out=true",
                "hunmin synth OUT synth.held_out=true makes lines that no training draws, whatever its seed.",
                {"share": share},
            )
    if not held or not training:
        return Finding("validation_leak", "passed", "generated lines: other draws, texts and fonts", expected)
    report = find_shared([*held, *training], max_pictures=MOST_PICTURES)
    common = _common(report, held, training)
    if not common:
        return Finding("validation_leak", "passed", f"none of {sum(map(len, held)):,} lines shared", expected)
    worst = common[0]
    cause = (
        "documents were split line by line"
        if worst.reason is Reason.GROUP
        else "one set serves as both, or lines were copied from one to the other"
    )
    return Finding(
        "validation_leak",
        worst.status,
        f"{worst.share:.1%} of the lines of {worst.small!r} have a counterpart in {worst.large!r}: {worst.reason.value}",
        expected,
        cause,
        "data.validation=[synth]" if worst.share == 1 else "Split by document: all lines of a page on one side.",
        {"share": worst.share},
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
    training = [store for source in case.sources if (store := store_of(source))]
    # Two sets may well come from one document, and one form filled in alike looks alike.
    alike = (Reason.COPY, Reason.RELABELLED, Reason.ID)
    report = find_shared(training, max_pictures=MOST_PICTURES)
    common = [one for one in _common(report, training, training) if one.reason in alike]
    if not common:
        return Finding(
            "same_set_twice", "passed", f"{len(case.sources)} set{'s' * (len(case.sources) > 1)}, none shared", expected
        )
    worst = common[0]
    return Finding(
        "same_set_twice",
        worst.status,
        f"{worst.share:.1%} of the lines of {worst.small!r} have a counterpart in {worst.large!r}: {worst.reason.value}",
        expected,
        "one set was copied or imported twice",
        "Take one of the two out of data.sources and give the other their weights added.",
        {"share": worst.share},
    )


@dataclass(frozen=True)
class Common:
    """One way in which two sets are the same."""

    reason: Reason
    share: float
    """Of the smaller set's lines."""
    small: str
    large: str

    @property
    def status(self) -> Status:
        """One copy is a defect; a few pictures that look alike may be chance."""
        return grade(self.share) if self.reason is Reason.NEAR else grade(self.share, 0.0)


def _common(report: LeakReport, firsts: list[Store], seconds: list[Store]) -> list[Common]:
    """What pairs of these stores share beyond chance, the largest share first."""
    found = []
    for overlap in report.overlaps:
        if not any(overlap.first is one for one in firsts) or not any(overlap.second is one for one in seconds):
            continue
        second_is_smaller = len(overlap.second) < len(overlap.first)
        small, large = (overlap.second, overlap.first) if second_is_smaller else (overlap.first, overlap.second)
        for reason, shared in overlap.shared.items():
            # Of the pictures only some were looked at; ids and groups are of all lines.
            num_times = report.one_in if reason in (Reason.COPY, Reason.RELABELLED, Reason.NEAR) else 1
            share = num_times * (shared.num_second if second_is_smaller else shared.num_first) / len(small)
            found.append(Common(reason, min(share, 1.0), small.name, large.name))
    return sorted((one for one in found if one.status != "passed"), key=lambda one: -one.share)


def _stream(source: Source) -> SynthSource | None:
    """The generator behind a source, if there is one."""
    while isinstance(source, SomeOf | ChangedSource):
        source = source.source
    return source if isinstance(source, SynthSource) else None


def _share_of_stream(store: Store, streams: list[SynthSource]) -> float:
    """The share of a store's lines, of `MOST_REDRAWN` spread over it, that a stream draws anew under their ids; 0 to 1."""
    chosen = range(0, len(store), max(1, len(store) // MOST_REDRAWN))[:MOST_REDRAWN]
    notes = [store.note(index) for index in chosen]
    num_drawn = sum(
        any((sample := stream.redrawn(note.id)) and sample.text == note.text for stream in streams) for note in notes
    )
    return num_drawn / max(len(notes), 1)


def _built(case: Case, check: str, *pieces: str) -> Finding:
    """Whether the pieces can be built; one that fails because of an earlier piece outside this list is `skipped`."""
    for piece in pieces:
        try:
            getattr(case, piece)
        except UnbuiltError as error:
            if error.piece not in pieces:
                raise
            # Messages end with the way out, but for the list of a configuration's mistakes.
            said = str(error.reason)
            mistakes = said.removeprefix("config: ")
            problem, _, way_out = ("", "", "") if mistakes != said else said.rpartition("; ")
            return Finding(
                check,
                "failed",
                problem or mistakes,
                "everything that hunmin train builds first",
                f"{error.piece} cannot be built; hunmin train stops there too",
                way_out[:1].upper() + way_out[1:] if problem else "Give what is named here a value that fits.",
            )
    return Finding(check, "passed", f"{', '.join(pieces)} can be built", "everything that hunmin train builds first")
