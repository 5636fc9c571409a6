"""A training run from its configuration to the finished model."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger, Logger
from pytorch_lightning.strategies import DDPStrategy
from rich.console import Console

from hunmin.data.loading.batch import Batch
from hunmin.errors import InputError
from hunmin.files import is_disk_full, remove_leftovers, write_text
from hunmin.model.checkpoint import load_model, save_model
from hunmin.model.parseq import PARSeq
from hunmin.training.averaging import Averaging
from hunmin.training.config import TrainConfig
from hunmin.training.lightning_module import TrainingModule
from hunmin.training.logs.callbacks import Progress, ValidationFiles
from hunmin.training.logs.console import print_line
from hunmin.training.logs.curves import Curves
from hunmin.training.logs.trackers import build_tracker
from hunmin.training.prepare import PreparedRun, Ranks, dump_config, load_initial_weights, prepare, read_ranks
from hunmin.training.resources.throughput import count_flops, peak_flops
from hunmin.training.resume.checkpoints import Checkpoints, WholeFiles
from hunmin.training.resume.resume_point import rename_damaged
from hunmin.training.resume.stopping import StopOnNonFinite, StopSignal


def run(config: TrainConfig, console: Console, callbacks: Sequence[pl.Callback] = ()) -> Path:
    """Train, and leave the finished model behind.

    Args:
        config: of the run.
        console: where progress is printed.
        callbacks: what else looks on, after the run's own.

    Returns:
        The final model, `<out>/model.safetensors`, with averaged weights.

    Raises:
        InputError: the data, the folder or the device do not allow this run, its disk is full, or its loss or weights are not
            finite.
        StoppedError: Ctrl-C or SIGTERM ended it; its state is saved.
    """
    ranks = read_ranks()
    console = console if ranks.rank == 0 else Console(quiet=True)
    prepared = prepare(config, console)
    config, resume_point = prepared.config, prepared.resume_point
    out = Path(config.out)
    model_path = out / "model.safetensors"
    if resume_point.checkpoint and prepared.is_finished:
        if ranks.rank == 0:
            save_model(_calibrated(load_model(resume_point.checkpoint), model_path), model_path)
        return model_path
    module = build_module(prepared)
    load_initial_weights(module.model, prepared, console)
    if ranks.rank == 0:
        create_run_folder(out, config)
        rename_damaged(resume_point.damaged)
        # What a kill left behind: checkpoints that were being written, or pictures of a validation.
        for folder in (out, out / "checkpoints", *out.glob("log/*"), *out.glob("validation/*")):
            remove_leftovers(folder)
    print_line(console, settings_line(prepared, module))
    print_line(console, dump_config(config))

    loader = prepared.loader(ranks, start_step=resume_point.step, num_workers=config.data.num_workers)
    trainer = build_trainer(prepared, ranks, module, console)
    trainer.callbacks.extend(callbacks)  # type: ignore[attr-defined]
    signal = next(one.signal for one in trainer.callbacks if isinstance(one, Checkpoints))  # type: ignore[attr-defined]
    sets = [replace(one, rank=ranks.rank, world_size=ranks.world_size) for one in prepared.validation.values()]
    with signal.watched():
        try:
            trainer.fit(module, loader, sets or None, ckpt_path=resume_point.checkpoint, weights_only=True)
        except OSError as error:
            # What Lightning writes at the end hides the message of the first write that failed.
            first = error.__context__
            if isinstance(first, InputError):
                raise first from error
            if not is_disk_full(error):
                raise
            raise InputError(
                f"{error.filename or out}: the disk is full; the newest checkpoint is whole: free some space, and the same "
                "command goes on from it"
            ) from error
        # When the fit ends, the averaged weights stand in the module. A signal from here on comes too late to stop anything.
        if ranks.rank == 0:
            save_model(module.model, model_path)
    for name, ledger in {
        "training": loader.ledger,
        **{name: one.ledger for name, one in prepared.validation.items()},
    }.items():
        if ledger.dropped:
            print_line(console, f"{name}: {ledger.summary()}")
    return model_path


def build_module(prepared: PreparedRun) -> TrainingModule:
    """The model in training, as the machine wants it."""
    config, machine = prepared.config, prepared.machine
    pl.seed_everything(config.seed, verbose=False)
    module = TrainingModule(config, prepared.spec)
    module.validation_names = list(prepared.validation)
    module.is_mixed = machine.precision != "32"
    if machine.channels_last:
        module.use_channels_last()
    if machine.compile:
        module.compile_losses()
    return module


def settings_line(prepared: PreparedRun, module: TrainingModule) -> str:
    """What the run really uses; the first thing to read when it is slow."""
    machine, spec, data = prepared.machine, prepared.spec, prepared.config.data
    num_parameters = sum(parameter.numel() for parameter in module.model.parameters())
    ranks = read_ranks()
    return (
        f"device {machine.accelerator} ({machine.name})  precision {machine.precision}  threads {machine.threads}  "
        f"batch {data.batch_size}  workers {data.num_workers}  parameters {num_parameters:,}  "
        f"charset {spec.charset_name} ({len(spec.characters):,} characters)"
        + (f"  processes {ranks.world_size}" if ranks.world_size > 1 else "")
        + ("  compiled" if machine.compile else "")
    )


def create_run_folder(out: Path, config: TrainConfig) -> None:
    """Make the run's folder and keep its configuration there.

    Raises:
        InputError: it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out={out}: cannot be written ({error.strerror}); give another folder") from error
    write_text(out / "config.yaml", dump_config(config))


