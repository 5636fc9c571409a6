"""What a service took for a page goes back to the system."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")

# Pages of 20 MB come and go; beside each something small stays, as the text of a page does.
PAGES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hunmin.serve.memory import keep_memory_flat

done = "flat" in sys.argv and keep_memory_flat()
kept = []
def page():
    pixels = bytearray(20_000_000)
    kept.append(bytearray(50_000))
def held_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
before = held_mb()
with ThreadPoolExecutor(3) as threads:
    for _ in range(12):
        threads.submit(page).result()
    print(done, round(held_mb() - before))
"""


def held_mb(*arguments: str, **variables: str) -> tuple[str, int]:
    ours = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | variables
    command = [sys.executable, "-c", PAGES, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said, megabytes = done.stdout.split()
    return said, int(megabytes)


def test_pages_that_are_read_take_no_memory_any_more() -> None:
    said, flat = held_mb("flat")
    _, usual = held_mb()
    assert said == "True"
    assert flat < 6
    assert usual > 15


def test_what_the_user_has_set_up_is_left_alone() -> None:
    assert held_mb("flat", MALLOC_TRIM_THRESHOLD_="1000000")[0] == "False"
