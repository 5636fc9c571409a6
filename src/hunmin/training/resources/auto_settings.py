"""Batch size and number of workers by trying: `data.batch_size=auto`, `data.num_workers=auto`."""

import math
import time
from dataclasses import dataclass, replace
from itertools import islice

import torch
from rich.console import Console

from hunmin.data.clean import Rules
from hunmin.data.loading.batch import Batch, BatchLoader
from hunmin.data.loading.stream import BatchStream, Source
from hunmin.errors import InputError
from hunmin.model.parseq import PARSeq
from hunmin.spec import RecognizerSpec
from hunmin.training.config import AUTO, TrainConfig, TrainerConfig
from hunmin.training.logs.console import print_line
from hunmin.training.resources.device import Machine, cores_of_each, memory_bytes
from hunmin.training.resources.memory import step_memory
from hunmin.training.resources.throughput import time_steps
from hunmin.training.sources import build_source, count_lines
from hunmin.training.step import dummy_batch

BATCH_SIZES = (8, 16, 32, 64, 128, 256, 448, 512, 1024, 2048)
REFERENCE_BATCH = 64
"""The largest batch that the learning rates of the configurations are for; they did well with 32 and 16, too."""
MEMORY_SHARE = {"gpu": 0.9, "cpu": 0.5, "mps": 0.5}
"""Of what is free; a CPU's memory is everybody's."""
GAIN = 1.05
"""A larger batch must be that much faster than the best so far: larger ones cost steps."""
NUM_SAMPLES = 64
"""Lines prepared to learn how wide and how long they are, and how long they take to prepare."""


@dataclass(frozen=True)
class TypicalLine:
    """What a line of the training set is like, and how fast lines are prepared."""

    width_px: int
    """Of the median line's bucket."""
    length: int
    """Characters of the median line."""
    lines_per_s: float
    """That one process prepares."""
    num_lines: int | None
    """In the whole training set; None where a generator is part of it."""


def resolve_auto(
    config: TrainConfig, spec: RecognizerSpec, machine: Machine, console: Console, num_processes: int = 1
) -> TrainConfig:
    """Put numbers in the place of `auto`, and print what was tried.

    A large batch that was found also scales the learning rate.

    Args:
        config: of the run.
        spec: what its images and labels are like.
        machine: what it runs on.
        console: to print to.
        num_processes: training processes on this machine, which share its cores.

    Raises:
        InputError: not even the smallest batch fits, or the lines cannot be read.
    """
    line = _typical_line(config, spec)
    model, data = PARSeq(config.model, spec), config.data
    # Timed as it is written: compiling takes a minute.
    machine = replace(machine, compile=False)
    batch_size, images_per_s = data.batch_size, 0.0
    if batch_size == AUTO:
        batch_size, images_per_s = _best_batch(model, config.trainer, line, machine, console)
        rate = scaled_rate(config.trainer.learning_rate, batch_size)
        config = replace(config, trainer=replace(config.trainer, learning_rate=rate))
        print_line(console, f"data.batch_size=auto: {batch_size}; trainer.learning_rate for it: {rate:.1e}")
    num_workers = data.num_workers
    if num_workers == AUTO:
        images_per_s = images_per_s or _images_per_s(model, config.trainer, line, machine, batch_size)
        wanted = math.ceil(1.2 * images_per_s / line.lines_per_s)
        num_workers = max(1, min(wanted, cores_of_each(num_processes) - 1))
        print_line(
            console,
            f"data.num_workers=auto: {num_workers}; the model takes {images_per_s:.0f} lines a second, one process makes "
            f"{line.lines_per_s:.0f}, there are {cores_of_each(num_processes)} cores"
            + (" for each" if num_processes > 1 else ""),
        )
    return replace(config, data=replace(data, batch_size=batch_size, num_workers=num_workers))


def scaled_rate(learning_rate: float, batch_size: int) -> float:
    """The learning rate for a batch: above `REFERENCE_BATCH` it grows with the square root (Malladi et al., NeurIPS 2022)."""
    return learning_rate * math.sqrt(max(batch_size / REFERENCE_BATCH, 1.0))


def _typical_line(config: TrainConfig, spec: RecognizerSpec) -> TypicalLine:
    """Prepare some lines, and look at them."""
    batches, seconds = prepare_lines(config, spec)
    widths = sorted(spec.bucket_width_px(width) for batch in batches for width in batch.widths_px.tolist())
    lengths = sorted(len(label) for batch in batches for label in batch.labels)
    return TypicalLine(
        widths[len(widths) // 2],
        max(1, lengths[len(lengths) // 2]),
        NUM_SAMPLES / seconds,
        count_lines([_late_source(config, spec)]),
    )


def prepare_lines(config: TrainConfig, spec: RecognizerSpec) -> tuple[list[Batch], float]:
    """Prepare `NUM_SAMPLES` lines of the later run as a worker does: drawn, augmented, put into batches.

    Returns:
        The batches, and the seconds that they took with fonts and files already open.

    Raises:
        InputError: the lines cannot be read.
    """
    rules = Rules(spec, config.data.on_unknown_character)
    stream = BatchStream(_late_source(config, spec), rules, NUM_SAMPLES // 8, config.seed)
    batches = iter(BatchLoader(stream, spec.tokenizer(), num_workers=0))
    list(islice(batches, stream.chunk_batches))  # opens fonts and files
    start = time.perf_counter()
    made = list(islice(batches, stream.chunk_batches))
    return made, time.perf_counter() - start


def _late_source(config: TrainConfig, spec: RecognizerSpec) -> Source:
    """The training lines after the curriculum's end, however few there are."""
    return build_source(replace(config, data=replace(config.data, batch_size=1, curriculum_share=0.0)), spec)


def _best_batch(
    model: PARSeq, trainer: TrainerConfig, line: TypicalLine, machine: Machine, console: Console
) -> tuple[int, float]:
    """The batch size with the most lines a second, and how many."""
    memory = step_memory(model, trainer, machine, model.spec.max_width_px, model.spec.max_label_length)
    limit = int(memory_bytes(machine.accelerator)[0] * MEMORY_SHARE[machine.accelerator])
    best_size, best_rate = 0, 0.0
    sizes = [size for size in BATCH_SIZES if line.num_lines is None or size <= line.num_lines]
    for size in sizes or [line.num_lines or 1]:
        needed = memory.bytes(size)
        row = f"batch {size:>5}  {needed / 2**30:6.1f} GiB for the widest lines"
        if limit and needed > limit:
            print_line(console, f"{row}  more than {limit / 2**30:.1f} GiB, the limit")
            break
        try:
            rate = _images_per_s(model, trainer, line, machine, size)
        except torch.OutOfMemoryError:
            print_line(console, f"{row}  does not fit")
            break
        print_line(console, f"{row}  {rate:7.1f} lines a second")
        if best_rate and rate < best_rate * GAIN:
            break
        best_size, best_rate = size, rate
    if not best_size:
        raise InputError(
            f"data.batch_size=auto: not even {BATCH_SIZES[0]} lines fit into {limit / 2**30:.1f} GiB; lower data.max_width_px "
            "or take a smaller model"
        )
    return best_size, best_rate


def _images_per_s(model: PARSeq, trainer: TrainerConfig, line: TypicalLine, machine: Machine, batch_size: int) -> float:
    """Lines a second with this batch size."""
    batch = dummy_batch(model.spec, batch_size, line.width_px, line.length)
    return batch_size / time_steps(model, [batch] * 3, trainer, machine)
