"""A training run from its configuration to the finished model."""

import logging
import os
import platform
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from pytorch_lightning.callbacks import ModelCheckpoint, WeightAveraging
from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger
from rich.console import Console

from hunmin.data.batch import BatchLoader
from hunmin.data.clean import Rules
from hunmin.data.stream import BatchStream
from hunmin.errors import InputError
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY, carry_over, load_model, read_training_state, save_model
from hunmin.model.config import ModelConfig
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import load_charset
from hunmin.train.callbacks import Progress, StopOnNonFiniteLoss
from hunmin.train.config import DataConfig, TrainConfig
from hunmin.train.lightning_module import TrainingModule
from hunmin.train.schedule import average
from hunmin.train.sources import build_source, build_validation


@dataclass(frozen=True)
class Machine:
    """What a run uses of the hardware."""

    accelerator: str
    name: str
    precision: str
    threads: int


def choose_machine(config: TrainConfig) -> Machine:
    """Settle `auto`: a GPU where there is one; bf16 where the hardware multiplies it fast, 32 on CPUs.

    Raises:
        InputError: a device or precision is asked for that this machine lacks.
    """
    wanted = config.trainer.accelerator
    has_gpu, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if (wanted == "gpu" and not has_gpu) or (wanted == "mps" and not has_mps):
        raise InputError(
            f"trainer.accelerator={wanted}: torch {torch.__version__} sees no such device here; use auto or cpu"
        )
    accelerator = wanted if wanted != "auto" else "gpu" if has_gpu else "mps" if has_mps else "cpu"
    precision = config.trainer.precision
    if precision == "16-mixed" and accelerator == "cpu":
        raise InputError("trainer.precision=16-mixed: CPUs have no fast 16-bit floats; use 32 or auto")
    if precision == "auto":
        fast_bf16 = accelerator == "gpu" and torch.cuda.is_bf16_supported()
        precision = "bf16-mixed" if fast_bf16 else "16-mixed" if accelerator == "gpu" else "32"
    name = torch.cuda.get_device_name() if accelerator == "gpu" else platform.processor() or platform.machine()
    return Machine(accelerator, name, precision, config.trainer.threads or os.cpu_count() or 1)


def build_spec(data: DataConfig) -> RecognizerSpec:
    """The image format and charset that this run trains for."""
    return RecognizerSpec.for_charset(
        load_charset(data.charset),
        height_px=data.height_px,
        width_step_px=data.width_step_px,
        max_width_px=data.max_width_px,
        max_label_length=data.max_label_length,
    )


def run(config: TrainConfig, console: Console, callbacks: Sequence[pl.Callback] = ()) -> Path:
    """Train, and leave the finished model behind.

    Args:
        config: of the run.
        console: where progress is printed.
        callbacks: what else looks on, after the run's own; its state is not saved.

    Returns:
        The final model, `<out>/model.safetensors`, with averaged weights.

    Raises:
        InputError: the data, the folder or the device do not allow this run.
    """
    # Lightning's advice and its use of a deprecated torch function are not about the user's run.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=r".*LeafSpec.*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=r".+ directory .+ exists and is not empty", category=UserWarning)
    out = Path(config.out)
    machine = choose_machine(config)
    spec = build_spec(config.data)
    progress = find_progress(out, config, spec)
    for problem in progress.damaged:
        console.print(f"passed over: {problem}", highlight=False, markup=False, soft_wrap=True)
    if progress.checkpoint and progress.step >= config.trainer.max_steps:
        save_model(load_model(progress.checkpoint), out / "model.safetensors")
        return out / "model.safetensors"
    source = build_source(config, spec)
    validation = build_validation(config, spec)
    open_folder(out, config)

    pl.seed_everything(config.seed, verbose=False)
    torch.set_num_threads(machine.threads)
    module = TrainingModule(config, spec)
    module.validation_names = list(validation)
    if config.init_from and not progress.checkpoint:
        fresh = carry_over(module.model, Path(config.init_from))
        started = f"started from {config.init_from}; new: {', '.join(fresh) or 'nothing'}"
        console.print(started, highlight=False, markup=False, soft_wrap=True)
    console.print(first_line(config, machine, module), highlight=False, markup=False, soft_wrap=True)
    console.print(dump_config(config), highlight=False, markup=False, soft_wrap=True)

    loader = BatchLoader(
        BatchStream(source, Rules(spec, config.data.on_unknown_character), config.data.batch_size, config.seed),
        module.model.tokenizer,
        num_workers=config.data.num_workers,
        start_batch=progress.step,
        pin_memory=machine.accelerator == "gpu",
    )
    trainer = build_trainer(config, machine, console, progress.step, has_validation=bool(validation))
    trainer.callbacks.extend(callbacks)  # type: ignore[attr-defined]
    trainer.fit(module, loader, list(validation.values()) or None, ckpt_path=progress.checkpoint, weights_only=True)
    for name, ledger in {"training": loader.ledger, **{name: one.ledger for name, one in validation.items()}}.items():
        if ledger.dropped:
            console.print(f"{name}: {ledger.summary()}", highlight=False)
    # When the fit ends, the averaged weights stand in the module.
    save_model(module.model, out / "model.safetensors")
    return out / "model.safetensors"


