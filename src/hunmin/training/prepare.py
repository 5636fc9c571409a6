"""A run before its first step: everything checked, every `auto` resolved, nothing written."""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import yaml
from rich.console import Console

from hunmin.compose import read_saved
from hunmin.data.clean import Rules
from hunmin.data.loading.batch import BatchLoader
from hunmin.data.loading.stream import BatchStream, Source
from hunmin.errors import InputError
from hunmin.model.parseq import PARSeq
from hunmin.model.transfer import transfer_weights
from hunmin.recognize.recognizer import BUNDLED_MODEL
from hunmin.spec import RecognizerSpec
from hunmin.synth.fonts.scan import scan_folder
from hunmin.text.charset import load_charset
from hunmin.training.config import AUTO, DataConfig, TrainConfig
from hunmin.training.logs.console import print_line
from hunmin.training.resources.auto_settings import resolve_auto, scaled_rate
from hunmin.training.resources.device import Machine, choose_machine, keep_freed_memory
from hunmin.training.resume.resume_point import ResumePoint, find_resume_point, is_validation_due
from hunmin.training.sources import ValidationSet, build_source, build_validation

RANK_VARIABLES = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_WORLD_SIZE": 1, "LOCAL_RANK": 0}
"""What `torchrun` says, and what holds without it."""


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together, as `torchrun` says in the environment."""

    rank: int
    world_size: int
    local_world_size: int
    local_rank: int = 0
    """Among those on this machine."""

    def own_gpu(self, num_gpus: int) -> int:
        """Which of this machine's GPUs is this process's own.

        Raises:
            InputError: there are fewer GPUs than processes.
        """
        if self.local_world_size > num_gpus:
            raise InputError(
                f"torchrun started {self.local_world_size} processes here, and torch sees {num_gpus} GPUs; give "
                f"--nproc-per-node={num_gpus}, or trainer.accelerator=cpu"
            )
        return self.local_rank


def read_ranks() -> Ranks:
    """Which of how many training processes this is; one alone without `torchrun`."""
    return Ranks(*(int(os.environ.get(name, alone)) for name, alone in RANK_VARIABLES.items()))


def build_spec(data: DataConfig) -> RecognizerSpec:
    """The image format and charset that this run trains for."""
    return RecognizerSpec.for_charset(
        load_charset(data.charset),
        height_px=data.height_px,
        width_step_px=data.width_step_px,
        max_width_px=data.max_width_px,
        max_label_length=data.max_label_length,
    )


@dataclass(frozen=True)
class PreparedRun:
    """A run that has been checked, and for which nothing was written yet."""

    config: TrainConfig
    """Without any `auto` number."""
    machine: Machine
    spec: RecognizerSpec
    resume_point: ResumePoint
    source: Source
    validation: Mapping[str, ValidationSet]

    @property
    def validate_every(self) -> int | None:
        """Steps between validations; None without a validation set."""
        trainer = self.config.trainer
        return min(trainer.validate_every, trainer.max_steps) if self.validation else None

    @property
    def has_validation_left(self) -> bool:
        """Whether the run goes on with the validation that an earlier part of it was stopped before or in."""
        step = self.resume_point.step
        is_due = is_validation_due(step, self.validate_every, self.config.trainer.max_steps)
        return 0 < step != self.resume_point.validated_step and is_due

    @property
    def is_finished(self) -> bool:
        """Whether an earlier part of the run did all steps and validations."""
        return self.resume_point.step >= self.config.trainer.max_steps and not self.has_validation_left

    def loader(self, ranks: Ranks, *, start_step: int, num_workers: int) -> BatchLoader:
        """The batches of the steps after `start_step`."""
        data = self.config.data
        rules = Rules(self.spec, data.on_unknown_character)
        return BatchLoader(
            BatchStream(self.source, rules, data.batch_size, self.config.seed, padding=self.machine.padding),
            self.spec.tokenizer(),
            num_workers=num_workers,
            start_batch=start_step,
            rank=ranks.rank,
            world_size=ranks.world_size,
            pin_memory=self.machine.accelerator == "gpu",
        )


def prepare(config: TrainConfig, console: Console) -> PreparedRun:
    """Check everything that can be checked before the first step, and resolve what is `auto`.

    Raises:
        InputError: the data, the folder or the device do not allow this run.
    """
    silence_lightning()
    ranks = read_ranks()
    if ranks.world_size > 1 and config.trainer.accelerator in ("auto", "gpu") and torch.cuda.is_available():
        # Lightning does so later; until then all processes would measure on the first GPU.
        torch.cuda.set_device(ranks.own_gpu(torch.cuda.device_count()))
    machine, spec = choose_machine(config, ranks.local_world_size), build_spec(config.data)
    torch.set_num_threads(machine.threads)
    if machine.accelerator == "cpu":
        keep_freed_memory()
    resume_point = find_resume_point(Path(config.out), config, spec)
    for path, problem in resume_point.damaged:
        print_line(console, f"passed over {path.name}: {problem}")
    if resume_point.checkpoint:
        config = _resumed_config(config, console)
    elif config.trainer.warmup_steps >= config.trainer.max_steps:
        print_line(
            console,
            f"warning: trainer.warmup_steps={config.trainer.warmup_steps} of trainer.max_steps={config.trainer.max_steps}: the "
            "learning rate rises until the run ends and never falls; lower trainer.warmup_steps",
        )
    if config.data.batch_size == AUTO and ranks.world_size > 1:
        raise InputError(
            "data.batch_size=auto: several processes would each find another number; "
            "let one alone find it (--dry-run) and give that"
        )
    _measure_fonts(config.data.fonts, console)
    if AUTO in (config.data.batch_size, config.data.num_workers):
        config = resolve_auto(config, spec, machine, console, ranks.local_world_size)
    source = build_source(config, spec, num_processes=ranks.world_size)
    return PreparedRun(config, machine, spec, resume_point, source, build_validation(config, spec))


def _measure_fonts(folders: Sequence[str], console: Console) -> None:
    """Measure the faces of the user's own folders once, on all cores; the loader's workers would do it one by one, unseen."""
    for folder in folders:

        def report(done: int, total: int, folder: str = folder) -> None:
            # Ten lines at most.
            if done * 10 // total > (done - 1) * 10 // total:
                print_line(console, f"measuring the fonts in {folder}: {done} of {total}")

        scan_folder(Path(folder), report)


def silence_lightning() -> None:
    """Hide Lightning's advice and its use of a deprecated torch function: neither is about the user's run."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=r".*LeafSpec.*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=r".+ directory .+ exists and is not empty", category=UserWarning)
    warnings.filterwarnings("ignore", message=r"It is recommended to use .*sync_dist", category=UserWarning)