def build_trainer(prepared: PreparedRun, ranks: Ranks, module: TrainingModule, console: Console) -> pl.Trainer:
    """Lightning's trainer for this run, which starts or goes on where `prepared` says."""
    config, machine = prepared.config, prepared.machine
    out, trainer = Path(config.out), config.trainer
    return pl.Trainer(
        accelerator=machine.accelerator,
        devices=ranks.local_world_size,
        num_nodes=ranks.world_size // ranks.local_world_size,
        # Processes may validate different numbers of batches, so a step must wait for no other; only the first one's
        # statistics are kept, and they are handed round before a validation.
        strategy=DDPStrategy(broadcast_buffers=False) if ranks.world_size > 1 else "auto",
        precision=machine.precision,  # type: ignore[arg-type]
        # A run that has all its steps is left at once, without its hooks, and so without the last validation: such a one
        # is given a further step, which `Checkpoints` does not let begin.
        max_steps=max(trainer.max_steps, prepared.resume_point.step + 1),
        val_check_interval=prepared.validate_every,
        check_val_every_n_epoch=None,
        limit_val_batches=1.0 if prepared.validation else 0,
        num_sanity_val_steps=0,
        log_every_n_steps=trainer.log_every,
        gradient_clip_val=trainer.gradient_clip,
        callbacks=build_callbacks(prepared, ranks, module, console),
        logger=build_loggers(prepared, console),
        plugins=[WholeFiles()],
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=out,
    )


def build_callbacks(prepared: PreparedRun, ranks: Ranks, module: TrainingModule, console: Console) -> list[pl.Callback]:
    """Checkpoints, averaging, and what is printed."""
    config, machine = prepared.config, prepared.machine
    trainer, out = config.trainer, Path(config.out)
    checkpoints = Checkpoints(
        out / "checkpoints", trainer.save_every, prepared.validate_every, trainer.max_steps, StopSignal()
    )

    def batch_of(step: int) -> Batch:
        return next(iter(prepared.loader(ranks, start_step=step - 1, num_workers=0)))

    cost = count_flops(module.model, trainer)
    return [
        *([Averaging(trainer.ema_decay, machine.device)] if trainer.ema_decay else []),
        StopOnNonFinite(trainer.log_every, checkpoints.may_save, batch_of, out),
        ValidationFiles(out, console),  # before Progress starts its clocks again
        Curves(out, console, trainer.log_every),
        Progress(console, trainer.log_every, cost, peak_flops(machine.device, machine.dtype), checkpoints),
        checkpoints,
    ]


def build_loggers(prepared: PreparedRun, console: Console) -> list[Logger]:
    """CSV always, each part of a run in a folder of its own; W&B or TensorBoard if asked for."""
    # Two parts may begin after one step, the first with a validation: its figures stay, whatever follows.
    part = f"from_{prepared.resume_point.step:08d}" + ("_validation" if prepared.has_validation_left else "")
    loggers: list[Logger] = [CSVLogger(prepared.config.out, name="log", version=part)]
    tracker = build_tracker(prepared.config, console)
    return [*loggers, tracker] if tracker else loggers


def _calibrated(model: PARSeq, path: Path) -> PARSeq:
    """A finished run's model, with the confidence that `hunmin calibrate` has fitted to the file at `path` since."""
    if path.exists():
        with suppress(InputError):  # damaged: it is written anew
            model.spec = replace(model.spec, confidence_exponent=load_model(path).spec.confidence_exponent)
    return model
