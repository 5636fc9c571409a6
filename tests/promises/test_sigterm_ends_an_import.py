"""Promise R4 for imports: SIGTERM ends one with its exit code within ten seconds, and what was done is kept."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.data.fake_aihub import build
from tests.promises.test_import_resumes import content

MAIN = "from hunmin.cli.app import main; main()"


def test_sigterm_ends_an_import_that_then_goes_on(tmp_path: Path, rounds: Callable[..., int]) -> None:
    fake = build("aihub-88", tmp_path / "download", num_pages=240)
    settings = ("split.validation=0.25", "split.test=0.25", "workers=1")

    def command(out: Path) -> list[str]:
        return [sys.executable, "-c", MAIN, "data", "import", "aihub-88", *map(str, fake.paths), str(out), *settings]

    subprocess.run(command(tmp_path / "unbroken"), check=True, capture_output=True)
    rng = np.random.default_rng(4)
    num_ended = 0
    number = 0
    while num_ended < rounds(short=3, full=20):
        number += 1
        out = tmp_path / f"import-{number}"
        shards = out.with_name(f"{out.name}.partial") / "shards"
        while not out.exists():
            num_before = len(list(shards.glob("[0-9]?????")))
            with subprocess.Popen(command(out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                while process.poll() is None and len(list(shards.glob("[0-9]?????"))) <= num_before:
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 0.05))
                process.send_signal(signal.SIGTERM)
                start = time.monotonic()
                _, err = process.communicate()
            if process.returncode:
                num_ended += 1
                assert process.returncode == 130
                assert f"{out.name}: interrupted; the same command goes on where it was\n" in err
                assert "Traceback" not in err
                assert time.monotonic() - start < 10
                assert len(list(shards.glob("[0-9]?????"))) > num_before
        assert content(out) == content(tmp_path / "unbroken")
