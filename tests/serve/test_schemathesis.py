"""What a fuzzer that reads the OpenAPI finds. It brings many packages, so it is no part of `dev`:

python -m venv st && st/bin/pip install schemathesis && PATH=$PWD/st/bin:$PATH .venv/bin/pytest tests/serve/test_schemathesis.py
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serve.running import running


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    command = shutil.which("st")
    if command is None:
        pytest.skip("schemathesis is not installed")
    token = 20 * "t"
    with running(token=token) as service:
        done = subprocess.run(
            [
                *(
                    command,
                    "run",
                    f"http://127.0.0.1:{service.port}/openapi.json",
                    "-H",
                    f"Authorization: Bearer {token}",
                ),
                *("--checks", "all", "--max-examples", "25", "--continue-on-failure", "--no-color", "--seed", "1"),
                # What it sends as a picture is none.
                *("--exclude-checks", "positive_data_acceptance"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,  # where it leaves what it found
        )
        assert done.returncode == 0, done.stdout[-4000:]
        assert not [entry for entry in service.entries if entry.problem and entry.status == 500]