def initial_weights(config: TrainConfig) -> Path | None:
    """The file that `init_from` names; None for a run that starts from nothing."""
    if config.init_from == "bundled":
        return BUNDLED_MODEL.with_suffix(".safetensors")
    return Path(config.init_from) if config.init_from else None


def load_initial_weights(model: PARSeq, prepared: PreparedRun, console: Console) -> None:
    """Start `model` from the weights of `init_from`, unless an earlier part of the run goes on; print what they brought.

    Raises:
        InputError: they cannot be read, or are of another model.
    """
    weights = initial_weights(prepared.config)
    if weights and not prepared.resume_point.checkpoint:
        print_line(console, f"started from {prepared.config.init_from}: {transfer_weights(model, weights).summary()}")


def _resumed_config(config: TrainConfig, console: Console) -> TrainConfig:
    """The configuration of a run that goes on: a batch size that was `auto` stays what it became; changes are printed."""
    saved_path = Path(config.out) / "config.yaml"
    if not saved_path.is_file():
        return config
    saved = read_saved(TrainConfig, saved_path)
    if config.data.batch_size == AUTO:
        config = _with_saved_batch_size(config, saved, saved_path)
    for name, was, value in _changes(saved, _plain(asdict(config))):
        print_line(console, f"changed since the run began: {name} was {was!r:.80}, is {value!r:.80}")
    return config


def _with_saved_batch_size(config: TrainConfig, saved: Mapping[str, object], saved_path: Path) -> TrainConfig:
    """The batch size that `auto` became when the run began, and the learning rate for it."""
    data = saved.get("data")
    batch_size = data.get("batch_size") if isinstance(data, dict) else None
    if not isinstance(batch_size, int):
        raise InputError(
            f"{saved_path}: does not say data.batch_size, which was auto; give the number that the run began with"
        )
    learning_rate = scaled_rate(config.trainer.learning_rate, batch_size)
    return replace(
        config,
        data=replace(config.data, batch_size=batch_size),
        trainer=replace(config.trainer, learning_rate=learning_rate),
    )


def _changes(saved: Mapping[str, object], config: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    """Each value of `config` that differs from the saved one: its key, what it was, what it is."""
    for group, values in config.items():
        old = saved.get(group)
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            was = old.get(key) if isinstance(old, dict) and key else old
            if value not in (was, AUTO):
                yield f"{group}.{key}" if key else group, was, value


def dump_config(config: TrainConfig) -> str:
    """The whole configuration as YAML, as it is printed and kept."""
    text: str = yaml.safe_dump(_plain(asdict(config)), allow_unicode=True, sort_keys=False)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
