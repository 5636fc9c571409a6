"""Batches: tensors that agree with the samples, and loaders that lose nothing."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from hunmin.data.clean import Ledger, Rules
from hunmin.data.loading.batch import NO_BOX, BatchLoader, collate, validation_batches
from hunmin.data.loading.padding import FEW_SHAPES, TIGHT, Padding
from hunmin.data.loading.stream import BatchStream, SomeOf, StoreSource
from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.image import preprocess
from tests.data.lines import RULES, SPEC, Endless, line, lines, store_of

TOKENIZER = SPEC.tokenizer()


def test_images_are_preprocessed_and_padded_to_one_width() -> None:
    samples = [line(0, width=20), line(1, width=100)]
    batch = collate(samples, SPEC, TOKENIZER)
    assert batch.images.shape == (2, 3, 32, 160)  # 100 px at height 24 are 133 px at height 32.
    assert batch.images.dtype == torch.float32
    assert batch.widths_px.tolist() == [27, 133]
    assert not batch.images[0, :, :, 27:].any()
    np.testing.assert_array_equal(batch.images[1].numpy(), preprocess(samples[1].image, SPEC))


def test_batches_can_come_in_few_shapes_and_none_is_larger_than_the_model_takes() -> None:
    spec = replace(SPEC, max_label_length=30, max_width_px=224)
    batches = [
        collate([line(0, text="가" * length, width=width)], spec, TOKENIZER, FEW_SHAPES)
        for length in range(1, 31)
        for width in range(24, 168, 16)
    ]
    assert {batch.tgt.shape[1] - 2 for batch in batches} == {8, 16, 24, 30}
    assert {batch.images.shape[3] for batch in batches} == {64, 128, 192, 224}


def test_targets_labels_kinds_and_ids_follow_the_samples() -> None:
    batch = collate([line(1, text="한"), line(2, text="한글 2")], SPEC, TOKENIZER)
    assert batch.labels == ["한", "한글 2"]
    np.testing.assert_array_equal(batch.tgt.numpy(), TOKENIZER.encode_batch(["한", "한글 2"]))
    assert batch.kinds == ["sign", "document"]
    assert batch.ids == ["line/0/1", "line/0/2"]
    assert len(batch) == 2


def test_boxes_move_with_the_pixels_and_the_rest_is_masked() -> None:
    grey = np.zeros((16, 48), np.uint8)
    boxes = np.array([[0, 0, 24, 16], [24, 4, 48, 12]], dtype=np.float32)
    samples = [Sample(grey, "한글", "a", boxes=boxes), Sample(grey, "가나다", "b"), line(0, text="가")]
    batch = collate(samples, SPEC, TOKENIZER)
    assert batch.boxes.shape == (3, 3, 4)
    assert batch.boxes[0].tolist() == [[0, 0, 48, 32], [48, 8, 96, 24], [NO_BOX] * 4]
    assert batch.box_mask.tolist() == [[True, True, False], [False] * 3, [True, False, False]]


@pytest.mark.parametrize("padding", [TIGHT, FEW_SHAPES])
def test_some_lines_of_a_batch_are_the_batch_of_these_lines(padding: Padding) -> None:
    samples = [line(0, text="가나다라마바", width=150), line(1, width=60), line(2, text="가", width=90)]
    some = collate(samples, SPEC, TOKENIZER, padding).take([1, 2], SPEC)
    expected = collate(samples[1:], SPEC, TOKENIZER, padding)
    for name, value in vars(expected).items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(getattr(some, name), value, msg=name)
        else:
            assert getattr(some, name) == value
    laid_out = replace(some, images=some.images.contiguous(memory_format=torch.channels_last))
    assert laid_out.take([0], SPEC).images.is_contiguous(memory_format=torch.channels_last)


def test_a_batch_moves_as_a_whole() -> None:
    batch = collate([line(0)], SPEC, TOKENIZER).to("meta")
    tensors = (batch.images, batch.widths_px, batch.tgt, batch.boxes, batch.box_mask)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert batch.labels == ["한글 0"]


def test_ranks_share_the_chunks_among_them() -> None:
    stream = BatchStream(Endless(), RULES, batch_size=2, seed=0, chunk_batches=3)

    def first(num: int, rank: int, world_size: int, start: int = 0) -> list[list[str]]:
        loader = BatchLoader(stream, TOKENIZER, num_workers=0, rank=rank, world_size=world_size, start_batch=start)
        return [batch.ids for batch in islice(loader, num)]

    alone = first(12, 0, 1)
    assert first(6, 0, 2) == alone[0:3] + alone[6:9]
    assert first(6, 1, 2) == alone[3:6] + alone[9:12]
    assert first(2, 1, 2, start=4) == alone[10:12]


def test_a_loader_starts_at_the_same_batch_every_time_and_keeps_the_account() -> None:
    loader = BatchLoader(BatchStream(Endless(), RULES, 2, 0, chunk_batches=2), TOKENIZER, num_workers=0, start_batch=1)
    first, again = [[batch.ids for batch in islice(loader, 3)] for _ in range(2)]
    assert first == again
    assert loader.ledger.kept == 16


@pytest.mark.parametrize("num_workers", [0, 1])
def test_what_is_wrong_in_a_worker_is_said_in_one_line(num_workers: int, tmp_path: Path) -> None:
    store = store_of(12, tmp_path / "store")
    rules = Rules(replace(SPEC, charset_name="tiny", characters="한글 "))
    loader = BatchLoader(BatchStream(StoreSource(store), rules, 4, 0), TOKENIZER, num_workers=num_workers)
    with pytest.raises(InputError, match=r"^line/0/\d+: label '한글 \d+' has .* not in charset 'tiny'[^\n]*$"):
        next(iter(loader))


def test_validation_gives_every_sample_once_in_the_same_batches(tmp_path: Path) -> None:
    source = StoreSource(store_of(70, tmp_path / "store"))
    runs = []
    for _ in range(2):
        ledger = Ledger()
        runs.append([batch.ids for batch in validation_batches(source, RULES, TOKENIZER, 4, ledger)])
        assert (ledger.seen, ledger.kept) == (70, 70)
    assert runs[0] == runs[1]
    assert sorted(identity for batch in runs[0] for identity in batch) == sorted(sample.id for sample in lines(70))


def test_validation_accounts_for_what_the_model_cannot_be_fed() -> None:
    class Wide:
        name = "wide"
        num_samples = 10

        def sample(self, epoch: int, index: int) -> Sample:
            return line(index, width=400 if index % 2 else 40)

    ledger = Ledger()
    batches = list(validation_batches(Wide(), RULES, TOKENIZER, 4, ledger))
    assert [len(batch) for batch in batches] == [4, 1]
    assert ledger.dropped == {"too wide": 5}


def test_an_endless_source_cannot_be_validated_on_but_its_first_samples_can() -> None:
    with pytest.raises(InputError, match="endless: has no end"):
        next(validation_batches(Endless(), RULES, TOKENIZER, 4, Ledger()))
    assert len(list(validation_batches(SomeOf(Endless(), 8), RULES, TOKENIZER, 4, Ledger()))) == 2
