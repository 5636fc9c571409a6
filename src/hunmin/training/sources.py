"""Where a run's lines come from: stores, the generator, or a mix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from hunmin.data.clean import Ledger, Rules
from hunmin.data.loading.augment import Augmented
from hunmin.data.loading.batch import Batch, validation_batches
from hunmin.data.loading.stream import MixedSource, SomeOf, Source, StoreSource, check_not_empty
from hunmin.data.loading.stretch import Stretched
from hunmin.data.store.lmdb_store import Store, open_store
from hunmin.errors import InputError
from hunmin.spec import RecognizerSpec
from hunmin.synth.generate import Recipe
from hunmin.synth.recipe import build_recipe
from hunmin.synth.source import SynthSource
from hunmin.training.config import TrainConfig

SYNTH = "synth"
HELD_OUT = "held_out"
VALIDATION_SEED = 1_000_003
"""Added to the seed, so that generated validation lines are not the first training lines."""


@dataclass(frozen=True)
class Curriculum:
    """How many characters generated line `index` may have: a straight rise over the first `share` of the run.

    A class, not a closure: it travels to the loader's worker processes.
    """

    num_samples: int
    """Lines in the whole run."""
    start_length: int
    """At the start."""
    max_length: int
    """From `share` of the run on."""
    share: float
    """0 switches the rise off."""

    def __call__(self, index: int) -> int:
        """`start_length` … `max_length` for line `index` of the run."""
        if self.share <= 0 or self.num_samples <= 0:
            return self.max_length
        progress = min(1.0, index / (self.share * self.num_samples))
        return round(self.start_length + progress * (self.max_length - self.start_length))


def build_source(config: TrainConfig, spec: RecognizerSpec, *, num_processes: int = 1) -> Source:
    """The training lines: one source or a weighted mix.

    Args:
        config: of the run.
        spec: what the model takes.
        num_processes: that train together; each takes its own batches, so that the run has so many times the lines.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    data = config.data
    if not data.sources:
        raise InputError("data.sources is empty; give a store, data.sources=[DIR], or data=synth")
    if (data.fonts or data.corpus) and SYNTH not in {*data.validation, *(source.path for source in data.sources)}:
        raise InputError(
            "data.fonts and data.corpus are for generated lines, and neither data.sources nor data.validation has synth"
        )
    total_weight = sum(source.weight for source in data.sources)
    sources: list[Source] = []
    for source in data.sources:
        if source.path == SYNTH:
            num_lines = config.trainer.max_steps * data.batch_size * num_processes * source.weight / total_weight
            recipe = _recipe(config, spec)
            longest = Curriculum(
                round(num_lines), data.curriculum_start_length, recipe.config.max_length, data.curriculum_share
            )
            one: Source = SynthSource(recipe, seed=config.seed, longest=longest)
        else:
            store = open_store(Path(source.path))
            check_charset(store, spec, data.on_unknown_character)
            crops = StoreSource(store)
            check_not_empty(crops)
            one = Augmented(crops, data.augment, config.seed) if data.augment else crops
        sources.append(Stretched(one, data.stretch_share, config.seed, spec) if data.stretch_share else one)
    _check_batch_size(sources, data.batch_size)
    return sources[0] if len(sources) == 1 else MixedSource(sources, [one.weight for one in data.sources], config.seed)


def _check_batch_size(sources: Sequence[Source], batch_size: int) -> None:
    """Refuse a batch larger than all lines there are: it would hold some of them twice."""
    num_lines = count_lines(sources)
    if num_lines is not None and num_lines < batch_size:
        raise InputError(
            f"data.batch_size={batch_size} is more than the {num_lines} lines of data.sources; give at most "
            f"data.batch_size={num_lines}, or more lines"
        )


def count_lines(sources: Sequence[Source]) -> int | None:
    """All lines of all sources; None where one of them is endless."""
    parts = [part for one in sources for part in (one.sources if isinstance(one, MixedSource) else [one])]
    numbers = [part.num_samples for part in parts]
    return None if None in numbers else sum(number or 0 for number in numbers)


