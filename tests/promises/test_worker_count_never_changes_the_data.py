"""Promise R2: the number of workers never changes the data, not even across a resume."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from hunmin.data.loading.augment import Augmented
from hunmin.data.loading.batch import Batch, BatchLoader
from hunmin.data.loading.stream import BatchStream, MixedSource, Source, StoreSource
from hunmin.data.loading.stretch import Stretched
from tests.data.lines import RULES, SPEC, Endless, store_of

NUM_BATCHES = 30


def fingerprints(batches: Iterator[Batch]) -> list[tuple[list[str], str]]:
    """Sample ids of each batch, and a hash of its pixels, targets and boxes."""
    return [
        (
            batch.ids,
            hashlib.sha256(b"".join(t.numpy().tobytes() for t in (batch.images, batch.tgt, batch.boxes))).hexdigest(),
        )
        for batch in batches
    ]


def read(source: Source, *, num_workers: int, start: int = 0, stop: int = NUM_BATCHES) -> list[tuple[list[str], str]]:
    stream = BatchStream(source, RULES, batch_size=6, seed=11, chunk_batches=4)
    loader = BatchLoader(stream, SPEC.tokenizer(), num_workers=num_workers, start_batch=start)
    return fingerprints(islice(loader, stop - start))


@pytest.fixture(params=["store", "augmented", "stretched", "generator", "mix"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "generator":
        return Endless()
    store = StoreSource(store_of(50, tmp_path / "store"))
    if request.param == "augmented":
        return Augmented(store, 1.0, seed=11)
    if request.param == "stretched":
        return Stretched(store, 0.5, seed=11, spec=SPEC)
    return store if request.param == "store" else MixedSource([store, Endless()], [2, 1], seed=11)


def test_the_same_batches_come_from_no_worker_one_and_two_and_after_a_resume(source: Source) -> None:
    alone = read(source, num_workers=0)
    assert len({pixels for _, pixels in alone}) == NUM_BATCHES
    assert read(source, num_workers=1) == alone
    assert read(source, num_workers=2) == alone
    for stopped_at, workers_before, workers_after in ((13, 0, 2), (8, 2, 1), (1, 1, 0)):
        before = read(source, num_workers=workers_before, stop=stopped_at)
        assert before + read(source, num_workers=workers_after, start=stopped_at) == alone
