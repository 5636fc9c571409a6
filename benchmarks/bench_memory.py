"""The memory of a training step: estimated without taking it, against the peak that the system saw.

    python benchmarks/bench_memory.py --models nano tiny --batches 8 16 32 64 --widths 256 512

Each step is taken in a process of its own, on the CPU in 32 bits, after a small one that makes what every step shares.
Lines have a character for every 16 pixels. Linux only.
"""

import argparse
import ctypes
import os
import sys
from pathlib import Path

import torch

from hunmin.compose import load_config
from hunmin.model.parseq import PARSeq
from hunmin.training.config import TrainConfig, TrainerConfig
from hunmin.training.glyph_losses import ColumnHead
from hunmin.training.optimizer import build_optimizer
from hunmin.training.prepare import build_spec
from hunmin.training.resources.device import channels_last_batch, choose_machine, keep_freed_memory, use_channels_last
from hunmin.training.resources.memory import step_memory
from hunmin.training.step import build_column_head, dummy_batch, training_step

PX_A_CHARACTER = 16


def main() -> None:
    """Print a row for each shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["nano", "tiny"], help="configurations of models")
    parser.add_argument("--batches", nargs="+", type=int, default=[8, 16, 32], help="lines in a step")
    parser.add_argument("--widths", nargs="+", type=int, default=[256, 512], help="of the lines, in pixels")
    arguments = parser.parse_args()
    print("| model | width | characters | lines | estimated, MiB | measured, MiB | estimated / measured |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in arguments.models:
        config = load_config(TrainConfig, [f"model={name}", "trainer.accelerator=cpu", "trainer.precision=32"])
        model = PARSeq(config.model, build_spec(config.data))
        machine = choose_machine(config)
        for width in arguments.widths:
            length = min(width // PX_A_CHARACTER, model.spec.max_label_length)
            line = step_memory(model, config.trainer, machine, width, length).line_bytes
            for num_lines in arguments.batches:
                measured = measure(model, config.trainer, num_lines, width, length)
                print(
                    f"| {name} | {width} | {length} | {num_lines} | {num_lines * line / 2**20:.0f} | {measured / 2**20:.0f} "
                    f"| {num_lines * line / measured:.2f} |",
                    flush=True,
                )


def measure(model: PARSeq, trainer: TrainerConfig, num_lines: int, width_px: int, length: int) -> int:
    """Bytes that a step adds at its peak, in a child process."""
    out, into = os.pipe()
    if not os.fork():
        torch.set_num_threads(1)
        keep_freed_memory()
        use_channels_last(model)
        learning = torch.nn.ModuleList([model, build_column_head(model)]).train()
        optimizer = build_optimizer(learning, trainer)

        def step(num_lines: int, width_px: int, length: int) -> None:
            batch = channels_last_batch(dummy_batch(model.spec, num_lines, width_px, length))
            column_head: ColumnHead = learning[1]  # type: ignore[assignment]
            training_step(model, batch, trainer, seed=0, step=1, column_head=column_head).total.backward()
            optimizer.step()

        step(1, 64, 4)
        trim_heap()  # or the step would fill holes that nobody counts
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = status_bytes("VmRSS")
        step(num_lines, width_px, length)
        os.write(into, str(status_bytes("VmHWM") - before).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        answer = pipe.read()
    os.wait()
    if not answer:
        sys.exit(f"a step with {num_lines} lines of {width_px} px did not end well: too little memory?")
    return int(answer)


def trim_heap() -> None:
    """Give freed memory back to the system, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def status_bytes(key: str) -> int:
    """What the system says of this process."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main()
