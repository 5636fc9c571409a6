"""Faults in what a run makes of its machine; the machines are described, so that none is needed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import lmdb
import torch

from hunmin.data.loading.stream import Source
from hunmin.data.sample import Sample
from hunmin.diagnosis.case import Case, Timings
from hunmin.diagnosis.measure.hardware import Hardware
from hunmin.training.resources.device import Machine
from tests.diagnosis.fault import Fault
from tests.diagnosis.healthy import MACHINE

GPU = Hardware(16, 64 << 30, "gpu", "NVIDIA H200", 139 << 30, "bf16-mixed", driver=True)


class OnPaper(Machine):
    """A GPU that is described, and computes on the CPU."""

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")


def on(hardware: Hardware) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        case.hardware = hardware

    return wrap


def on_gpu(case: Case) -> None:
    """What `choose_machine` settles on such a machine."""
    wanted = case.config.trainer
    case.hardware = GPU
    if wanted.accelerator == "auto":
        best = GPU.precision if wanted.precision == "auto" else wanted.precision
        case.machine = OnPaper("gpu", GPU.accelerator_name, best, threads=1, compile=False)


def slow_to_prepare(case: Case) -> None:
    case.timings = Timings(prepare_s=0.03, compute_s=0.01)


@dataclass(frozen=True)
class Opened:
    """A source that opens its file where it should only note the path."""

    source: Source
    environment: lmdb.Environment
    name: str = "opened"

    @property
    def num_samples(self) -> int | None:
        return self.source.num_samples

    def sample(self, epoch: int, index: int) -> Sample:
        return self.source.sample(epoch, index)


def opened_before_fork(case: Case) -> None:
    case.sources = (Opened(case.sources[0], lmdb.open(f"{case.config.out}.lmdb")),)


MACHINE_FAULTS = [
    Fault("the GPU is not used", "accelerator", "asks for the CPU", wrap=on_gpu),
    Fault("torch does not see the GPU", "accelerator", "a build for CPUs", wrap=on(replace(MACHINE, driver=True))),
    Fault(
        "float32 on a GPU made for bfloat16",
        "precision",
        "several times as fast",
        ("trainer.accelerator=auto", 'trainer.precision="32"', "data.batch_size=128"),
        wrap=on_gpu,
        status="warning",
    ),
    Fault("more workers than cores", "workers", "take turns", ("data.num_workers=64",), status="warning"),
    Fault(
        "the batch does not fit into memory",
        "batch_memory",
        "widest lines",
        ("data.batch_size=512",),
        wrap=on(replace(MACHINE, free_bytes=1 << 30)),
    ),
    Fault("lines are slow to prepare", "data_wait", "too few processes", wrap=slow_to_prepare),
    Fault("LMDB is opened before the workers start", "lmdb_before_fork", "before the workers", wrap=opened_before_fork),
]
