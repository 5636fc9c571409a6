"""The model learns: from one batch by heart, and from new lines something of Korean."""

import numpy as np
import pytest
import torch

from hunmin.data.batch import collate
from hunmin.model.decoding import decode_one_pass
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import one_pass_mask, query_masks, sample_orders
from hunmin.synth.generate import Generator, load_config
from hunmin.synth.fonts import bundled_faces
from hunmin.synth.corpus import load_corpus
from tests.model.shapes import model_config, small_spec


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(bundled_faces(), load_corpus(frozenset(small_spec().characters)), load_config())


def _masks(length: int, step: int) -> torch.Tensor:
    orders = sample_orders(length, 4, np.random.default_rng(step))
    return torch.cat((query_masks(torch.from_numpy(orders)), one_pass_mask(length)[None]))


@pytest.mark.parametrize("encoder", ["hybrid", "vit"])
def test_one_batch_of_32_different_lines_is_read_without_a_mistake_after_at_most_300_steps(
    encoder: str, generator: Generator
) -> None:
    torch.manual_seed(0)
    spec = small_spec(max_label_length=12)
    lines = [generator.sample(0, 0, index, max_length=12) for index in range(80)]
    lines = [line for line in lines if line.image.shape[1] <= 6 * line.image.shape[0]][:32]
    assert len({line.text for line in lines}) == 32
    model = PARSeq(model_config(encoder), spec)
    batch = collate(lines, spec, model.tokenizer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(1, 301):
        loss = model.training_losses(batch.images, batch.tgt, _masks(batch.tgt.shape[1] - 2, step)).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        if step % 10 == 0 and loss < 0.5:
            model.eval()
            with torch.no_grad():
                ids = decode_one_pass(model, batch.images).argmax(dim=2).tolist()
            model.train()
            if [model.tokenizer.decode(row) for row in ids] == batch.labels:
                print(f"{encoder}: all 32 right after {step} steps, loss {loss:.3f}")
                return
    pytest.fail(f"after 300 steps the loss is {loss:.3f} and not all lines are right")