def first_line(config: TrainConfig, machine: Machine, module: TrainingModule) -> str:
    """What the run really uses; the first thing to read when it is slow."""
    num_parameters = sum(parameter.numel() for parameter in module.model.parameters())
    spec = module.model.spec
    return (
        f"device {machine.accelerator} ({machine.name})  precision {machine.precision}  threads {machine.threads}  "
        f"batch {config.data.batch_size}  workers {config.data.num_workers}  parameters {num_parameters:,}  "
        f"charset {spec.charset_name} ({len(spec.characters):,} characters)"
    )


def open_folder(out: Path, config: TrainConfig) -> None:
    """Make the run's folder and keep its configuration there.

    Raises:
        InputError: it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = out / "config.yaml.partial"
        partial.write_text(dump_config(config), encoding="utf-8")
        partial.replace(out / "config.yaml")
    except OSError as error:
        raise InputError(f"out={out}: cannot be written ({error.strerror}); give another folder") from error


def build_trainer(
    config: TrainConfig, machine: Machine, console: Console, first_step: int, *, has_validation: bool
) -> pl.Trainer:
    """Lightning's trainer for this run, which starts or goes on at `first_step`."""
    out = Path(config.out)
    every = min(config.trainer.validate_every, config.trainer.max_steps)
    return pl.Trainer(
        accelerator=machine.accelerator,
        devices=1,
        precision=machine.precision,  # type: ignore[arg-type]
        max_steps=config.trainer.max_steps,
        val_check_interval=every if has_validation else None,
        check_val_every_n_epoch=None,
        limit_val_batches=1.0 if has_validation else 0,
        num_sanity_val_steps=0,
        log_every_n_steps=config.trainer.log_every,
        gradient_clip_val=config.trainer.gradient_clip,
        callbacks=build_callbacks(config, out, console),
        logger=build_loggers(config, out, first_step),
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=out,
    )


def build_callbacks(config: TrainConfig, out: Path, console: Console) -> list[pl.Callback]:
    """Checkpoints, averaging, and what is printed."""
    trainer = config.trainer
    callbacks: list[pl.Callback] = [
        ModelCheckpoint(
            out / "checkpoints",
            filename="{step:08d}",
            every_n_train_steps=trainer.save_every,
            save_top_k=1,
            monitor="step",
            mode="max",
            auto_insert_metric_name=False,
            enable_version_counter=False,
        ),
        StopOnNonFiniteLoss(trainer.log_every),
        Progress(console, trainer.log_every),
    ]
    if trainer.ema_decay:
        callbacks.append(WeightAveraging(use_buffers=True, avg_fn=partial(average, decay=trainer.ema_decay)))
    return callbacks


def build_loggers(config: TrainConfig, out: Path, first_step: int) -> list[Logger]:
    """CSV always, each part of a run in a folder of its own; W&B, offline unless the environment says otherwise, if asked for."""
    loggers: list[Logger] = [CSVLogger(out, name="log", version=f"from_{first_step:08d}")]
    if config.logger.wandb:
        offline = os.environ.get("WANDB_MODE", "offline") == "offline"
        loggers.append(WandbLogger(project=config.logger.project, save_dir=out, offline=offline))
    return loggers


@dataclass(frozen=True)
class Progressed:
    """Where an earlier part of the run stopped."""

    checkpoint: Path | None
    step: int
    damaged: tuple[str, ...] = ()
    """What is wrong with newer checkpoints, which could not be read."""


def find_progress(out: Path, config: TrainConfig, spec: RecognizerSpec) -> Progressed:
    """The newest checkpoint of this run that can be read, and its step.

    Raises:
        InputError: there is one and resume=never; or it belongs to another model or charset; or none of several can be read.
    """
    found = sorted((out / "checkpoints").glob("*.ckpt"), key=lambda path: path.stat().st_mtime, reverse=True)
    if not found:
        return Progressed(None, 0)
    if config.resume == "never":
        raise InputError(f"out={out} already holds a run; give another folder, or go on with it by resume=auto")
    damaged = []
    for path in found:
        try:
            state = read_training_state(path)
        except InputError as error:
            damaged.append(str(error))
            continue
        if not _belongs(state, config.model, spec):
            raise InputError(
                f"{path}: is of another model or charset than this configuration; give another folder: out=DIR"
            )
        return Progressed(path, int(state["global_step"]), tuple(damaged))
    raise InputError(
        f"out={out}: no checkpoint can be read ({damaged[0]}); give another folder, or delete its checkpoints"
    )


def _belongs(state: Mapping[str, Any], model: ModelConfig, spec: RecognizerSpec) -> bool:
    """Whether a checkpoint is of this model and charset."""
    if not (isinstance(state.get(SPEC_KEY), str) and isinstance(state.get(MODEL_KEY), str) and "global_step" in state):
        return False
    same_spec = RecognizerSpec.from_json(state[SPEC_KEY], where="the checkpoint") == spec
    return same_spec and ModelConfig.from_json(state[MODEL_KEY], where="the checkpoint") == model


def dump_config(config: TrainConfig) -> str:
    """The whole configuration as YAML, as it is printed and kept."""
    text: str = yaml.safe_dump(_plain(asdict(config)), allow_unicode=True, sort_keys=False)
    return text


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
