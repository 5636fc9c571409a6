"""SIGTERM: nothing new is taken, what was sent is answered, and the exit code says so."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serve.running import Running

MAIN = "from hunmin.cli.app import main; main()"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_what_was_sent_be_answered(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", MAIN, "serve", "--port", "0", "--threads", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process, ThreadPoolExecutor(1) as threads:
        assert process.stderr
        port = int(process.stderr.readline().rpartition(":")[2].partition("/")[0])
        service = Running(port, service=None)
        asked = threads.submit(service.post, "/v1/read?format=text", (EXAMPLES / "receipt.jpg").read_bytes())
        time.sleep(0.2)
        process.send_signal(number)
        answer = asked.result()
        _, log = process.communicate(timeout=20)
    assert process.returncode == code, log
    assert answer.status == 200
    assert answer.body.decode().startswith("한빛분식\n")
    assert "Traceback" not in log


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "serve", "--port", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"hunmin: cannot listen at 127.0.0.1, port {port}")
    assert done.stderr.count("\n") == 1


def test_beyond_this_machine_the_command_asks_for_a_token() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "serve", "--host", "192.0.2.1"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "HUNMIN_SERVE_TOKEN" in done.stderr
