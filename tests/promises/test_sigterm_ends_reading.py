"""Promise R4 for reading many images: SIGTERM ends it with 143 within ten seconds, and what it wrote is whole rows."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hunmin.bulk.ledger import DATABASE
from tests.bulk.folders import coloured, pages_of

EXAMPLES = Path(__file__).parents[2] / "examples"
MAIN = "from hunmin.cli.app import main; main()"


def test_sigterm_ends_reading_with_whole_rows_of_the_first_images(tmp_path: Path, rounds: Callable[..., int]) -> None:
    for kind, pictures, number in (("pages", EXAMPLES.glob("*.*g"), 40), ("lines", EXAMPLES.glob("lines/*.png"), 1500)):
        (tmp_path / kind).mkdir()
        sources = sorted(pictures)
        for i in range(number):
            source = sources[i % len(sources)]
            shutil.copyfile(source, tmp_path / kind / f"{i:04d}{source.suffix}")
    commands = {
        "pages": ["read", str(tmp_path / "pages"), "--json", "--overlay", str(tmp_path / "drawn"), "--threads", "1"],
        "lines": ["recognize", str(tmp_path / "lines"), "--format", "json", "--threads", "1"],
    }
    rng = np.random.default_rng(4)
    num_rounds = rounds(short=3, full=20)
    for i in range(num_rounds):
        kind = ("pages", "lines")[i % 2]
        number = len(list((tmp_path / kind).iterdir()))
        out = tmp_path / f"{kind}-{i}.jsonl"
        with (
            out.open("wb") as file,
            subprocess.Popen(
                [sys.executable, "-c", MAIN, *commands[kind]], stdout=file, stderr=subprocess.PIPE, text=True
            ) as process,
        ):
            while process.poll() is None and not out.stat().st_size:
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.5))
            process.send_signal(signal.SIGTERM)
            start = time.monotonic()
            _, err = process.communicate()
            took_s = time.monotonic() - start
        assert process.returncode == 143, err
        assert err == "hunmin: stopped by SIGTERM; what was read until then is written\n"
        assert took_s < 10
        text = out.read_text("utf-8")
        assert text.endswith("\n")
        names = [Path(json.loads(row)["path"]).stem for row in text.splitlines()]
        assert 0 < len(names) < number
        assert names == [f"{j:04d}" for j in range(len(names))]
        assert not list(tmp_path.rglob("*.partial*"))


def test_sigterm_ends_reading_a_folder_with_whole_shards_and_the_same_command_goes_on(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    num_rounds = rounds(short=1, full=10)
    for number in range(12 * num_rounds):
        coloured().save(folder / f"{number}.png")
    rng = np.random.default_rng(5)
    command = [sys.executable, "-c", MAIN, "read", folder, "-o", out, "--model", "bundled-int8", "--threads", "1"]
    for _ in range(num_rounds):
        # In a group of its own, all of which gets the signal, as a system or a batch queue sends it.
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
            # The database is there since the first round; its log only while a run holds it.
            while process.poll() is None and not (out / f"{DATABASE}-wal").exists():
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 1.5))
            os.killpg(process.pid, signal.SIGTERM)
            start = time.monotonic()
            _, err = process.communicate()
            took_s = time.monotonic() - start
        assert process.returncode == 143, err
        assert err == "hunmin: stopped by SIGTERM; what was read is written, and the same command goes on\n"
        assert took_s < 10
        assert set(pages_of(out).values()) <= {1}
        assert not list(out.rglob("*.partial*"))
    subprocess.run(command, check=True)
    assert pages_of(out) == dict.fromkeys(((f"{number}.png", 1) for number in range(12 * num_rounds)), 1)
