"""What a run uses of the hardware: device, precision, memory layout, threads."""

import ctypes
import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from hunmin.data.loading.batch import Batch
from hunmin.data.loading.padding import FEW_SHAPES, TIGHT, Padding
from hunmin.errors import InputError
from hunmin.processes import num_cores
from hunmin.training.config import TrainConfig

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameters of glibc's `mallopt`, as its malloc.h has them."""


@dataclass(frozen=True)
class Machine:
    """What a run uses of the hardware."""

    accelerator: str
    """`cpu`, `gpu` or `mps`."""
    name: str
    precision: str
    """As Lightning calls it: `32`, `16-mixed` (with loss scaling) or `bf16-mixed`."""
    threads: int
    """CPU threads of the training process."""
    compile: bool
    """Whether the training step is compiled."""

    @property
    def device(self) -> torch.device:
        """Where tensors live."""
        return torch.device("cuda" if self.accelerator == "gpu" else self.accelerator)

    @property
    def dtype(self) -> torch.dtype:
        """What matrices are multiplied in."""
        return {"32": torch.float32, "16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}[self.precision]

    @property
    def padding(self) -> Padding:
        """How far batches are padded."""
        return FEW_SHAPES if self.accelerator == "cpu" and self.precision != "32" else TIGHT

    @property
    def channels_last(self) -> bool:
        """Whether images lie pixel by pixel: GPUs want it for 16-bit convolutions, and CPUs are 4 to 10 % faster a step."""
        return self.accelerator in ("cpu", "gpu")

    def autocast(self) -> torch.autocast:
        """Where a step's matrices are multiplied in this precision."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.precision != "32")


def choose_machine(config: TrainConfig, num_processes: int = 1) -> Machine:
    """Settle `auto`: a GPU where there is one; bf16 where the hardware multiplies it, else 16-mixed on a GPU and 32 on a CPU.

    Args:
        config: of the run.
        num_processes: training processes on this machine, which share its cores.

    Raises:
        InputError: a device or precision is asked for that this machine lacks.
    """
    trainer = config.trainer
    wanted = trainer.accelerator
    has_gpu, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if (wanted == "gpu" and not has_gpu) or (wanted == "mps" and not has_mps):
        is_cpu_build = wanted == "gpu" and torch.version.cuda is None and torch.version.hip is None
        install = "install a build of torch for your GPU, or " if is_cpu_build else ""
        raise InputError(
            f"trainer.accelerator={wanted}: torch {torch.__version__} sees no such device here; {install}use auto or cpu"
        )
    accelerator = wanted if wanted != "auto" else "gpu" if has_gpu else "mps" if has_mps else "cpu"
    return Machine(
        accelerator,
        _name(accelerator),
        choose_precision(trainer.precision, accelerator, _name(accelerator), has_bf16_units(accelerator)),
        trainer.threads or cores_of_each(num_processes),
        trainer.compile,
    )


def choose_precision(wanted: str, accelerator: str, name: str, has_bf16: bool) -> str:
    """Settle `trainer.precision` for a device.

    Args:
        wanted: `auto`, `32`, `16-mixed` or `bf16-mixed`.
        accelerator: `cpu`, `gpu` or `mps`.
        name: of the device.
        has_bf16: whether it multiplies bf16 in hardware.

    Raises:
        InputError: a precision is asked for that the device lacks.
    """
    if wanted == "16-mixed" and accelerator != "gpu":
        raise InputError(
            f"trainer.precision=16-mixed: only GPUs multiply 16-bit floats fast, and this run is on the {accelerator}; "
            "use 32 or auto"
        )
    if wanted == "bf16-mixed" and not has_bf16:
        other = "16-mixed" if accelerator == "gpu" else "32"
        raise InputError(
            f"trainer.precision=bf16-mixed: {name} has no units for bf16, so it would be slower than 32 bits; "
            f"use {other} or auto"
        )
    return fastest_precision(accelerator) if wanted == "auto" else wanted


def fastest_precision(accelerator: str) -> str:
    """What a training step is fastest in on this device: `trainer.precision=auto`."""
    if accelerator == "gpu":
        return "bf16-mixed" if has_bf16_units(accelerator) else "16-mixed"
    # Vector units for bf16 (AVX-512) gain nothing in a training step, matrix units (AMX) do.
    return "bf16-mixed" if accelerator == "cpu" and "amx_bf16" in _cpu_flags() else "32"


def has_bf16_units(accelerator: str) -> bool:
    """Whether the device multiplies bf16 in hardware; where it only emulates it, bf16 is about three times slower than fp32."""
    if accelerator == "gpu":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return accelerator == "cpu" and bool({"amx_bf16", "avx512_bf16"} & _cpu_flags())


def use_channels_last(model: nn.Module) -> None:
    """Lay the weights of convolutions out pixel by pixel."""
    for parameter in model.parameters():
        if parameter.ndim == 4:  # noqa: PLR2004 - a convolution's
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def channels_last_batch(batch: Batch) -> Batch:
    """`batch` with its images laid out pixel by pixel, as the convolutions are."""
    return replace(batch, images=batch.images.contiguous(memory_format=torch.channels_last))


def cores_of_each(num_processes: int) -> int:
    """CPU cores for each of `num_processes` that share what this process may use; at least one."""
    return max(1, num_cores() // num_processes)


def keep_freed_memory() -> bool:
    """Have glibc keep the memory that this process frees; an allocator that the user chose or set up is left alone.

    By itself it hands every large tensor back to the kernel, which then clears the same pages again in every step.

    Returns:
        Whether it was done.
    """
    is_chosen = os.environ.get("LD_PRELOAD") or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if is_chosen or platform.libc_ver()[0] != "glibc" or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # No memory maps at all: a threshold for them must not be above 32 MiB before glibc 2.35, and tensors are larger.
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))


def memory_bytes(accelerator: str) -> tuple[int, int]:
    """Memory of the device: free now, and all of it; (0, 0) where the system does not say."""
    if accelerator == "gpu":
        free, total = torch.cuda.mem_get_info()
        return int(free), int(total)
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 0, 0
    known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return known.get("MemAvailable", 0), known.get("MemTotal", 0)


def _name(accelerator: str) -> str:
    if accelerator == "gpu":
        return torch.cuda.get_device_name()
    return _cpu_line("model name") or platform.processor() or platform.machine()


def _cpu_flags() -> set[str]:
    return set(_cpu_line("flags").split())


def _cpu_line(name: str) -> str:
    """What Linux says of the first CPU; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")
