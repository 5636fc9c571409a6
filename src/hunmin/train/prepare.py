"""A run before its first step: everything checked, every `auto` settled, nothing written."""

import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

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
from hunmin.text.charset import load_charset
from hunmin.train.config import AUTO, DataConfig, TrainConfig
from hunmin.train.resources.auto_settings import scaled_rate, settle
from hunmin.train.resources.device import Machine, choose_machine, keep_freed_memory
from hunmin.train.resume.checkpoints import Progressed, find_progress, is_validation_due
from hunmin.train.sources import ValidationSet, build_source, build_validation

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
class Prepared:
    """A run that has been checked, and for which nothing was written yet."""

    config: TrainConfig
    """Without any `auto` number."""
    machine: Machine
    spec: RecognizerSpec
    progress: Progressed
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
        step = self.progress.step
        is_due = is_validation_due(step, self.validate_every, self.config.trainer.max_steps)
        return 0 < step != self.progress.validated_step and is_due

    @property
    def is_finished(self) -> bool:
        """Whether an earlier part of the run did all steps and validations."""
        return self.progress.step >= self.config.trainer.max_steps and not self.has_validation_left

    def loader(self, ranks: Ranks, *, start_step: int, num_workers: int) -> BatchLoader:
        """The batches of the steps after `start_step`."""
        data = self.config.data
        rules = Rules(self.spec, data.on_unknown_character)
        return BatchLoader(
            BatchStream(self.source, rules, data.batch_size, self.config.seed),
            self.spec.tokenizer(),
            num_workers=num_workers,
            start_batch=start_step,
            rank=ranks.rank,
            world_size=ranks.world_size,
            pin_memory=self.machine.accelerator == "gpu",
        )


def prepare(config: TrainConfig, console: Console) -> Prepared:
    """Check everything that can be checked before the first step, and settle what is `auto`.

    Raises:
        InputError: the data, the folder or the device do not allow this run.
    """
    # Lightning's advice and its use of a deprecated torch function are not about the user's run.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=r".*LeafSpec.*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=r".+ directory .+ exists and is not empty", category=UserWarning)
    warnings.filterwarnings("ignore", message=r"It is recommended to use .*sync_dist", category=UserWarning)
    ranks = read_ranks()
    if ranks.world_size > 1 and config.trainer.accelerator in ("auto", "gpu") and torch.cuda.is_available():
        # Lightning does so later; until then all processes would measure on the first GPU.
        torch.cuda.set_device(ranks.own_gpu(torch.cuda.device_count()))
    machine, spec = choose_machine(config, ranks.local_world_size), build_spec(config.data)
    torch.set_num_threads(machine.threads)
    if machine.accelerator == "cpu":
        keep_freed_memory()
    progress = find_progress(Path(config.out), config, spec)
    for path, problem in progress.damaged:
        tell(console, f"passed over {path.name}: {problem}")
    steps = config.trainer
    if not progress.checkpoint and steps.warmup_steps >= steps.max_steps:
        tell(
            console,
            f"warning: trainer.warmup_steps={steps.warmup_steps} of trainer.max_steps={steps.max_steps}: the learning rate "
            "rises until the run ends and never falls; lower trainer.warmup_steps",
        )
    if progress.checkpoint:
        config = _as_before(config, console)
    if config.data.batch_size == AUTO and ranks.world_size > 1:
        raise InputError(
            "data.batch_size=auto: several processes would each find another number; "
            "let one alone find it (--dry-run) and give that"
        )
    if AUTO in (config.data.batch_size, config.data.num_workers):
        config = settle(config, spec, machine, console, ranks.local_world_size)
    source = build_source(config, spec, num_processes=ranks.world_size)
    return Prepared(config, machine, spec, progress, source, build_validation(config, spec))


def initial_weights(config: TrainConfig) -> Path | None:
    """The file that `init_from` names; None for a run that starts from nothing."""
    if config.init_from == "bundled":
        return BUNDLED_MODEL.with_suffix(".safetensors")
    return Path(config.init_from) if config.init_from else None


def take_over(model: PARSeq, prepared: Prepared, console: Console) -> None:
    """Start `model` from the weights of `init_from`, unless an earlier part of the run goes on; print what they brought.

    Raises:
        InputError: they cannot be read, or are of another model.
    """
    weights = initial_weights(prepared.config)
    if weights and not prepared.progress.checkpoint:
        tell(console, f"started from {prepared.config.init_from}: {transfer_weights(model, weights).summary()}")


def tell(console: Console, line: str) -> None:
    """Print a line as it is."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _as_before(config: TrainConfig, console: Console) -> TrainConfig:
    """A batch size that was `auto` stays what it became; say what else was changed since the run began."""
    saved = Path(config.out) / "config.yaml"
    if not saved.is_file():
        return config
    before = read_saved(TrainConfig, saved)
    if config.data.batch_size == AUTO:
        found = before.get("data", {}).get("batch_size") if isinstance(before.get("data", {}), dict) else None
        if not isinstance(found, int):
            raise InputError(
                f"{saved}: does not say data.batch_size, which was auto; give the number that the run began with"
            )
        rate = scaled_rate(config.trainer.learning_rate, found)
        config = replace(config, data=replace(config.data, batch_size=found))
        config = replace(config, trainer=replace(config.trainer, learning_rate=rate))
    now = _plain(asdict(config))
    for group, values in now.items() if isinstance(now, dict) else ():
        old = before.get(group)
        pairs = values.items() if isinstance(values, dict) else [("", values)]
        for key, value in pairs:
            was = old.get(key) if isinstance(old, dict) and key else old
            if value not in (was, AUTO):
                name = f"{group}.{key}" if key else group
                tell(console, f"changed since the run began: {name} was {was!r:.80}, is {value!r:.80}")
    return config


def dump_config(config: TrainConfig) -> str:
    """The whole configuration as YAML, as it is printed and kept."""
    text: str = yaml.safe_dump(_plain(asdict(config)), allow_unicode=True, sort_keys=False)
    return text


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
