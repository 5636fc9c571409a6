"""What a run sets on the machine."""

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
from hunmin.train.machine import keep_freed_memory

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
