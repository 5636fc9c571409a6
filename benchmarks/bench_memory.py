"""The memory of a training step: estimated without taking it, against the peak that the system saw.

    python benchmarks/bench_memory.py --models nano tiny --batches 8 16 32 64 --widths 256 512

Each step is taken in a process of its own, on the CPU in 32 bits, after a small one that makes what every step shares.
Lines have a character for every 16 pixels. Linux only.
"""

import argparse
import os
import sys
from pathlib import Path

import torch

from hunmin.compose import load_config
from hunmin.train.config import TrainConfig
from hunmin.train.lightning_module import TrainingModule
from hunmin.train.optimizer import build_optimizer
from hunmin.train.prepare import build_spec
from hunmin.train.resources.auto_settings import made_up_batch
from hunmin.train.resources.device import choose_machine, keep_freed_memory
from hunmin.train.resources.memory import step_memory

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
        module = TrainingModule(config, build_spec(config.data))
        machine = choose_machine(config)
        for width in arguments.widths:
            length = min(width // PX_A_CHARACTER, module.model.spec.max_label_length)
            line = step_memory(module.model, config.trainer, machine, width, length).line_bytes
            for num_lines in arguments.batches:
                measured = measure(module, num_lines, width, length)
                print(
                    f"| {name} | {width} | {length} | {num_lines} | {num_lines * line / 2**20:.0f} | {measured / 2**20:.0f} "
                    f"| {num_lines * line / measured:.2f} |",
                    flush=True,
                )


def measure(module: TrainingModule, num_lines: int, width_px: int, length: int) -> int:
    """Bytes that a step adds at its peak, in a child process."""
    out, into = os.pipe()
    if not os.fork():
        torch.set_num_threads(1)
        keep_freed_memory()
        module.train().use_channels_last()
        optimizer = build_optimizer(module, module.config.trainer)
        step(module, optimizer, 1, 64, 4)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = status_bytes("VmRSS")
        step(module, optimizer, num_lines, width_px, length)
        os.write(into, str(status_bytes("VmHWM") - before).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        answer = pipe.read()
    os.wait()
    if not answer:
        sys.exit(f"a step with {num_lines} lines of {width_px} px did not end well: too little memory?")
    return int(answer)


def step(module: TrainingModule, optimizer: torch.optim.Optimizer, num_lines: int, width_px: int, length: int) -> None:
    """One step of training."""
    batch = module.on_after_batch_transfer(made_up_batch(module, num_lines, width_px, length), 0)
    module.total(module.terms(batch, 1)).backward()
    optimizer.step()


def status_bytes(key: str) -> int:
    """What the system says of this process."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main()
