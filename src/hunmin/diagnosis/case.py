"""What the checks look at: a run that was not started, in pieces.

Each piece is built when a check first asks for it, by the functions that `hunmin train` itself calls, and kept; so is the
failure to build it. Setting a piece replaces it (`case.model = other`), and what is built later from it follows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar, overload

import numpy as np
import torch

from hunmin.compose import load_config
from hunmin.data.audit.audit import Audit, audit_store
from hunmin.data.clean import Rules
from hunmin.data.loading.batch import Batch, collate
from hunmin.data.loading.stream import ChangedSource, SomeOf, Source, StoreSource
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store
from hunmin.diagnosis.measure.hardware import PROBE_THREADS, Hardware, see_hardware, torch_threads
from hunmin.diagnosis.measure.overfit import Sweep, choose_lines, learn_by_heart
from hunmin.diagnosis.measure.probe import CHANGED, image_effect, probe
from hunmin.errors import ImageError, InputError
from hunmin.model.parseq import PARSeq
from hunmin.model.transfer import transfer_weights
from hunmin.processes import num_cores
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import RecognizerSpec
from hunmin.text.tokenizer import Tokenizer
from hunmin.training.config import AUTO, TrainConfig
from hunmin.training.prepare import build_spec, initial_weights
from hunmin.training.resources.auto_settings import prepare_lines
from hunmin.training.resources.device import Machine, choose_machine
from hunmin.training.resources.throughput import time_steps
from hunmin.training.resume.resume_point import find_resume_point
from hunmin.training.sources import SYNTH, ValidationSet, build_source, build_validation

NUM_SAMPLES = 400
"""Training lines that checks look at: a defect in one line of a hundred shows with a probability of 98 %."""
NUM_VALIDATION = 200
"""Lines of each validation set."""
BATCH_LINES = 32
"""Lines of `Case.batch` at most: enough for batch statistics, few enough for a CPU."""
NUM_AUDITED = 400
"""Lines of the stores that are read to judge their labels; a share of 20 % is then known to 4 points."""
NUM_AUDITED_QUICKLY = 96
"""The same for `--quick`: 5 % wrong labels are then found, if not measured."""
LEAST_AUDITED = 48
"""Of each store, where there are many, and of each for validation."""
FIRST_BATCH_SIZE = 64
"""What `data.batch_size=auto` stands for here."""

Collate = Callable[[Sequence[Sample], RecognizerSpec, Tokenizer], Batch]
Report = Callable[[str, int, int], None]
"""What is done, how much of it, and of how much."""
Built = TypeVar("Built")


class UnbuiltError(Exception):
    """A piece of the case cannot be built; whatever needs it is skipped."""

    def __init__(self, piece: str, reason: InputError) -> None:
        """Name the piece; `reason` is what the user is told."""
        super().__init__(f"{piece}: {reason}")
        self.piece = piece
        self.reason = reason


class Piece(Generic[Built]):
    """A method of `Case` that is called once; its value, or its failure, is kept under its name."""

    def __init__(self, build: Callable[["Case"], Built]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, case: None, owner: type) -> "Piece[Built]": ...
    @overload
    def __get__(self, case: "Case", owner: type) -> Built: ...
    def __get__(self, case: "Case | None", owner: type) -> "Built | Piece[Built]":
        if case is None:
            return self
        if self.name in case.failures:
            raise case.failures[self.name]
        if self.name not in case.pieces:
            try:
                case.pieces[self.name] = self.build(case)
            except InputError as error:
                case.failures[self.name] = UnbuiltError(self.name, error)
                raise case.failures[self.name] from error
        value: Built = case.pieces[self.name]  # type: ignore[assignment]
        return value

    def __set__(self, case: "Case", value: Built) -> None:
        case.failures.pop(self.name, None)
        case.pieces[self.name] = value


@dataclass(frozen=True)
class Draws:
    """Lines drawn from the training sources, and what could not be read."""

    samples: list[Sample]
    unreadable: list[str]
    """A message for each image that cannot be used."""


@dataclass(frozen=True)
class Timings:
    """Seconds for each line, measured and not looked up."""

    prepare_s: float
    """To draw or read it, to augment it and to make it part of a batch, in one process."""
    compute_s: float
    """To learn from it: forward, backward and the optimizer's share."""


