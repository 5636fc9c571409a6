"""How many samples one core reads for training in a second, without and with augmentation, and what each stage takes.

    python benchmarks/bench_read_store.py [STORE] [NUM_SAMPLES]

Without STORE, generated lines are written into a temporary folder first, once as PNG and once as JPEG of quality 90.
One process and one OpenCV thread, processor time, so that a busy machine changes it little; samples are taken in random
order, as training takes them. "whole" is `BatchStream.chunk` and `collate`, what a loader's worker does; the stages are
the same calls timed one by one.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from hunmin.data.clean import Rules
from hunmin.data.loading.augment import Augmented, augment
from hunmin.data.loading.batch import collate
from hunmin.data.loading.stream import BatchStream, Source, StoreSource
from hunmin.data.sample import Sample
from hunmin.data.store.codec import decode_image
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.image import preprocess
from hunmin.spec import RecognizerSpec
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import korean

Given = TypeVar("Given")
Result = TypeVar("Result")

BATCH_SIZE = 64
STRENGTHS = (0.5, 1.0)
STAGES = ("get", "decode", "augment", "preprocess", "rest")


def main(path: Path | None, num: int) -> None:
    """Print a table for each store."""
    cv2.setNumThreads(1)
    spec = RecognizerSpec.for_charset(korean())
    if path:
        measure(open_store(path), spec, num)
        return
    generator = Recipe(default_config(), frozenset(spec.characters)).build()
    lines = [generator.sample(0, 0, index) for index in range(min(num, 4000))]
    with tempfile.TemporaryDirectory() as folder:
        for name, quality in (("png", None), ("jpeg", 90)):
            write_store(lines, Path(folder) / name, jpeg_quality=quality)
            measure(open_store(Path(folder) / name), spec, num)


def measure(store: Store, spec: RecognizerSpec, num: int) -> None:
    """Time the whole, then the stages."""
    order = np.random.default_rng(0).integers(len(store), size=num).tolist()
    for index in order[:500]:
        store.sample(index)  # pages of the file that are not in memory yet are the disk's matter
    pixels = np.mean([np.prod(store.sample(index).image.shape[:2]) for index in order[:500]])
    print(
        f"\n{store.name}: {len(store):,} samples of {pixels:,.0f} pixels on average, {num:,} read, batches of {BATCH_SIZE}"
    )
    print(f"{'augment':>9}{'samples/s':>11}{'µs each':>9}  " + "".join(f"{stage:>12}" for stage in STAGES))
    for strength in (0.0, *STRENGTHS):
        whole = _whole(store, spec, num, strength)
        stages = _stages(store, spec, order, strength)
        shares = [*stages, max(whole - sum(stages), 0.0)]
        told = "".join(f"{share / whole:>11.0%} " for share in shares)
        print(f"{strength:>9.1f}{num / whole:>11,.0f}{1e6 * whole / num:>9.0f}  {told}")


def _whole(store: Store, spec: RecognizerSpec, num: int, strength: float) -> float:
    """Seconds for `num` samples in batches, as a worker of the loader makes them."""
    crops = StoreSource(store)
    source: Source = Augmented(crops, strength, seed=0) if strength else crops
    stream = BatchStream(source, Rules(spec, on_unknown_character="drop"), BATCH_SIZE, seed=0)
    tokenizer = spec.tokenizer()
    num_chunks = max(1, num // (BATCH_SIZE * stream.chunk_batches))
    stream.chunk(0)
    start = time.process_time()
    for number in range(num_chunks):
        for samples in stream.chunk(number).batches:
            collate(samples, spec, tokenizer)
    return (time.process_time() - start) * num / (num_chunks * BATCH_SIZE * stream.chunk_batches)


def _stages(store: Store, spec: RecognizerSpec, order: list[int], strength: float) -> list[float]:
    """Seconds of getting the bytes, decoding, augmenting and preprocessing, each over all samples."""
    spent = [0.0] * 4
    for start in range(0, len(order), BATCH_SIZE):
        some = order[start : start + BATCH_SIZE]
        encoded = _timed(spent, 0, lambda some: [store.encoded_image(index) for index in some], some)
        _timed(spent, 1, lambda images: [decode_image(one, where="") for one in images], encoded)
        samples = [store.sample(index) for index in some]
        if strength:
            rng = np.random.default_rng(start)
            samples = _timed(spent, 2, partial(_augmented, rng=rng, strength=strength), samples)
        fit = [sample for sample in samples if sample.image.shape[1] <= 30 * sample.image.shape[0]]
        _timed(spent, 3, lambda fit: [preprocess(sample.image, spec) for sample in fit], fit)
    return spent


def _augmented(samples: list[Sample], rng: np.random.Generator, strength: float) -> list[Sample]:
    return [augment(one, rng, strength) for one in samples]


def _timed(spent: list[float], stage: int, work: Callable[[list[Given]], Result], given: list[Given]) -> Result:
    start = time.process_time()
    result = work(given)
    spent[stage] += time.process_time() - start
    return result


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else None,
        int(sys.argv[2]) if len(sys.argv) > 2 else 20_000,  # noqa: PLR2004 - the second argument
    )
