"""Batch size and number of workers by trying: `data.batch_size=auto`, `data.num_workers=auto`."""

import math
import time
from dataclasses import dataclass, replace
from itertools import islice

import torch
from rich.console import Console

from hunmin.data.clean import Rules
from hunmin.data.loading.batch import NO_BOX, Batch, BatchLoader
from hunmin.data.loading.stream import BatchStream, Source
from hunmin.errors import InputError
from hunmin.spec import RecognizerSpec
from hunmin.train.config import AUTO, TrainConfig
from hunmin.train.lightning_module import TrainingModule
from hunmin.train.resources.device import Machine, memory_bytes, num_cores
from hunmin.train.resources.memory import step_memory
from hunmin.train.resources.trial_steps import rehearse
from hunmin.train.sources import build_source, count_lines

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
class Sampled:
    """What the first lines of the training set are like."""

    width_px: int
    """Of the middle one's bucket."""
    length: int
    """Characters of the middle one."""
    lines_per_s: float
    """That one process prepares."""
    num_lines: int | None
    """In the whole training set; None where a generator is part of it."""


def settle(
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
    sampled = _sample(config, spec)
    module = TrainingModule(config, spec)
    data = config.data
    batch_size, images_per_s = data.batch_size, 0.0
    if batch_size == AUTO:
        batch_size, images_per_s = _best_batch(module, sampled, machine, console)
        rate = scaled_rate(config.trainer.learning_rate, batch_size)
        config = replace(config, trainer=replace(config.trainer, learning_rate=rate))
        _tell(console, f"data.batch_size=auto: {batch_size}; trainer.learning_rate for it: {rate:.1e}")
    num_workers = data.num_workers
    if num_workers == AUTO:
        images_per_s = images_per_s or _try_batch(module, sampled, machine, batch_size)
        wanted = math.ceil(1.2 * images_per_s / sampled.lines_per_s)
        num_workers = max(1, min(wanted, num_cores(num_processes) - 1))
        _tell(
            console,
            f"data.num_workers=auto: {num_workers}; the model takes {images_per_s:.0f} lines a second, one process makes "
            f"{sampled.lines_per_s:.0f}, there are {num_cores(num_processes)} cores"
            + (" for each" if num_processes > 1 else ""),
        )
    return replace(config, data=replace(data, batch_size=batch_size, num_workers=num_workers))


def scaled_rate(learning_rate: float, batch_size: int) -> float:
    """The learning rate for a batch: above `REFERENCE_BATCH` it grows with the square root (Malladi et al., NeurIPS 2022)."""
    return learning_rate * math.sqrt(max(batch_size / REFERENCE_BATCH, 1.0))


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _sample(config: TrainConfig, spec: RecognizerSpec) -> Sampled:
    """Prepare some lines, and look at them."""
    batches, seconds = prepare_lines(config, spec)
    widths = sorted(spec.bucket_width_px(width) for batch in batches for width in batch.widths_px.tolist())
    lengths = sorted(len(label) for batch in batches for label in batch.labels)
    return Sampled(
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


def _best_batch(module: TrainingModule, sampled: Sampled, machine: Machine, console: Console) -> tuple[int, float]:
    """The batch size with the most lines a second, and how many."""
    spec = module.model.spec
    memory = step_memory(module.model, module.config.trainer, machine, spec.max_width_px, spec.max_label_length)
    limit = int(memory_bytes(machine.accelerator)[0] * MEMORY_SHARE[machine.accelerator])
    best_size, best_rate = 0, 0.0
    sizes = [size for size in BATCH_SIZES if sampled.num_lines is None or size <= sampled.num_lines]
    for size in sizes or [sampled.num_lines or 1]:
        needed = memory.bytes(size)
        row = f"batch {size:>5}  {needed / 2**30:6.1f} GiB for the widest lines"
        if limit and needed > limit:
            _tell(console, f"{row}  more than {limit / 2**30:.1f} GiB, the limit")
            break
        try:
            rate = _try_batch(module, sampled, machine, size)
        except torch.OutOfMemoryError:
            _tell(console, f"{row}  does not fit")
            break
        _tell(console, f"{row}  {rate:7.1f} lines a second")
        if best_rate and rate < best_rate * GAIN:
            break
        best_size, best_rate = size, rate
    if not best_size:
        raise InputError(
            f"data.batch_size=auto: not even {BATCH_SIZES[0]} lines fit into {limit / 2**30:.1f} GiB; lower data.max_width_px "
            "or take a smaller model"
        )
    return best_size, best_rate


def _try_batch(module: TrainingModule, sampled: Sampled, machine: Machine, size: int) -> float:
    """Lines a second with this batch size."""
    batch = made_up_batch(module, size, sampled.width_px, sampled.length)
    return size / rehearse(module, [batch] * 3, machine)


def made_up_batch(module: TrainingModule, size: int, width_px: int, length: int) -> Batch:
    """A batch of noise, every line of it `length` characters long."""
    spec, tokenizer = module.model.spec, module.model.tokenizer
    labels = [spec.characters[:length].ljust(length, spec.characters[0])] * size
    return Batch(
        images=torch.randn(size, 3, spec.height_px, width_px),
        widths_px=torch.full((size,), width_px),
        labels=labels,
        tgt=torch.from_numpy(tokenizer.encode_batch(labels)),
        boxes=torch.full((size, length, 4), NO_BOX),
        box_mask=torch.zeros(size, length, dtype=torch.bool),
        kinds=[""] * size,
        ids=[""] * size,
        has_all_boxes=True,  # as generated lines have them, so that no time goes into looking for places
    )
