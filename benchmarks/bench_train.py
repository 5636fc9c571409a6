"""A training step with all orders in one call, beside the plain loop over the orders, for the same model, batch and data.

    python benchmarks/bench_train.py [--steps 10] [--batch 64] [--orders 6] [--model nano] [--precision 32] [--threads 0]

The plain loop works as published implementations of permutation language modelling do: for each of the K orders it
builds the mask position by position in Python, projects the memory to keys and values again, runs the decoder, and asks
the head about every position, the padding among them; after two orders it masks `<eos>` out of the targets. The encoder
runs once in both, the auxiliary losses are left out of both, and both compute the same loss, which is checked. A third
step goes through the encoder alone, which no way of folding the orders makes shorter. Rounds alternate, so that a busy
moment of the machine meets all.

Freed memory is kept as in a training run; MALLOC_ARENA_TEST=8, which changes nothing else, shows the step without that.

Prints a Markdown table.
"""

import argparse
import copy
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hunmin.compose import load_config
from hunmin.data.loading.batch import Batch, collate
from hunmin.data.sample import Sample
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.parseq import IGNORED, PARSeq
from hunmin.model.permutations import query_masks, sample_orders
from hunmin.spec import RecognizerSpec
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.generate import Generator
from hunmin.synth.texts.corpus import load_corpus
from hunmin.text.charset import load_charset
from hunmin.training.config import TrainConfig
from hunmin.training.glyph_losses import known_columns
from hunmin.training.resources.device import Machine, choose_machine, keep_freed_memory
from hunmin.training.resources.throughput import count_flops, peak_flops, wait_for

WIDEST_PX = 576
LONGEST = 25


def main(arguments: argparse.Namespace) -> None:
    """Time both and print the table."""
    config = load_config(
        TrainConfig,
        [
            f"model={arguments.model}",
            f"trainer.precision={arguments.precision}",
            f"trainer.threads={arguments.threads}",
            f"trainer.accelerator={arguments.device}",
        ],
    )
    machine = choose_machine(config)
    torch.set_num_threads(machine.threads)
    torch.manual_seed(0)
    spec = RecognizerSpec.for_charset(load_charset("korean"), max_width_px=WIDEST_PX, max_label_length=LONGEST)
    model = PARSeq(config.model, spec)
    batch = draw_batch(spec, arguments.batch).to(machine.device)
    cost = count_flops(model, replace(config.trainer, num_permutations=arguments.orders, one_pass_order=False))
    flops = cost.flops(len(batch), batch.images.shape[3], batch.tgt.shape[1] - 2)

    is_kept = machine.accelerator == "cpu" and keep_freed_memory()
    ways: dict[str, Callable[[PARSeq, Batch, NDArray[np.int64]], Tensor]] = {
        "loop over the orders": loop_loss,
        "one call": folded_loss,
        "encoder alone": encoder_loss,
    }
    steps = {name: Step(copy.deepcopy(model), machine, loss) for name, loss in ways.items()}
    losses = {name: [step.take(batch, arguments.orders, 0)] for name, step in steps.items()}
    first = [float(losses[name][0]) for name in ("loop over the orders", "one call")]
    if abs(first[0] - first[1]) > (1e-3 if machine.precision == "32" else 5e-2) * first[0]:
        sys.exit(f"the two do not compute the same loss: {first}")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1, arguments.steps + 1):
        for name, step in steps.items():
            wait_for(machine.device)
            start = time.perf_counter()
            step.take(batch, arguments.orders, number)
            wait_for(machine.device)
            times[name].append(time.perf_counter() - start)

    peak = peak_flops(machine.device, machine.dtype)
    height, width = batch.images.shape[2:]
    print(
        f"{machine.name}, {machine.threads} threads, precision {machine.precision}, torch {torch.__version__}, "
        f"Python {platform.python_version()}"
    )
    shape = f"batch {len(batch)} at {height}x{width} px, labels up to {batch.tgt.shape[1] - 2}"
    print(f"model {arguments.model}, {shape}, K = {arguments.orders}")
    print("\n| step | median s | images/s | of peak | times |\n|---|---|---|---|---|")
    slow = statistics.median(times["loop over the orders"])
    for name, values in times.items():
        median = statistics.median(values)
        share = f"{flops / median / peak:.0%}" if name == "one call" else ""
        print(f"| {name} | {median:.3f} | {len(batch) / median:.1f} | {share} | {slow / median:.2f} |")
    print(f"\nSame loss in both at the first step: {first[0]:.4f} and {first[1]:.4f}.")
    if sys.platform == "linux":
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(
            f"Freed memory kept: {is_kept}. Peak {used.ru_maxrss / 2**20:.2f} GiB, {used.ru_minflt:,} page faults, "
            f"{used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_stime:.1f} s of them in the kernel."
        )


