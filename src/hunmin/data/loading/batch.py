"""Batches for training and validation, and the worker processes that make them.

Legend: N batch, L longest label of the batch, H W pixels.
"""

import multiprocessing
import signal
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from multiprocessing.context import BaseContext

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hunmin.data.clean import Ledger, Rules
from hunmin.data.loading.padding import TIGHT, Padding
from hunmin.data.loading.stream import BatchStream, Source
from hunmin.data.sample import Sample
from hunmin.errors import ImageError, InputError
from hunmin.image import preprocess
from hunmin.processes import IN_A_SCRIPT
from hunmin.spec import RecognizerSpec
from hunmin.text.tokenizer import Tokenizer

NO_BOX = -1.0
"""Fills `Batch.boxes` where there is no box. Not NaN: a mask cannot multiply that away."""
VALIDATION_WINDOW = 16
"""Batches of a validation set that are sorted by width together."""


@dataclass(frozen=True)
class Batch:
    """Images padded to one width, and what they say."""

    images: Tensor
    """(N, 3, H, W) float32, normalised; W is the padded width of the widest image."""
    widths_px: Tensor
    """(N,) int64: how much of W is image; the rest is padding."""
    labels: list[str]
    tgt: Tensor
    """(N, L+2) int64: `<bos>`, characters, `<eos>`, `<pad>` …"""
    boxes: Tensor
    """(N, L, 4) float32: x0, y0, x1, y1 of each character in pixels of `images`; `NO_BOX` where unknown."""
    box_mask: Tensor
    """(N, L) bool, True = the character has a box."""
    kinds: list[str]
    ids: list[str]
    has_all_boxes: bool = False
    """Whether every line has its boxes, as far as is known without asking a GPU."""
    padding: Padding = TIGHT
    """How far it was padded."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Sequence[int], spec: RecognizerSpec) -> "Batch":
        """Some lines of this batch, padded no further than they need."""
        index = torch.tensor(rows, device=self.images.device)
        labels = [self.labels[row] for row in rows]
        longest = self.padding.length(labels, spec)
        width_px = self.padding.width_px(int(self.widths_px[index].max()), spec)
        return Batch(
            images=self.images[index, ..., :width_px],
            widths_px=self.widths_px[index],
            labels=labels,
            tgt=self.tgt[index, : longest + 2],
            boxes=self.boxes[index, :longest],
            box_mask=self.box_mask[index, :longest],
            kinds=[self.kinds[row] for row in rows],
            ids=[self.ids[row] for row in rows],
            has_all_boxes=self.has_all_boxes,
            padding=self.padding,
        )

    def to(self, device: torch.device | str) -> "Batch":
        """This batch on another device."""
        return self._with({name: tensor.to(device, non_blocking=True) for name, tensor in self._tensors().items()})

    def pin_memory(self) -> "Batch":
        """This batch in page-locked memory, from which a GPU copies without waiting."""
        return self._with({name: tensor.pin_memory() for name, tensor in self._tensors().items()})

    def _tensors(self) -> dict[str, Tensor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def _with(self, tensors: dict[str, Tensor]) -> "Batch":
        return replace(self, **tensors)  # type: ignore[arg-type]


def collate(samples: Sequence[Sample], spec: RecognizerSpec, tokenizer: Tokenizer, padding: Padding = TIGHT) -> Batch:
    """Preprocess samples and pad them to one width and length.

    Raises:
        InputError: a sample is too wide for `spec`, or has a character that `tokenizer` lacks; `Rules.why_unfit` knows
            before.
    """
    widths = [spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0]) for sample in samples]
    padded_px, length = padding.width_px(max(widths), spec), padding.length([sample.text for sample in samples], spec)
    images = np.empty((len(samples), spec.channels, spec.height_px, padded_px), dtype=np.float32)
    tgt = tokenizer.encode_batch([sample.text for sample in samples], length)
    boxes = np.full((len(samples), length, 4), NO_BOX, dtype=np.float32)
    box_mask = np.zeros(boxes.shape[:2], dtype=bool)
    for i, (sample, width) in enumerate(zip(samples, widths, strict=True)):
        images[i] = preprocess(sample.image, spec, padded_px)
        if sample.boxes is not None:
            x_scale, y_scale = width / sample.image.shape[1], spec.height_px / sample.image.shape[0]
            scale = np.array([x_scale, y_scale, x_scale, y_scale], dtype=np.float32)
            boxes[i, : len(sample.boxes)] = sample.boxes * scale
            box_mask[i, : len(sample.boxes)] = True
    return Batch(
        images=torch.from_numpy(images),
        widths_px=torch.tensor(widths),
        labels=[sample.text for sample in samples],
        tgt=torch.from_numpy(tgt),
        boxes=torch.from_numpy(boxes),
        box_mask=torch.from_numpy(box_mask),
        has_all_boxes=all(sample.boxes is not None for sample in samples),
        kinds=[sample.kind for sample in samples],
        ids=[sample.id for sample in samples],
        padding=padding,
    )


@dataclass(frozen=True)
class BatchChunk:
    """What a worker hands over at a time."""

    batches: list[Batch]
    ledger: Ledger

    def pin_memory(self) -> "BatchChunk":
        """The batches in page-locked memory; DataLoader asks for it."""
        return replace(self, batches=[batch.pin_memory() for batch in self.batches])


@dataclass(frozen=True)
class _Chunks(Dataset[BatchChunk | InputError]):
    stream: BatchStream
    tokenizer: Tokenizer

    def __getitem__(self, number: int) -> BatchChunk | InputError:
        try:
            chunk = self.stream.chunk(number)
        except InputError as error:
            return error  # An error that is raised in a worker arrives with a page of traceback in its message.
        batches = [
            collate(samples, self.stream.rules.spec, self.tokenizer, self.stream.padding) for samples in chunk.batches
        ]
        return BatchChunk(batches, chunk.ledger)


@dataclass(frozen=True)
class _ChunkNumbers:
    """The chunks that one rank trains on: every `step`-th. Were it single batches, each rank would load all samples."""

    first: int
    step: int

    def __iter__(self) -> Iterator[int]:
        return count(self.first, self.step)


class BatchLoader:
    """An endless iterable of training batches, made by worker processes.

    The batches are a function of the stream, `rank` and `world_size` alone. Each `iter()` starts at `start_batch` again
    and may raise what `BatchStream.chunk` raises.
    """

    def __init__(
        self,
        stream: BatchStream,
        tokenizer: Tokenizer,
        *,
        num_workers: int,
        start_batch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        pin_memory: bool = False,
    ) -> None:
        """Plan the work; processes start when the iteration does.

        Args:
            stream: what to train on.
            tokenizer: of the stream's spec.
            num_workers: processes that prepare batches; 0 prepares them in this one.
            start_batch: how many batches of this rank were trained on before, for a resume.
            rank: number of this training process.
            world_size: how many training processes there are.
            pin_memory: whether the batches go to a GPU.
        """
        first, self._skip = divmod(start_batch, stream.chunk_batches)
        self.ledger = Ledger()
        """What was kept and dropped in the chunks handed over so far."""
        # How many workers there should be is the caller's business.
        warnings.filterwarnings("ignore", message="This DataLoader will create", category=UserWarning)
        self._loader = DataLoader(
            _Chunks(stream, tokenizer),
            batch_size=None,
            sampler=_ChunkNumbers(first * world_size + rank, world_size),
            num_workers=num_workers,
            pin_memory=pin_memory,
            multiprocessing_context=_worker_context() if num_workers else None,
            worker_init_fn=_begin_worker,
        )

    def __iter__(self) -> Iterator[Batch]:
        skip = self._skip
        for chunk in self._chunks():
            if isinstance(chunk, InputError):
                raise chunk
            self.ledger.add(chunk.ledger)
            yield from chunk.batches[skip:]
            skip = 0

    def _chunks(self) -> "Iterator[BatchChunk | InputError]":
        try:
            chunks = iter(self._loader)
            first = list(islice(chunks, 1))
        except (ConnectionError, EOFError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "exited unexpectedly" not in str(error):
                raise
            raise InputError(f"a process that was to prepare lines ended as it began; {IN_A_SCRIPT}") from error
        yield from first
        yield from chunks


def _worker_context() -> BaseContext:
    """How workers start: forked, but out of a small process without threads that has imported what they need.

    A worker forked out of the training process would wait for ever for a lock that one of its threads held just then.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _begin_worker(worker: int) -> None:
    # Each worker has a core; OpenCV would start a thread for every core in each of them.
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    # Ctrl-C and a shutdown reach every process of the group; the training process decides, and needs its batches until then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def validation_batches(
    source: Source, rules: Rules, tokenizer: Tokenizer, batch_size: int, ledger: Ledger
) -> Iterator[Batch]:
    """Every sample of a finite source once, always in the same batches; similar widths together.

    Args:
        source: a store, or `SomeOf` a generator.
        rules: what the model can be fed; the rest is dropped.
        tokenizer: of the rules' spec.
        batch_size: N; the last batch of each `VALIDATION_WINDOW` may be smaller.
        ledger: gets the account; whoever reports the figures reports it, too.

    Raises:
        InputError: the source is endless, or has a character that the charset lacks and the rules say `error`.
    """
    if source.num_samples is None:
        raise InputError(f"{source.name}: has no end, so it cannot be validated on; say how many samples to take")
    window: list[Sample] = []
    for index in range(source.num_samples):
        try:
            sample = source.sample(0, index)
        except ImageError as error:
            ledger.drop(error.code, str(error))
            continue
        reason = rules.why_unfit(sample)
        if reason:
            ledger.drop(reason, f"{sample.id}: {sample.text}")
            continue
        ledger.keep()
        window.append(sample)
        if len(window) == VALIDATION_WINDOW * batch_size:
            yield from _by_width(window, rules.spec, tokenizer, batch_size)
            window = []
    yield from _by_width(window, rules.spec, tokenizer, batch_size)
    ledger.check()


def _by_width(samples: list[Sample], spec: RecognizerSpec, tokenizer: Tokenizer, batch_size: int) -> Iterator[Batch]:
    samples.sort(key=lambda sample: spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0]))
    for start in range(0, len(samples), batch_size):
        yield collate(samples[start : start + batch_size], spec, tokenizer)
