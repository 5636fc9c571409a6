"""What this machine has, whatever the run uses of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

FIRST_BF16_MAJOR = 8
"""NVIDIA GPUs multiply bfloat16 in hardware from this compute capability on; older ones only imitate it."""


@dataclass(frozen=True)
class Hardware:
    """Cores, memory and accelerator."""

    cores: int
    """CPU cores that this process may use."""
    free_bytes: int
    """Main memory that is free or can be freed."""
    accelerator: str
    """`gpu`, `mps`, or empty where torch sees none."""
    accelerator_name: str = ""
    accelerator_bytes: int = 0
    """Its memory."""
    fast_bf16: bool = False
    """Whether it multiplies bfloat16 in hardware."""
    driver: bool = False
    """Whether a driver for NVIDIA GPUs is loaded, even if torch cannot use it."""


def see_hardware() -> Hardware:
    """Ask torch and the operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    driver = Path("/proc/driver/nvidia/version").exists()
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        fast_bf16 = gpu.major >= FIRST_BF16_MAJOR
        return Hardware(cores, free_bytes(), "gpu", gpu.name, gpu.total_memory, fast_bf16, driver)
    if torch.backends.mps.is_available():
        return Hardware(cores, free_bytes(), "mps", "Apple GPU", free_bytes())
    return Hardware(cores, free_bytes(), "", driver=driver)


def free_bytes() -> int:
    """Main memory that is free or can be freed."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        rows = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
        return int(rows["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
