"""Batches from several stores: their widths are sorted together, and each has the share that its weight says."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from hunmin.data.loading.augment import Augmented
from hunmin.data.loading.batch import Batch, BatchLoader
from hunmin.data.loading.stream import MIX_BLOCK, BatchStream, MixedSource, StoreSource
from tests.data.lines import RULES, SPEC, Endless, line, store_of
from tests.data.loading.test_stream import Numbered


def batches(mix: MixedSource, num: int, batch_size: int = 16) -> list[Batch]:
    stream = BatchStream(mix, RULES, batch_size=batch_size, seed=5, chunk_batches=8)
    return list(islice(BatchLoader(stream, SPEC.tokenizer(), num_workers=0), num))


@pytest.fixture
def mix(tmp_path: Path) -> MixedSource:
    stores = [StoreSource(store_of(60, tmp_path / name, seed=seed)) for seed, name in ((1, "forms"), (2, "signs"))]
    return MixedSource([stores[0], Augmented(stores[1], 0.5, seed=5), Endless()], [5, 3, 2], seed=5)


def source_of(identity: str) -> str:
    return {"1": "forms", "2": "signs"}.get(identity.split("/")[1], "synth")


def test_one_batch_has_samples_of_all_sources_and_of_much_the_same_width(mix: MixedSource) -> None:
    made = batches(mix, 16)
    together = [len({source_of(identity) for identity in batch.ids}) for batch in made]
    assert sum(num == 3 for num in together) > 12
    spans = [int(batch.widths_px.max() - batch.widths_px.min()) for batch in made]
    widths = [int(width) for batch in made for width in batch.widths_px]
    assert sorted(spans)[len(spans) // 2] < (max(widths) - min(widths)) / 5
    # Padding is what the sorting saves: without it, most of these batches would be as wide as the widest.
    padded = sum(int(batch.widths_px.shape[0] * batch.images.shape[3] - batch.widths_px.sum()) for batch in made)
    assert padded < 0.25 * sum(batch.images.shape[0] * batch.images.shape[3] for batch in made)


def test_batches_hold_the_sources_in_the_proportion_of_their_weights(mix: MixedSource) -> None:
    made = batches(mix, 8 * 16)
    counts = Counter(source_of(identity) for batch in made for identity in batch.ids)
    total = counts.total()
    assert counts["forms"] / total == pytest.approx(0.5, abs=0.03)
    assert counts["signs"] / total == pytest.approx(0.3, abs=0.03)
    assert counts["synth"] / total == pytest.approx(0.2, abs=0.03)


def test_a_small_store_comes_round_evenly_while_a_large_one_has_not_ended() -> None:
    mix = MixedSource([Numbered("small", 50), Numbered("large", 10**6)], [1, 1], seed=0)
    drawn = Counter(mix.sample(0, index).id for index in range(MIX_BLOCK))
    times = {num for identity, num in drawn.items() if identity.startswith("small/")}
    assert times == {MIX_BLOCK // 2 // 50}
    assert max(num for identity, num in drawn.items() if identity.startswith("large/")) == 1


def test_what_one_source_cannot_give_is_replaced_from_the_same_source() -> None:
    class HalfEmpty(Numbered):
        def sample(self, epoch: int, index: int):  # type: ignore[no-untyped-def]
            return replace(line(index), id=f"{self.name}/{index}", text="가" if index % 2 else "", boxes=None)

    mix = MixedSource([HalfEmpty("half", 100), Numbered("whole", 100)], [1, 1], seed=0)
    stream = BatchStream(mix, RULES, batch_size=50, seed=0, chunk_batches=20)
    chunk = stream.chunk(0)
    counts = Counter(sample.id.split("/")[0] for batch in chunk.batches for sample in batch)
    assert counts.total() == 1000
    assert counts["half"] == pytest.approx(500, abs=40)
    assert chunk.ledger.dropped.total() > 300
