"""What the paths of labelling answer, and that `hunmin data import` takes what comes out."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hunmin.data.store.lmdb_store import open_store
from hunmin.serve.labelling.app import Labelling
from hunmin.serve.settings import ServeSettings
from tests.serve.labelling.test_journal import pages
from tests.serve.running import Answer, Running, quick_reader, serving, wait_until


@contextmanager
def labelling(tmp_path: Path, num: int = 3, **settings: Any) -> Iterator[Running]:
    files = pages(tmp_path / "pages", num)
    chosen = ServeSettings(port=0, **settings)
    with Labelling(files, tmp_path / "out", chosen, lambda _: None, make_reader=quick_reader, crops=False) as service:
        with serving(service.app, chosen) as port:
            running = Running(port, service)
            wait_until(lambda: not service._is_reading)
            yield running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with labelling(tmp_path) as started:
        yield started


def say(service: Running, name: str, **said: Any) -> Answer:
    body = {"state": "confirmed", "text": "가나다", "by": "민지", "version": 0, **said}
    return service.post(f"/v1/lines/{name}", json.dumps(body).encode(), Content_Type="application/json")


def test_lines_are_listed_with_what_they_say_and_shown(service: Running) -> None:
    listed = service.ask("GET", "/v1/lines").json()
    assert (listed["num_lines"], listed["problems"]) == (3, [])
    line = listed["lines"][0]
    assert (line["text"], line["label"]["state"], line["has_page"]) == ("가", "open", True)
    for what, kind in (("picture", "image/png"), ("around", "image/jpeg")):
        answer = service.ask("GET", f"/v1/lines/{line['id']}/{what}")
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert service.ask("GET", "/").status == 200


def test_what_one_says_the_others_hear_of(service: Running) -> None:
    first, second, third = (line["id"] for line in service.ask("GET", "/v1/lines").json()["lines"])
    assert say(service, first).json()["label"]["version"] == 1
    changes = service.ask("GET", f"/v1/changes?since=0&who=2&at={second}&by=joonho").json()
    assert [(label["id"], label["text"]) for label in changes["labels"]] == [(first, "가나다")]
    again = service.ask("GET", f"/v1/changes?since={changes['sequence']}&who=1&at={third}").json()
    assert (again["labels"], again["present"]) == ([], {second: "joonho"})
    overtaken = say(service, first, text="라", by="joonho")
    assert (overtaken.status, overtaken.json()["label"]["by"]) == (409, "민지")
    assert say(service, first, text="라", by="joonho", version=1).status == 200


@pytest.mark.parametrize(
    "said",
    [
        {"state": "gone"},
        {"text": 3},
        {"version": "0"},
        {"version": True},
        {"by": None},
        {"text": " "},
        {"text": "가" * 2001},
    ],
    ids=str,
)
def test_what_is_no_saying_is_refused(service: Running, said: dict[str, Any]) -> None:
    name = service.ask("GET", "/v1/lines").json()["lines"][0]["id"]
    assert say(service, name, **said).json()["code"] == "bad_request"
    assert service.ask("GET", "/v1/lines").json()["sequence"] == 0


def test_hostile_requests_are_refused(service: Running) -> None:
    name = service.ask("GET", "/v1/lines").json()["lines"][0]["id"]
    for body in (b"", b"[]", b"\xff", b"[" * 100_000, b'{"state": "\\ud800"}'):
        assert service.post(f"/v1/lines/{name}", body).status == 400
    for path in ("/v1/lines/..%2f..%2fetc/picture", "/v1/lines/nothing/picture", "/v1/lines/nothing/around"):
        assert service.ask("GET", path).status == 404
    for query in ("", "since=", "since=-1", "since=x", "since=%C2%B2"):
        assert service.ask("GET", f"/v1/changes?{query}").status == 400
    assert service.post(f"/v1/lines/{name}", bytes(60 << 20)).status == 413
    foreign = service.post(f"/v1/lines/{name}", b"{}", Origin="http://evil.example")
    assert foreign.json()["code"] == "wrong_origin"
    lone = say(service, name, text="가\ud800나")
    assert (lone.status, lone.json()["label"]["text"]) == (200, r"가\ud800나")
    assert say(service, name, version=1).status == 200


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    token = "0123456789" * 2
    with labelling(tmp_path, token=token) as service:
        for path in ("/v1/lines", "/v1/changes?since=0", "/v1/lines/00000-000/picture"):
            assert service.ask("GET", path).status == 401
            assert service.ask("GET", path, Authorization=f"Bearer {token}").status == 200


def test_what_comes_out_is_imported_with_its_documents(service: Running, tmp_path: Path) -> None:
    names = [line["id"] for line in service.ask("GET", "/v1/lines").json()["lines"]]
    for number, name in enumerate(names):
        assert say(service, name, text=f'말 "{number}"', by="").status == 200
    store = tmp_path / "store"
    arguments = ["data", "import", "tsv", tmp_path / "out", store, "split.test=0", "split.validation=0", "workers=1"]
    command = [sys.executable, "-c", "from hunmin.cli.app import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "seen 3, kept 3, dropped 0" in done.stdout
    opened = open_store(store / "train")
    samples = [opened.sample(index) for index in range(3)]
    assert sorted(sample.text for sample in samples) == ['말 "0"', '말 "1"', '말 "2"']
    assert len({sample.group for sample in samples}) == 3
