"""Batch size and number of workers by trying: `data.batch_size=auto`, `data.num_workers=auto`."""

import math
import time
from dataclasses import dataclass, replace

import torch
from rich.console import Console

from hunmin.data.batch import NO_BOX, Batch
from hunmin.data.clean import Rules
from hunmin.data.stream import BatchStream
from hunmin.errors import InputError
from hunmin.image import bucket_width_px, scaled_width_px
from hunmin.spec import RecognizerSpec
from hunmin.train.config import AUTO, TrainConfig
from hunmin.train.lightning_module import TrainingModule
from hunmin.train.machine import Machine, memory_bytes, num_cores
from hunmin.train.memory import step_memory
from hunmin.train.rehearsal import rehearse
from hunmin.train.sources import build_source, count_lines

BATCH_SIZES = (8, 16, 32, 64, 128, 256, 448, 512, 1024, 2048)
REFERENCE_BATCH = 64
"""The largest batch that the learning rates of the configurations are for; they did well with 32 and 16, too."""
MEMORY_SHARE = {"gpu": 0.9, "cpu": 0.5, "mps": 0.5}
"""Of what is free; a CPU's memory is everybody's."""
GAIN = 1.05
"""A larger batch must be that much faster than the best so far: larger ones cost steps."""
NUM_SAMPLES = 64
"""Lines drawn to learn how wide and how long they are, and how long they take to make."""


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


def settle(config: TrainConfig, spec: RecognizerSpec, machine: Machine, console: Console) -> TrainConfig:
    """Put numbers in the place of `auto`, and print what was tried.

    A large batch that was found also scales the learning rate, with its square root (Malladi et al., NeurIPS 2022: what Adam's
    noise asks for).

    Raises:
        InputError: not even the smallest batch fits, or the lines cannot be read.
    """
    sampled = _sample(config, spec)
    module = TrainingModule(config, spec)
    data = config.data
    batch_size, images_per_s = data.batch_size, 0.0
    if batch_size == AUTO:
        batch_size, images_per_s = _best_batch(module, sampled, machine, console)
        rate = rate_for(config.trainer.learning_rate, batch_size)
        config = replace(config, trainer=replace(config.trainer, learning_rate=rate))
        _tell(console, f"data.batch_size=auto: {batch_size}; trainer.learning_rate for it: {rate:.1e}")
    num_workers = data.num_workers
    if num_workers == AUTO:
        images_per_s = images_per_s or _try_batch(module, sampled, machine, batch_size)
        wanted = math.ceil(1.2 * images_per_s / sampled.lines_per_s)
        num_workers = max(1, min(wanted, num_cores() - 1))
        _tell(
            console,
            f"data.num_workers=auto: {num_workers}; the model takes {images_per_s:.0f} lines a second, one process makes "
            f"{sampled.lines_per_s:.0f}, there are {num_cores()} cores",
        )
    return replace(config, data=replace(data, batch_size=batch_size, num_workers=num_workers))


def rate_for(learning_rate: float, batch_size: int) -> float:
    """The learning rate of a configuration, for a batch of a size that was searched for."""
    return learning_rate * math.sqrt(max(batch_size / REFERENCE_BATCH, 1.0))


def _tell(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _sample(config: TrainConfig, spec: RecognizerSpec) -> Sampled:
    """Draw some lines as training will draw them, after the curriculum's end."""
    config = replace(config, data=replace(config.data, batch_size=1, curriculum_share=0.0))
    rules = Rules(spec, config.data.on_unknown_character)
    source = build_source(config, spec)
    stream = BatchStream(source, rules, NUM_SAMPLES // 8, config.seed)
    stream.chunk(0)  # opens fonts and files
    start = time.perf_counter()
    chunk = stream.chunk(1)
    lines_per_s = NUM_SAMPLES / (time.perf_counter() - start)
    samples = [sample for batch in chunk.batches for sample in batch]
    widths = sorted(_bucket_px(sample.image.shape, spec) for sample in samples)
    lengths = sorted(len(sample.text) for sample in samples)
    return Sampled(widths[len(widths) // 2], max(1, lengths[len(lengths) // 2]), lines_per_s, count_lines([source]))


def _bucket_px(shape: tuple[int, ...], spec: RecognizerSpec) -> int:
    """The width that an image of (height, width, …) is padded to."""
    return bucket_width_px(scaled_width_px(shape[1], shape[0], spec), spec)


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
