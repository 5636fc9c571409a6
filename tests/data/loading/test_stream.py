"""Streams: every sample once an epoch, like widths together, unfit samples replaced and counted, exact shares."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hunmin.data.clean import Rules
from hunmin.data.loading.stream import MIX_BLOCK, BatchStream, MixedSource, SampleChunk, SomeOf, StoreSource, draw
from hunmin.data.sample import Sample
from hunmin.errors import ImageError, InputError
from tests.data.lines import RULES, SPEC, Endless, line, store_of


@dataclass(frozen=True)
class Numbered:
    """A finite source that is cheap enough for thousands of samples."""

    name: str
    num_samples: int

    def sample(self, epoch: int, index: int) -> Sample:
        return Sample(np.zeros((8, 8), np.uint8), "가", f"{self.name}/{index}")


@dataclass(frozen=True)
class Flawed:
    """Every fifth sample is unfit, in five different ways."""

    name: str = "flawed"
    num_samples: int = 100

    def sample(self, epoch: int, index: int) -> Sample:
        if index == 0:
            raise ImageError("unreadable", "image-1: damaged")
        text = {5: "", 10: "뷁", 15: "가나다라마바사아자"}.get(index)
        return line(index, text=text, width=300 if index == 20 else None)


def ids(chunk: SampleChunk) -> list[str]:
    return [sample.id for batch in chunk.batches for sample in batch]


def test_every_sample_of_a_store_comes_once_in_an_epoch_and_each_epoch_has_its_own_order(tmp_path: Path) -> None:
    stream = BatchStream(StoreSource(store_of(48, tmp_path / "store")), RULES, batch_size=4, seed=3, chunk_batches=4)
    epochs = [[identity for c in range(3 * e, 3 * e + 3) for identity in ids(stream.chunk(c))] for e in range(2)]
    wanted = {f"line/0/{number}" for number in range(48)}
    assert set(epochs[0]) == set(epochs[1]) == wanted
    assert len(epochs[0]) == len(epochs[1]) == 48
    assert epochs[0] != epochs[1]


def test_a_seed_fixes_the_order_and_another_seed_changes_it() -> None:
    source = Numbered("a", 100)
    same = [ids(BatchStream(source, RULES, 4, seed).chunk(1)) for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_a_chunk_that_reaches_into_the_next_epoch_is_full() -> None:
    stream = BatchStream(Numbered("a", 10), RULES, batch_size=4, seed=0, chunk_batches=2)
    counts = Counter(identity for number in range(5) for identity in ids(stream.chunk(number)))
    assert set(counts.values()) == {4}


def test_batches_hold_similar_widths_and_do_not_come_in_order_of_width() -> None:
    chunk = BatchStream(Endless(), RULES, batch_size=8, seed=0, chunk_batches=16).chunk(0)
    spans = [(min(widths), max(widths)) for widths in ([s.image.shape[1] for s in batch] for batch in chunk.batches)]
    assert np.mean([high - low for low, high in spans]) < 15  # 20 to 160 px in all
    assert spans != sorted(spans)


def test_unfit_samples_are_replaced_and_counted() -> None:
    stream = BatchStream(Flawed(), Rules(SPEC, on_unknown_character="drop"), batch_size=20, seed=0, chunk_batches=5)
    chunk = stream.chunk(0)
    assert len(ids(chunk)) == 100
    assert set(ids(chunk)) <= {f"line/0/{number}" for number in range(100)} - {f"line/0/{n}" for n in range(0, 25, 5)}
    reasons = {"unreadable", "empty label", "unknown character", "too long", "too wide"}
    assert set(chunk.ledger.dropped) == reasons
    assert chunk.ledger.kept == 100
    chunk.ledger.check()


def test_a_source_without_fit_samples_is_given_up() -> None:
    @dataclass(frozen=True)
    class Blank:
        name: str = "blank"
        num_samples: None = None

        def sample(self, epoch: int, index: int) -> Sample:
            return line(index, text="")

    with pytest.raises(InputError, match=r"blank: 100 samples in a row cannot be trained on .*empty label 100"):
        BatchStream(Blank(), RULES, 4, 0).chunk(0)


def test_an_empty_source_is_refused() -> None:
    with pytest.raises(InputError, match="nothing: holds no samples"):
        BatchStream(Numbered("nothing", 0), RULES, 4, 0)


def test_a_mix_takes_exact_shares_and_every_sample_of_a_store_once_before_any_twice() -> None:
    mix = MixedSource([Numbered("a", 1500), Numbered("b", 700), Endless()], [6.0, 3.0, 1.0], seed=4)
    drawn = [mix.sample(0, index).id for index in range(0, 2500)]
    counts = Counter(identity.split("/")[0] for identity in drawn)
    assert 1400 < counts["a"] < 1600
    assert {count for identity, count in Counter(drawn).items() if identity.startswith("b/")} <= {1, 2}
    block = Counter(mix.sample(0, index).id.split("/")[0] for index in range(MIX_BLOCK))
    assert block == {"a": 6000, "b": 3000, "line": 1000}
    assert mix.name == "a+b+endless"


def test_a_mix_goes_on_through_its_sources_across_blocks() -> None:
    mix = MixedSource([Numbered("a", MIX_BLOCK), Numbered("b", 10)], [1, 1], seed=0)
    first_two = [mix.sample(0, index).id for index in range(2 * MIX_BLOCK)]
    from_a = [identity for identity in first_two if identity.startswith("a/")]
    assert len(from_a) == len(set(from_a)) == MIX_BLOCK


def test_a_mix_replaces_a_sample_by_another_one_of_the_same_source() -> None:
    mix = MixedSource([Numbered("a", 500), Numbered("b", 500)], [1, 1], seed=0)
    for index in range(20):
        first, second = mix.sample(0, index).id, mix.sample(1, index).id
        assert first != second
        assert first[0] == second[0]


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, 1e-9]])
def test_weights_that_make_no_sense_are_refused(weights: list[float]) -> None:
    with pytest.raises(InputError, match=r"data\.sources"):
        MixedSource([Numbered("a", 5), Numbered("b", 5)], weights, seed=0)


def test_a_generator_is_asked_for_consecutive_indices_and_never_for_a_later_epoch() -> None:
    assert [draw(Endless(), 0, position).id for position in (0, 1, 10**6)] == [
        "line/1000/0",
        "line/1000/1",
        "line/1000/1000000",
    ]
    assert draw(Endless(), 0, 7, attempt=2).id == "line/1002/7"


def test_the_first_of_a_generator_is_finite() -> None:
    source = SomeOf(Endless(), 5)
    assert (source.num_samples, source.name) == (5, "endless")
    assert source.sample(0, 4).id == "line/1000/4"


def test_some_of_a_store_are_evenly_spaced_so_that_every_part_of_it_is_there() -> None:
    source = SomeOf(Numbered("a", 10), 4)
    assert [source.sample(0, index).id for index in range(4)] == ["a/0", "a/2", "a/5", "a/7"]
    whole = SomeOf(Numbered("a", 10), 10)
    assert [whole.sample(0, index).id for index in range(10)] == [f"a/{index}" for index in range(10)]
