"""R20: every line that was confirmed on screen is in the file, once, and the later one wins: two people, a killed server."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hunmin.serve.labelling.append_file import AppendFile
from tests.serve.labelling.test_journal import pages, read
from tests.serve.running import Running

# As `hunmin label` serves a folder that is read already, on a port of its own choice.
SERVER = """
import sys
from pathlib import Path
from hunmin.serve.labelling.app import Labelling
from hunmin.serve.requests.logs import no_log
from hunmin.serve.server import Server, listen, serve_until_told
from hunmin.serve.settings import ServeSettings
settings = ServeSettings(port=0)
listening = listen(settings)
with Labelling([], Path(sys.argv[1]), settings, no_log, make_reader=lambda: None, crops=False) as labelling:
    print(listening.getsockname()[1], flush=True)
    serve_until_told(Server(labelling.app, settings), listening)
"""
NUM_LINES = 5


class Person:
    """Confirms one line after the other, whatever others say of it, and remembers what the screen said was saved."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.saved = name, list[tuple[int, str, str]]()
        self._rng = np.random.default_rng(seed)
        self._count = 0

    def work(self, service: Running, lines: list[str]) -> None:
        try:
            while True:
                self._confirm(service, lines[int(self._rng.integers(len(lines)))])
        except (OSError, http.client.HTTPException):
            pass  # the server is gone

    def _confirm(self, service: Running, line: str) -> None:
        self._count += 1
        text, version = f"{self.name}의 {self._count}번째 말", 0
        while True:
            said = {"state": "confirmed", "text": text, "by": self.name, "version": version}
            answer = service.post(f"/v1/lines/{line}", json.dumps(said).encode())
            label = answer.json()["label"]
            if answer.status == 200:
                self.saved.append((label["sequence"], line, text))
                return
            assert answer.status == 409
            version = label["version"]


def test_what_the_screen_said_is_saved_outlives_every_kill(tmp_path: Path, rounds: Callable[..., int]) -> None:
    folder = tmp_path / "out"
    made = read(folder, pages(tmp_path / "pages", NUM_LINES))
    lines = [line.id for line in made.by_doubt()]
    made.close()
    people = [Person("민지", 1), Person("준호", 2)]
    rng = np.random.default_rng(20)
    num_rounds = rounds(short=4, full=100)
    for _ in range(num_rounds):
        with subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            service = Running(int(process.stdout.readline()), service=None)
            at_work = [threading.Thread(target=person.work, args=(service, lines)) for person in people]
            for one in at_work:
                one.start()
            time.sleep(float(rng.uniform(0.2, 0.8)))
            process.kill()
            for one in at_work:
                one.join()

    file = AppendFile(folder / "journal.jsonl")
    entries = {entry["sequence"]: (entry["id"], entry["text"]) for entry in file.entries}
    file.close()
    saved = sorted(saying for person in people for saying in person.saved)
    assert len(saved) > 2 * num_rounds
    assert len({sequence for sequence, _, _ in saved}) == len(saved)
    for sequence, line, text in saved:
        assert entries[sequence] == (line, text)

    # One more start brings the list up to the journal; the last saying of each line is in it, once.
    with subprocess.Popen([sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
    last = {line: text for line, text in entries.values()}
    rows = [row.split("\t") for row in (folder / "labels.tsv").read_text("utf-8").splitlines()[1:]]
    assert {Path(crop).stem: text for crop, text, _ in rows} == last
    assert len(rows) == len(last)
