"""A picture of a model that learns: loss, the entropy of its labels, and what it reads after 10, 100 and 300 steps.

    python benchmarks/show_convergence.py docs/images/convergence.png

300 steps on generated words in the bundled fonts, a few minutes on one core. The entropy line is what a model reaches that
has learned how often each character occurs and does not look at the image.
"""

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

import hunmin
from hunmin.compose import load_config
from hunmin.data.loading.batch import Batch, collate
from hunmin.metrics import label_entropy
from hunmin.model.decode import decode_autoregressive
from hunmin.training.config import TrainConfig
from hunmin.training.prepare import build_spec
from hunmin.training.run import run
from hunmin.training.sources import build_validation

STEPS = 300
SHOWN_AFTER = (10, 100, STEPS)
NUM_SHOWN = 8
FONTS = Path(hunmin.__file__).parent / "fonts"
SETTINGS = (
    "model.encoder.width=96",
    "model.encoder.depth=1",
    "model.encoder.num_heads=3",
    "model.decoder.num_heads=3",
    "model.encoder.stem=[{channels: 16, stride_rows: 3, stride_columns: 3, kernel: 5}, "
    "{channels: 48, stride_rows: 2, stride_columns: 2}, {channels: 96, stride_rows: 8, stride_columns: 1}]",
    "data.charset=ksx1001",
    "data.max_label_length=6",
    "data.batch_size=24",
    "data.num_workers=0",
    "data.num_validation=1000",
    "data.curriculum_share=0",
    "synth.strength=0.3",
    f"trainer.max_steps={STEPS}",
    "data.validation=[]",
    "trainer.warmup_steps=30",
    "trainer.threads=1",
    "trainer.learning_rate=4e-3",
    "trainer.ema_decay=0.98",
)


class Watch(pl.Callback):
    """Notes each step's loss and reads the same lines now and then."""

    def __init__(self, batch: Batch) -> None:
        """Read `batch`."""
        self.batch = batch
        self.losses: list[float] = []
        self.read: dict[int, list[str]] = {}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look."""
        self.losses.append(float(trainer.callback_metrics["train/loss"]))
        if trainer.global_step in SHOWN_AFTER:
            model: Any = pl_module.model
            model.eval()
            with torch.no_grad():
                ids = decode_autoregressive(model, self.batch.images).tokens.tolist()
            model.train()
            self.read[trainer.global_step] = [model.tokenizer.decode(row) for row in ids]


def main(path: Path) -> None:
    """Train, draw, save."""
    os.environ["HUNMIN_FONTS"] = str(FONTS)
    with tempfile.TemporaryDirectory() as folder:
        config = load_config(TrainConfig, [*SETTINGS, f"out={folder}/run"])
        spec = build_spec(config.data)
        held_out = build_validation(replace(config, data=replace(config.data, validation=("synth",))), spec)
        source = held_out["held_out"].source
        samples = [source.sample(0, index) for index in range(1000)]  # fewer labels would look more alike than they are
        entropy = label_entropy(sample.text for sample in samples)
        shown = [sample for sample in samples if len(sample.text) > 1][:NUM_SHOWN]
        watch = Watch(collate(shown, spec, spec.tokenizer()))
        run(config, Console(), [watch])
    draw(watch, entropy).save(path, optimize=True)
    for step, read in watch.read.items():
        print(step, list(zip(watch.batch.labels, read, strict=True)))
    print(f"loss after {STEPS} steps {np.mean(watch.losses[-20:]):.2f}, label entropy {entropy:.2f}: {path}")


def draw(watch: Watch, entropy: float) -> Image.Image:
    """The curve above, the lines below."""
    width, curve_height, row = 900, 320, 46
    image = Image.new("RGB", (width, curve_height + row * (NUM_SHOWN + 1) + 20), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONTS / "HunminGothic.ttf"), 20)
    small = ImageFont.truetype(str(FONTS / "HunminGothic.ttf"), 15)
    left, top, right, bottom = 60, 20, width - 20, curve_height - 40
    highest = max(watch.losses)

    def place(step: float, loss: float) -> tuple[float, float]:
        return left + (right - left) * step / STEPS, bottom - (bottom - top) * loss / highest

    for loss in range(int(highest) + 1):
        y = place(0, loss)[1]
        pen.line((left, y, right, y), "#e4e4e4")
        pen.text((left - 10, y), str(loss), "#555555", small, anchor="rm")
    for step in range(0, STEPS + 1, 50):
        pen.text((place(step, 0)[0], bottom + 6), str(step), "#555555", small, anchor="ma")
    for step in SHOWN_AFTER:
        pen.line((*place(step, 0), *place(step, highest)), "#d08030")
    y = place(0, entropy)[1]
    pen.line((left, y, right, y), "#2060c0", 2)
    pen.text((right, y - 4), f"entropy of the labels {entropy:.2f}", "#2060c0", small, anchor="rs")
    smooth = np.convolve(watch.losses, np.ones(10) / 10, mode="valid")
    pen.line([place(step + 1, loss) for step, loss in enumerate(watch.losses)], "#c8c8c8")
    pen.line([place(step + 10, loss) for step, loss in enumerate(smooth)], "black", 2)
    pen.text(((left + right) / 2, bottom + 24), "steps", "#555555", small, anchor="ma")

    columns = (20, 300, 440, 580, 720)
    for x, title in zip(columns, ("image", "label", *(f"after {step}" for step in SHOWN_AFTER)), strict=True):
        pen.text((x, curve_height + row / 2), title, "#555555", small, anchor="lm")
    for i, label in enumerate(watch.batch.labels):
        y = curve_height + row * (i + 1)
        pixels = (watch.batch.images[i, :, :, : watch.batch.widths_px[i]].numpy() * 0.5 + 0.5).clip(0, 1) * 255
        image.paste(Image.fromarray(pixels.astype(np.uint8).transpose(1, 2, 0)), (columns[0], y + 6))
        pen.text((columns[1], y + row / 2), label, "black", font, anchor="lm")
        for x, step in zip(columns[2:], SHOWN_AFTER, strict=True):
            text = watch.read[step][i]
            shown = text if len(text) <= 6 else text[:5] + "…"  # noqa: PLR2004 - what fits the column
            pen.text(
                (x, y + row / 2), shown or "(nothing)", "#207020" if text == label else "#b02020", font, anchor="lm"
            )
    return image


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="PNG to write")
    main(parser.parse_args().path)
