"""Faults in what a run makes of its machine; the machines are described, so that none is needed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import lmdb

from hunmin.data.sample import Sample
from hunmin.data.stream import Source
from hunmin.doctor.case import Case
from hunmin.doctor.hardware import Hardware
from hunmin.doctor.timing import Timings
from hunmin.train.run import Machine
from tests.doctor.fault import Fault
from tests.doctor.healthy import MACHINE

GPU = Hardware(16, 64 << 30, "gpu", "NVIDIA H200", 139 << 30, fast_bf16=True, driver=True)


def on(hardware: Hardware) -> Callable[[Case], None]:
    def wrap(case: Case) -> None:
        case.hardware = hardware

    return wrap


def on_gpu(case: Case) -> None:
    """What `choose_machine` settles on such a machine."""
    wanted = case.config.trainer
    case.hardware = GPU
    case.machine = Machine(
        accelerator="gpu" if wanted.accelerator == "auto" else wanted.accelerator,
        name=GPU.accelerator_name if wanted.accelerator == "auto" else "x86_64",
        precision=wanted.precision if wanted.accelerator != "auto" or wanted.precision != "auto" else "bf16-mixed",
        threads=1,
    )


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
    path = case.config.data.sources[0].path
    # A copy of LMDB's own would be refused beside the one that the store has open, so it is opened first.
    case.pieces.pop("sources", None)
    environment = lmdb.open(path, readonly=True, lock=False)
    case.sources = (Opened(Wordless(), environment),)


@dataclass(frozen=True)
class Wordless:
    """Never read: the environment beside it is what matters."""

    name: str = "wordless"
    num_samples: int | None = None

    def sample(self, epoch: int, index: int) -> Sample:
        raise AssertionError("nothing reads this")


MACHINE_FAULTS = [
    Fault("the GPU is not used", "accelerator", "asks for the CPU", wrap=on_gpu),
    Fault("torch does not see the GPU", "accelerator", "a build for CPUs", wrap=on(replace(MACHINE, driver=True))),
    Fault(
        "float32 on a GPU made for bfloat16",
        "precision",
        "several times as fast",
        ("trainer.accelerator=auto", 'trainer.precision="32"'),
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
