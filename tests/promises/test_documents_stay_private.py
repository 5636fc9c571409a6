"""S17: nothing of a document is in logs, counts, error pages or temporary folders once it is answered."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.serve.running import Answer, Running, form

MAIN = "from hunmin.cli.app import main; main()"
CANARY = "비밀계약서-7319"
EXAMPLES = Path(__file__).parents[2] / "examples"


def picture_with_the_canary() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Title", CANARY)
    buffer = io.BytesIO()
    with Image.open(EXAMPLES / "lines" / "sign_1.png") as image:
        image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_nothing_of_a_document_is_left_when_it_is_answered(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", "--port", "0", "--json-logs", "--threads", "1"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr
            first = process.stderr.readline()
            port = int(first.rpartition(":")[2].partition("/")[0])
            service = Running(port, service=None)
            picture = picture_with_the_canary()
            asked = f"/v1/read?format=text&{'x' * 10}=7319"
            answers: list[Answer] = []
            for body in (picture, picture[:80], picture + bytes(2 << 20), b"%PDF-1.7 " + CANARY.encode()):
                sent, kind = form(("file", f"{CANARY}.png", body), ("password", None, CANARY.encode()))
                answers.append(service.post("/v1/read", sent, Content_Type=kind))
                answers.append(service.post(asked, sent, Content_Type=kind))
                sent, kind = form(("files", f"{CANARY}.png", body))
                answers.append(service.post("/v1/recognize", sent, Content_Type=kind))
            answers.append(service.ask("GET", f"/{'7319' * 3}"))
            counts = service.ask("GET", "/metrics").body.decode()
            left = [path for path in tmp_path.rglob("*") if path.is_file()]
        finally:
            process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            _, log = process.communicate(timeout=20)
    assert process.returncode == 143
    assert time.monotonic() - started < 10
    assert {answer.status for answer in answers} >= {200, 400, 404, 422}
    assert "해오름" not in log + counts
    assert "7319" not in log + counts
    assert log.count("\n") == len(answers) + 1
    assert left == []
    assert list(tmp_path.iterdir()) == []  # the folder itself, too, is gone