def check_charset(store: Store, spec: RecognizerSpec, on_unknown_character: str) -> None:
    """Find out before the first step what would end a run in the middle: labels that the charset cannot write.

    A published set has no manifest to ask; it is looked through while it is read.

    Raises:
        InputError: labels have characters that the charset lacks and are not to be dropped; or not one label could be kept.
    """
    if store.manifest is None:
        return
    counts = store.manifest.characters
    missing = {character: count for character, count in counts.items() if character not in spec.characters}
    if not missing or (on_unknown_character == "drop" and len(missing) < len(counts)):
        return
    shown = "".join(sorted(missing, key=lambda character: -missing[character])[:20])
    raise InputError(
        f"{store.path}: {len(missing)} of the {len(counts)} characters in its labels are not in charset {spec.charset_name!r} "
        f"({len(spec.characters):,} characters), such as {shown!r}; train with a charset that has them (data.charset=…), or drop "
        "such lines with data.on_unknown_character=drop"
    )


@dataclass(frozen=True)
class ValidationSet:
    """Batches of one validation set, the same in every validation."""

    source: Source
    rules: Rules
    batch_size: int
    ledger: Ledger = field(default_factory=Ledger)
    """What was read and dropped, over all validations."""
    rank: int = 0
    world_size: int = 1
    """Of so many processes, number `rank` takes every `world_size`-th batch; all draw all lines, and count them."""

    def __iter__(self) -> Iterator[Batch]:
        tokenizer = self.rules.spec.tokenizer()
        batches = validation_batches(self.source, self.rules, tokenizer, self.batch_size, self.ledger)
        return islice(batches, self.rank, None, self.world_size)


def build_validation(config: TrainConfig, spec: RecognizerSpec) -> dict[str, ValidationSet]:
    """The validation sets by name, see `validation_names`; `synth` is generated lines in held-out fonts.

    Raises:
        InputError: one cannot be read, or is named twice.
    """
    data = config.data
    rules = Rules(spec, data.on_unknown_character)
    sets: dict[str, ValidationSet] = {}
    for path, name in zip(data.validation, validation_names(data.validation), strict=True):
        if path == SYNTH:
            source: Source = SynthSource(_recipe(config, spec, held_out=True), seed=config.seed + VALIDATION_SEED)
            num_lines = data.num_validation
        else:
            store = StoreSource(open_store(Path(path)))
            check_charset(store.store, spec, data.on_unknown_character)
            check_not_empty(store)
            source, num_lines = store, min(data.num_validation, store.num_samples)
        sets[name] = ValidationSet(SomeOf(source, num_lines), rules, data.batch_size)
    return sets


def validation_names(given: Sequence[str]) -> list[str]:
    """What figures and files of each validation set are called.

    A store is called as its folder; where several have the same name, as every import makes a `validation`, by as many
    folders above it as tell them apart: `documents_validation`, `signs_validation`. Generated lines are `held_out`.

    Raises:
        InputError: one is given twice.
    """
    parts = [(HELD_OUT,) if one == SYNTH else Path(one).resolve().parts[1:] for one in given]
    depths = [1] * len(parts)
    while True:
        names = ["_".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        twice = [number for number, name in enumerate(names) if names.count(name) > 1]
        if not twice:
            return names
        if all(depths[number] >= len(parts[number]) for number in twice):
            first = given[twice[0]]
            raise InputError(f"data.validation names {first} twice; name each set once")
        for number in twice:
            depths[number] += 1


def _recipe(config: TrainConfig, spec: RecognizerSpec, *, held_out: bool = False) -> Recipe:
    longest = min(config.synth.max_length, spec.max_label_length)
    synth = replace(config.synth, max_length=longest, held_out=held_out or config.synth.held_out)
    return build_recipe(synth, spec.characters, config.data.fonts, config.data.corpus)