class Case:
    """A configuration and everything that `hunmin train` would make of it.

    Any piece may raise `UnbuiltError`; checks let it pass, and whoever runs them turns it into a `skipped` finding.
    """

    def __init__(
        self,
        overrides: Sequence[str] = (),
        *,
        num_audited: int = NUM_AUDITED,
        report: Report = lambda _what, _done, _total: None,
    ) -> None:
        """Build nothing yet.

        Args:
            overrides: as for `hunmin train`.
            num_audited: lines of all stores that are read.
            report: told how far a piece is that takes long to build.
        """
        self.overrides = list(overrides)
        self.num_audited = num_audited
        self.report = report
        self.pieces: dict[str, object] = {}
        self.failures: dict[str, UnbuiltError] = {}

    @Piece
    def configuration(self) -> TrainConfig:
        """As composed."""
        return load_config(TrainConfig, self.overrides)

    @Piece
    def config(self) -> TrainConfig:
        """`configuration` with numbers in the place of `auto`."""
        config = self.configuration
        data = config.data
        if data.batch_size == AUTO:
            data = replace(data, batch_size=FIRST_BATCH_SIZE)
        if data.num_workers == AUTO:
            data = replace(data, num_workers=max(1, num_cores() - 1))
        return replace(config, data=data)

    @Piece
    def hardware(self) -> Hardware:
        """What this machine has."""
        return see_hardware()

    @Piece
    def machine(self) -> Machine:
        """What the run would use of it."""
        return choose_machine(self.config)

    @Piece
    def spec(self) -> RecognizerSpec:
        """Charset and image format."""
        return build_spec(self.config.data)

    @Piece
    def tokenizer(self) -> Tokenizer:
        """The spec's tokenizer."""
        return self.spec.tokenizer()

    @Piece
    def sources(self) -> tuple[Source, ...]:
        """The training sources, in the order of `data.sources`."""
        # Lines as they are stored; what is wrong with them is for the checks to find.
        data = replace(self.config.data, on_unknown_character="drop", augment=0.0, stretch_share=0.0)
        small = replace(data, batch_size=1)
        build_source(replace(self.config, data=small), self.spec)  # says what is wrong with their mix
        return tuple(
            build_source(
                replace(self.config, data=replace(data if one.path == SYNTH else small, sources=(one,))), self.spec
            )
            for one in data.sources
        )

    @Piece
    def draws(self) -> Draws:
        """`NUM_SAMPLES` lines from all over the run and its sources, each source with its share; raw, unfit ones too."""
        weights = [source.weight for source in self.config.data.sources]
        samples, unreadable = [], []
        for source, weight in zip(self.sources, weights, strict=False):
            wanted = max(1, round(NUM_SAMPLES * weight / sum(weights)))
            # A generator plans its curriculum by the index, so the draws are spread over the whole run.
            end = source.num_samples or self.config.trainer.max_steps * self.config.data.batch_size
            for index in np.linspace(0, end - 1, min(wanted, end)).astype(int).tolist():
                try:
                    samples.append(source.sample(0, index))
                except ImageError as error:
                    unreadable.append(str(error))
        return Draws(samples, unreadable)

    @Piece
    def samples(self) -> list[Sample]:
        """The readable ones among `draws`."""
        if not self.draws.samples:
            raise InputError("data.sources: not one sample can be read; see hunmin data verify")
        return self.draws.samples

    @Piece
    def validation(self) -> dict[str, ValidationSet]:
        """The validation sets by name."""
        return build_validation(self.config, self.spec)

    @Piece
    def validation_samples(self) -> dict[str, list[Sample]]:
        """The first readable lines of each validation set, unfit ones too."""
        return {name: list(islice(_readable(one.source), NUM_VALIDATION)) for name, one in self.validation.items()}

    @Piece
    def reader(self) -> Recognizer:
        """Somebody else who reads: the bundled model."""
        return Recognizer(threads=min(PROBE_THREADS, num_cores()))

    @Piece
    def audits(self) -> dict[Path, Audit]:
        """What the reader says of the stores that are trained and validated on, by path."""
        training = [store for source in self.sources if (store := store_of(source))]
        held = [store for one in self.validation.values() if (store := store_of(one.source))]
        num = max(LEAST_AUDITED, self.num_audited // max(1, len(training)))
        known, audits = set(self.reader.spec.characters), {}
        for store in (*training, *held):
            if store.path not in audits:
                wanted = num if store in training else LEAST_AUDITED
                audits[store.path] = audit_store(
                    store,
                    self.reader.recognize,
                    known,
                    num=wanted,
                    seed=self.configuration.seed,
                    report=lambda done, total, name=store.name: self.report(f"reading {name}", done, total),  # type: ignore[misc]
                )
        return audits

    @Piece
    def collate(self) -> Collate:
        """What makes batches out of samples."""
        return collate

    @Piece
    def batch(self) -> Batch:
        """Up to `BATCH_LINES` fit samples of similar width, as training would see them."""
        rules = Rules(self.spec, "drop")
        fit = [sample for sample in self.samples if rules.why_unfit(sample) is None]
        if not fit:
            raise InputError(f"data.sources: none of {len(self.samples)} lines drawn can be trained on")
        fit.sort(key=lambda sample: self.spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0]))
        size = min(BATCH_LINES, self.config.data.batch_size, len(fit))
        start = (len(fit) - size) // 2
        return self.collate(fit[start : start + size], self.spec, self.tokenizer)

    @Piece
    def weights(self) -> Path | None:
        """The file that the run's weights would come from: its own newest checkpoint, or `init_from`."""
        resume_point = find_resume_point(Path(self.config.out), self.config, self.spec)
        return resume_point.checkpoint or initial_weights(self.config)

    @Piece
    def model(self) -> PARSeq:
        """The model as training would begin with it, on the CPU, in evaluation mode.

        Weights that do not fit are left out: a check of its own reports them, and the others look at the rest.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            model = PARSeq(self.config.model, self.spec)
        try:
            if self.weights:
                transfer_weights(model, self.weights)
        except (UnbuiltError, InputError):
            pass
        return model.eval()

    @Piece
    def timings(self) -> Timings:
        """What a line costs this machine."""
        config = self.config
        # Lines that cannot be trained on are for other checks to tell.
        fit = replace(config, data=replace(config.data, on_unknown_character="drop"))
        batches, seconds = prepare_lines(fit, self.spec)
        # As it is written: compiling takes a minute.
        machine = replace(self.machine, compile=False)
        with torch_threads(machine.threads):
            step_s = time_steps(self.model, [self.batch] * 2, config.trainer, machine)
        return Timings(seconds / sum(map(len, batches)), step_s / len(self.batch))

    @Piece
    def short_batch(self) -> Batch:
        """A few lines of different texts, to be learned by heart."""
        rules = Rules(self.spec, "drop")
        lines = choose_lines([sample for sample in self.samples if rules.why_unfit(sample) is None], self.spec)
        if len(lines) < 2:  # noqa: PLR2004 - what nobody can confuse is learned by heart without an image
            raise InputError("data.sources: lines that can be trained on all say the same")
        return self.collate(lines, self.spec, self.tokenizer)

    @Piece
    def sweep(self) -> Sweep:
        """`short_batch`, learned by heart at several learning rates; takes a minute for `model=nano`."""
        if image_effect(probe(self.model, self.short_batch)) <= CHANGED:
            raise InputError(
                "the model's output does not depend on the image; see image_reaches_output and encoder_features"
            )
        return learn_by_heart(
            self.model,
            self.short_batch,
            self.config.trainer,
            self.machine.device,
            lambda done, total: self.report("learning by heart", done, total),
        )


def store_of(source: Source) -> Store | None:
    """The store behind a source, if there is one: generated lines are in none."""
    while isinstance(source, SomeOf | ChangedSource):
        source = source.source
    return source.store if isinstance(source, StoreSource) else None


def _readable(source: Source) -> Iterator[Sample]:
    for index in range(source.num_samples or 0):
        try:
            yield source.sample(0, index)
        except ImageError:
            continue
