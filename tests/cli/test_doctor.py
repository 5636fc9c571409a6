"""The command line of the doctor."""

import json
import subprocess
import sys
from pathlib import Path

from tests.diagnosis import healthy


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from hunmin.cli.app import main; main()", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_failure_gives_exit_code_1_json_and_a_page(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("--quick", "--json", "--html", str(page), "data.max_label_lenght=64")
    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)
    assert findings[0]["check"] == "configuration"
    assert findings[0]["status"] == "failed"
    assert "1 failed" in page.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    done = run("--html", str(tmp_path / "nowhere" / "report.html"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_healthy_run_ends_well(tmp_path: Path) -> None:
    healthy.write_stores(tmp_path)
    done = run("--quick", *healthy.overrides(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "passed: configuration" in done.stdout
    assert "failed" not in done.stdout
