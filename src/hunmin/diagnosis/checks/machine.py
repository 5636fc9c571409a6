"""Checks of what the run makes of this machine."""

from collections.abc import Iterator
from dataclasses import is_dataclass

import lmdb
import torch

from hunmin.data.clean import Rules
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Finding, grade
from hunmin.training.config import AUTO
from hunmin.training.resources.auto_settings import BATCH_SIZES
from hunmin.training.resources.memory import step_memory

SLOW_WAIT, LOST_WAIT = 0.2, 0.5
"""Share of the time that the device waits for data: noticeable, and more than it works."""
DEEPEST = 6
"""Attributes of attributes … of a source that are looked into."""


def accelerator(case: Case) -> Finding:
    """There is a GPU, and the run does not use it.

    Either the configuration says `cpu`, or torch was installed as its CPU build and sees no GPU although the driver does.
    Nothing fails: the run is only many times as slow, and looks as if it did not learn.
    """
    hardware, used = case.hardware, case.machine.accelerator
    measured = f"device {used}; this machine has {hardware.accelerator_name or 'no accelerator that torch sees'}"
    expected = "the accelerator, where there is one"
    if hardware.accelerator and used == "cpu":
        cause = "the configuration asks for the CPU"
        return Finding("accelerator", "failed", measured, expected, cause, "trainer.accelerator=auto")
    if hardware.driver and not hardware.accelerator:
        cause = f"an NVIDIA driver is loaded, but torch {torch.__version__} cannot use it: a build for CPUs, or of another CUDA"
        change = "Install the build of torch for your driver: https://pytorch.org/get-started/locally"
        return Finding("accelerator", "failed", measured, expected, cause, change)
    return Finding("accelerator", "passed", measured, expected)


def precision(case: Case) -> Finding:
    """The numbers are wider than training needs where the hardware has units for narrower ones.

    GPUs since 2020, and some CPUs for servers, have units that multiply matrices of bfloat16: by their data sheets several
    times as fast as float32, in half the memory. Older GPUs have them for float16, which works because losses are scaled.
    On hardware without such units 16 bits are imitated, which is slower than float32; hunmin refuses that.
    """
    hardware, machine = case.hardware, case.machine
    measured = f"{machine.precision} on {machine.name or machine.accelerator}"
    # A run on a CPU beside a GPU is a fault of its own; see accelerator.
    idle = hardware.accelerator and machine.accelerator == "cpu"
    if idle or machine.precision != "32" or hardware.precision == "32":
        return Finding("precision", "passed", measured, measured if idle else hardware.precision)
    cause = "this hardware has units for 16-bit floats, several times as fast by their data sheets"
    return Finding("precision", "warning", measured, hardware.precision, cause, "trainer.precision=auto")


def workers(case: Case) -> Finding:
    """Too many processes prepare data, or none does beside a GPU.

    With `data.num_workers=0` the training process draws and decodes by itself, and the GPU waits. With more workers than cores
    they take turns, and the training process has to wait for its turn as well.
    """
    num, cores = case.config.data.num_workers, case.hardware.cores
    measured, expected = (
        f"{num} workers, {cores} cores",
        f"{'1' if case.machine.accelerator != 'cpu' else '0'} to {cores}",
    )
    if num > cores:
        cause = "more workers than cores: they take turns"
        return Finding("workers", "warning", measured, expected, cause, f"data.num_workers={max(1, cores - 1)}")
    if num == 0 and case.machine.accelerator != "cpu":
        cause = "the training process prepares each batch itself while the GPU waits"
        return Finding("workers", "warning", measured, expected, cause, f"data.num_workers={max(1, cores - 1)}")
    return Finding("workers", "passed", measured, expected)