def draw_batch(spec: RecognizerSpec, size: int) -> Batch:
    """Generated lines that fit the spec."""
    generator = Generator(bundled_faces(), load_corpus(frozenset(spec.characters)), default_config())
    samples: list[Sample] = []
    index = 0
    while len(samples) < size:
        sample = generator.sample(0, 0, index, max_length=LONGEST)
        index += 1
        if spec.fits(sample.image.shape[1], sample.image.shape[0]):
            samples.append(sample)
    return collate(samples, spec, spec.tokenizer())


class Step:
    """A model, its optimizer and one way to its loss."""

    def __init__(
        self,
        model: PARSeq,
        machine: Machine,
        loss: Callable[[PARSeq, Batch, NDArray[np.int64]], Tensor],
    ) -> None:
        """Move the model to the device, laid out as in a training run."""
        self.model = model.to(machine.device).train()
        self.layout = torch.channels_last if machine.channels_last else torch.contiguous_format
        for parameter in self.model.encoder.parameters():
            if parameter.ndim == 4:  # noqa: PLR2004 - a convolution's
                parameter.data = parameter.data.contiguous(memory_format=self.layout)
        self.device, self.dtype, self.loss = machine.device, machine.dtype, loss
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)

    def take(self, batch: Batch, num_orders: int, number: int) -> Tensor:
        """One training step; its loss."""
        batch = replace(batch, images=batch.images.contiguous(memory_format=self.layout))
        orders = sample_orders(batch.tgt.shape[1] - 2, num_orders, np.random.default_rng(number))
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            loss = self.loss(self.model, batch, orders)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss.detach()


def folded_loss(model: PARSeq, batch: Batch, orders: NDArray[np.int64]) -> Tensor:
    """Ours."""
    masks = query_masks(torch.from_numpy(orders).to(batch.images.device))
    lengths = [len(label) for label in batch.labels]
    return model.training_losses(batch.images, batch.tgt, masks, lengths, known_columns(model.encoder, batch)).loss


def encoder_loss(model: PARSeq, batch: Batch, orders: NDArray[np.int64]) -> Tensor:
    """What is left of the step when the decoder and the head cost nothing."""
    features: Tensor = model.encoder(batch.images)
    return features.square().mean()


def loop_loss(model: PARSeq, batch: Batch, orders: NDArray[np.int64]) -> Tensor:
    """One decoder call for each order."""
    tokenizer, device = model.tokenizer, batch.images.device
    features = model.encoder(batch.images)
    start_logits = model.character_count.start_logits(features)
    known = known_columns(model.encoder, batch)
    columns = None if known is None else F.pad(known, (1, 0), value=UNKNOWN)
    tgt_in, tgt_out = batch.tgt[:, :-1], batch.tgt[:, 1:]
    hidden = (tgt_in == tokenizer.pad_id) | (tgt_in == tokenizer.eos_id)
    total, num_tokens = torch.zeros((), device=device), 0
    for number, order in enumerate(orders):
        mask = mask_of(order.tolist()).to(device)[None, None] | hidden[:, None, None]
        # Keys and values of the memory are the same for every order, and yet made for each.
        memory = model.build_memory(features, start_logits)
        logits = model.logits(memory, tgt_in, mask, tgt_in.shape[1], columns)
        ignored = (tgt_out == tokenizer.pad_id) | ((tgt_out == tokenizer.eos_id) & (number > 1))
        targets = tgt_out.masked_fill(ignored, IGNORED)
        counted = int((~ignored).sum())
        total = total + counted * F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
        num_tokens += counted
    return total / num_tokens


def mask_of(order: list[int]) -> Tensor:
    """What each query may not see, filled in position by position: (L+1, L+1) bool."""
    size = len(order) - 1
    mask = torch.ones(size, size, dtype=torch.bool)
    for step in range(1, len(order)):
        for seen in order[:step]:
            if seen < size:
                mask[order[step] - 1, seen] = False
    return mask


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--orders", type=int, default=6)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", default="32")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


if __name__ == "__main__":
    main(parse())
