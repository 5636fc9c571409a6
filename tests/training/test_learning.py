"""The model learns: from one batch by heart, and from new lines something of Korean."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor

import hunmin
from hunmin.compose import load_config
from hunmin.data.loading.batch import collate
from hunmin.model.decode import Decoded, decode_autoregressive, decode_one_pass
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import one_pass_mask, query_masks, sample_orders
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.generate import Generator
from hunmin.synth.texts.corpus import load_corpus
from hunmin.training.config import TrainConfig
from hunmin.training.run import run
from tests.model.shapes import model_config, small_spec
from tests.training.runs import read_csv


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(bundled_faces(), load_corpus(frozenset(small_spec().characters)), default_config())


def _masks(length: int, step: int) -> torch.Tensor:
    orders = sample_orders(length, 4, np.random.default_rng(step))
    return torch.cat((query_masks(torch.from_numpy(orders)), one_pass_mask(length)[None]))


# In one pass each character is refined from all others, an order that so few steps seldom draw: the vit misses one or two then.
@pytest.mark.parametrize(("encoder", "decode"), [("hybrid", decode_one_pass), ("vit", decode_autoregressive)])
def test_one_batch_of_32_different_lines_is_read_without_a_mistake_after_at_most_300_steps(
    encoder: str, decode: Callable[[PARSeq, Tensor], Decoded], generator: Generator
) -> None:
    torch.manual_seed(0)
    spec = small_spec(max_label_length=12)
    lines = [generator.sample(3, 0, index, max_length=12) for index in range(80)]
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
                ids = decode(model, batch.images).tokens.tolist()
            model.train()
            if [model.tokenizer.decode(row) for row in ids] == batch.labels:
                print(f"{encoder}: all 32 right after {step} steps, loss {loss:.3f}")
                return
    pytest.fail(f"after 300 steps the loss is {loss:.3f} and not all lines are right")


@pytest.mark.slow
def test_after_300_steps_on_short_words_the_validation_loss_is_clearly_below_the_entropy_of_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUNMIN_FONTS", str(Path(hunmin.__file__).parent / "fonts"))
    stem = "[{channels: 16, stride_rows: 3, stride_columns: 3, kernel: 5}, {channels: 48, stride_rows: 2, stride_columns: 2}, "
    stem += "{channels: 96, stride_rows: 8, stride_columns: 1}]"
    config = load_config(
        TrainConfig,
        [
            f"out={tmp_path / 'run'}",
            *(
                "model.encoder.width=96",
                "model.encoder.depth=1",
                "model.encoder.num_heads=3",
                "model.decoder.num_heads=3",
            ),
            f"model.encoder.stem={stem}",
            *("data.charset=ksx1001", "data.max_label_length=6", "data.batch_size=24", "data.num_workers=0"),
            *("data.num_validation=384", "data.curriculum_share=0", "synth.strength=0.3"),
            *("trainer.max_steps=300", "trainer.validate_every=300", "trainer.warmup_steps=30", "trainer.threads=1"),
            *("trainer.learning_rate=4e-3", "trainer.ema_decay=0.98", "trainer.column_loss_weight=1"),
        ],
    )
    printed = StringIO()
    run(config, Console(file=printed, width=200))
    rows = read_csv(tmp_path / "run")
    last = next(row for row in reversed(rows) if row["held_out/loss"])
    loss, entropy = float(last["held_out/loss"]), float(last["held_out/label_entropy"])
    print(printed.getvalue(), f"validation loss {loss:.2f}, entropy of the label characters {entropy:.2f}")
    assert loss < 0.85 * entropy