def data_wait(case: Case) -> Finding:
    """The device waits for data.

    A step takes as long as the slower of two: computing, and preparing the next batch. Here both are timed apart, and what the
    run will wait follows from them. Workers prepare in parallel, on cores of their own where there are enough.
    """
    config, hardware, timings = case.config, case.hardware, case.timings
    prepare_s, compute_s = timings.prepare_s, timings.compute_s
    alone = config.data.num_workers == 0
    at_once = max(1, min(config.data.num_workers, hardware.cores))
    step_s = prepare_s + compute_s if alone else max(prepare_s / at_once, compute_s)
    share = 1 - compute_s / step_s
    measured = (
        f"waits {share:.0%}: a line takes {1e3 * prepare_s:.1f} ms to prepare, {1e3 * compute_s:.1f} ms to learn from"
    )
    expected, figures = "at most 20 %", {"wait": share, "prepare_s": prepare_s, "compute_s": compute_s}
    status = grade(share, SLOW_WAIT, LOST_WAIT)
    if status == "passed":
        return Finding("data_wait", status, measured, expected, figures=figures)
    needed = max(1, -(-prepare_s // compute_s))
    spare = max(1, hardware.cores - 1)
    change = f"data.num_workers={min(int(needed), spare)}"
    cause = "too few processes prepare batches"
    if needed > spare:
        cause = f"preparing a line is too dear for {hardware.cores} cores"
        change = "Write generated lines to a store once: hunmin synth OUT. For crops from stores, lower data.augment."
    return Finding("data_wait", status, measured, expected, cause, change, figures)


def batch_memory(case: Case) -> Finding:
    """A batch of the widest lines does not fit into memory.

    Most batches are narrow, so a run can go well for hours and then stop at its first batch of wide lines. The memory of a
    step is estimated as the run itself does, for lines as wide as the widest one drawn, with the longest label. With
    `data.batch_size=auto` the run chooses what fits, and only its smallest choice is looked at.
    """
    config, spec, hardware = case.config, case.spec, case.hardware
    on_gpu = case.machine.accelerator == "gpu"
    available = hardware.accelerator_bytes if on_gpu else hardware.free_bytes
    rules = Rules(spec, "drop")
    fit = [sample for sample in case.samples if rules.why_unfit(sample) is None]
    widest = max(
        (spec.scaled_width_px(one.image.shape[1], one.image.shape[0]) for one in fit), default=spec.width_step_px
    )
    width_px, length = spec.bucket_width_px(widest), max((len(sample.text) for sample in fit), default=1)
    memory = step_memory(case.model, config.trainer, case.machine, width_px, length)
    auto = case.configuration.data.batch_size == AUTO
    num_lines = BATCH_SIZES[0] if auto else config.data.batch_size
    needed = memory.bytes(num_lines)
    share = needed / available
    measured = f"{_gib(needed)} for {num_lines} lines of {width_px} px; {_gib(available)} there"
    expected, figures = "at most 80 %", {"needed_bytes": needed, "available_bytes": available}
    status = grade(share, 0.8, 1.0)
    if status == "passed":
        return Finding("batch_memory", status, measured, expected, figures=figures)
    fitting = int((0.8 * available - memory.fixed_bytes) / memory.line_bytes)
    if fitting < 1:
        cause = f"weights and optimizer alone take {_gib(memory.fixed_bytes)}"
        return Finding(
            "batch_memory", status, measured, expected, cause, "a smaller model, such as model=nano", figures
        )
    change = f"data.batch_size={1 << (fitting.bit_length() - 1)}"
    cause = "the widest lines of a batch take many times the memory of the usual ones"
    return Finding("batch_memory", status, measured, expected, cause, change, figures)


def lmdb_before_fork(case: Case) -> Finding:
    """A source holds an open LMDB environment that workers would inherit.

    LMDB keeps its lock table and its map for one process. A worker that inherits an open environment reads wrong pages, or
    hangs, or dies without a message, and only sometimes. hunmin's stores open theirs anew in each process; a source of your
    own that opens it in `__init__` does not.
    """
    expected = "no open environment that would go along"
    for source in case.sources:
        where = next(_environments(source, source.name, DEEPEST), None)
        if where and case.config.data.num_workers:
            cause = "LMDB was opened before the workers start"
            change = "Open it at the first read, and leave it out of __getstate__, as hunmin.data.store.lmdb_store.Store does."
            return Finding("lmdb_before_fork", "failed", f"{where} is an open environment", expected, cause, change)
    return Finding("lmdb_before_fork", "passed", f"{len(case.sources)} sources looked into", expected)


def _environments(value: object, path: str, depth: int) -> Iterator[str]:
    """Where below `value` an open LMDB environment would travel to a worker."""
    if isinstance(value, lmdb.Environment):
        yield path
    elif depth and (is_dataclass(value) or type(value).__module__.split(".")[0] not in _PLAIN):
        state = value.__getstate__()
        for name, inner in state.items() if isinstance(state, dict) else ():
            yield from _environments(inner, f"{path}.{name}", depth - 1)


# Nothing of these holds an environment, and some hold a great deal else.
_PLAIN = {"builtins", "numpy", "pathlib", "collections", "functools", "types"}


def _gib(num_bytes: float) -> str:
    return f"{num_bytes / 2**30:.1f} GiB"
