"""What a run sets on the machine."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from hunmin.data.loading.padding import FEW_SHAPES, TIGHT, Padding
from hunmin.errors import InputError
from hunmin.training.resources.device import (
    Machine,
    choose_machine,
    choose_precision,
    fastest_precision,
    has_bf16_units,
    memory_bytes,
)
from tests.training.runs import config

PROGRAM = """
import resource
from hunmin.training.resources.device import keep_freed_memory

def faults():
    bytearray(2**27)  # the first may grow the heap
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        bytearray(2**27)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), keep_freed_memory(), faults())
"""


def before_and_after(**variables: str) -> tuple[int, bool, int]:
    """Page faults of five large allocations before `keep_freed_memory`, its answer, and the faults after it."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**known, **variables}, capture_output=True, text=True, check=True
    )
    before, kept, after = run.stdout.split()
    return int(before), kept == "True", int(after)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc hands large blocks back at once")
def test_memory_that_was_freed_is_taken_again_without_asking_the_kernel() -> None:
    before, kept, after = before_and_after()
    assert kept
    assert before > 1000  # else the machine maps huge pages, and this shows nothing
    assert after < before / 20


@pytest.mark.parametrize(
    "variable", [{"MALLOC_TRIM_THRESHOLD_": "131072"}, {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=131072"}]
)
def test_an_allocator_that_the_user_set_up_is_left_alone(variable: dict[str, str]) -> None:
    before, kept, after = before_and_after(**variable)
    assert not kept
    assert after > before / 2


@pytest.mark.parametrize(
    ("wanted", "accelerator", "name", "has_bf16", "message"),
    [
        (
            "bf16-mixed",
            "gpu",
            "Tesla T4",
            False,
            "trainer.precision=bf16-mixed: Tesla T4 has no units for bf16, so it would be slower than 32 bits; "
            "use 16-mixed or auto",
        ),
        (
            "bf16-mixed",
            "cpu",
            "Intel(R) Core(TM) i5-8250U",
            False,
            "trainer.precision=bf16-mixed: Intel(R) Core(TM) i5-8250U has no units for bf16, so it would be slower than "
            "32 bits; use 32 or auto",
        ),
        (
            "bf16-mixed",
            "mps",
            "arm",
            False,
            "trainer.precision=bf16-mixed: arm has no units for bf16, so it would be slower than 32 bits; use 32 or auto",
        ),
        (
            "16-mixed",
            "cpu",
            "any",
            True,
            "trainer.precision=16-mixed: only GPUs multiply 16-bit floats fast, and this run is on the cpu; use 32 or auto",
        ),
        (
            "16-mixed",
            "mps",
            "arm",
            False,
            "trainer.precision=16-mixed: only GPUs multiply 16-bit floats fast, and this run is on the mps; use 32 or auto",
        ),
    ],
)
def test_a_precision_that_the_device_lacks_is_refused_in_one_line_with_the_way_out(
    wanted: str, accelerator: str, name: str, has_bf16: bool, message: str
) -> None:
    with pytest.raises(InputError) as error:
        choose_precision(wanted, accelerator, name, has_bf16)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("wanted", "accelerator", "has_bf16"),
    [("32", "cpu", False), ("16-mixed", "gpu", False), ("bf16-mixed", "gpu", True), ("bf16-mixed", "cpu", True)],
)
def test_a_precision_that_the_device_has_is_taken(wanted: str, accelerator: str, has_bf16: bool) -> None:
    assert choose_precision(wanted, accelerator, "any", has_bf16) == wanted


def test_this_machine_takes_bf16_where_it_has_units_and_refuses_it_elsewhere(tmp_path: Path) -> None:
    one = config(tmp_path, "trainer.precision=bf16-mixed")
    if has_bf16_units("cpu"):
        assert choose_machine(one).precision == "bf16-mixed"
    else:
        with pytest.raises(
            InputError, match=r"^trainer.precision=bf16-mixed: .+ has no units for bf16.+; use 32 or auto$"
        ):
            choose_machine(one)
    assert choose_machine(config(tmp_path, "trainer.precision=auto")).precision == fastest_precision("cpu")


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system does not say")
def test_the_memory_that_is_told_is_this_machine_s() -> None:
    free, total = memory_bytes("cpu")
    assert 0 < free <= total
    assert total == pytest.approx(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), rel=0.05)


@pytest.mark.parametrize(
    ("accelerator", "precision", "padding"),
    [("cpu", "bf16-mixed", FEW_SHAPES), ("cpu", "32", TIGHT), ("gpu", "bf16-mixed", TIGHT), ("gpu", "32", TIGHT)],
)
def test_only_16_bits_on_a_cpu_pay_for_few_shapes(accelerator: str, precision: str, padding: Padding) -> None:
    assert Machine(accelerator, "", precision, 1, compile=False).padding == padding
