"""What this machine has, whatever the run uses of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from hunmin.processes import num_cores
from hunmin.training.resources.device import fastest_precision, memory_bytes

PROBE_THREADS = 1
"""That checks compute with. For a few lines more threads wait for each other, and burn a core each while they do: on two cores
that were busy two threads took many times the CPU seconds of one, and no less time."""


@dataclass(frozen=True)
class Hardware:
    """Cores, memory and accelerator."""

    cores: int
    """CPU cores that this process may use."""
    free_bytes: int
    """Main memory that is free or can be freed; all of it where the system does not say, no limit where it says nothing."""
    accelerator: str
    """`gpu`, `mps`, or empty where torch sees none."""
    accelerator_name: str = ""
    accelerator_bytes: int = 0
    """Its free memory."""
    precision: str = "32"
    """What the accelerator, or else the CPU, multiplies fastest."""
    driver: bool = False
    """Whether a driver for NVIDIA GPUs is loaded, even if torch cannot use it."""


def see_hardware() -> Hardware:
    """Ask torch and the operating system."""
    main_bytes = memory_bytes("cpu")[0] or _all_memory_bytes()
    driver = Path("/proc/driver/nvidia/version").exists()
    if torch.cuda.is_available():
        name, gpu_bytes = torch.cuda.get_device_name(), memory_bytes("gpu")[0]
        return Hardware(num_cores(), main_bytes, "gpu", name, gpu_bytes, fastest_precision("gpu"), driver)
    if torch.backends.mps.is_available():
        return Hardware(num_cores(), main_bytes, "mps", "Apple GPU", main_bytes, fastest_precision("mps"))
    return Hardware(num_cores(), main_bytes, "", precision=fastest_precision("cpu"), driver=driver)


@contextmanager
def torch_threads(num: int) -> Iterator[None]:
    """Let torch use `num` threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(num)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _all_memory_bytes() -> int:
    if not hasattr(os, "sysconf"):  # Windows
        return sys.maxsize
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
