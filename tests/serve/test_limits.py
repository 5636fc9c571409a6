"""Size, time, number: what is too much is refused, and whoever hangs up costs nothing more."""

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.documents.reader import Reader
from hunmin.pages.detector import Detector
from hunmin.recognize.recognizer import Recognizer
from tests.serve.running import SPEC, Running, quick_engine, running, wait_until, whole_page
from tests.serve.test_app import picture


class Gate:
    """A detector that waits until it is opened, and counts the pages it was given."""

    def __init__(self) -> None:
        self.opened, self.num_pages = threading.Event(), 0

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.num_pages += 1
        assert self.opened.wait(20)
        return whole_page(image)


def reader_with(detector: Detector) -> Reader:
    return Reader(Recognizer.from_engine(quick_engine, SPEC, language=None), detector)


class Begun:
    """A request that was sent; nobody waits for its answer yet."""

    def __init__(self, service: Running, path: str, body: bytes) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        self._connection.request("POST", path, body)

    def hang_up(self) -> None:
        self._connection.close()

    def status(self) -> int:
        try:
            response = self._connection.getresponse()
            response.read()
            return response.status
        finally:
            self._connection.close()


def folders_of(service: Running) -> list[Path]:
    return list(Path(service.service._work._folder.name).iterdir())


def test_a_full_house_is_told_to_come_back_and_everybody_inside_is_answered() -> None:
    gate = Gate()
    with running(reader_with(gate), max_requests=3) as service, ThreadPoolExecutor(3) as threads:
        inside = [threads.submit(service.post, "/v1/read", picture()) for _ in range(3)]
        wait_until(lambda: service.service._work.num_taken == 3)
        refused = service.post("/v1/read", picture())
        assert (refused.status, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        assert service.ask("GET", "/healthz").status == 200
        gate.opened.set()
        assert [one.result().status for one in inside] == [200] * 3
        wait_until(lambda: service.service._work.num_taken == 0)
        assert service.post("/v1/read", picture()).status == 200


def test_a_body_too_large_is_refused_with_and_without_a_length() -> None:
    with running(max_upload_bytes=100_000) as service:
        for headers, body in (
            ({}, bytes(100_001)),
            ({"Transfer_Encoding": "chunked"}, b"%x\r\n" % 200_000 + bytes(200_000) + b"\r\n0\r\n\r\n"),
        ):
            answer = service.ask("POST", "/v1/read", body, **headers)
            assert (answer.status, answer.json()["code"]) == (413, "too_large")
        assert folders_of(service) == []


def test_a_length_that_lies_or_is_no_number_breaks_nothing() -> None:
    with running(transfer_timeout_s=0.5) as service:
        for length in (b"-1", b"9" * 400, b"1e9", "²".encode(), b"999999999999"):
            with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
                connection.sendall(
                    b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + b"\r\n\r\nx"
                )
                status = connection.recv(4096).split(b" ")[1]
            assert status in (b"400", b"413"), length
        assert service.ask("GET", "/healthz").status == 200


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    with running(transfer_timeout_s=0.3) as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nslow")
            assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
        wait_until(lambda: service.service._work.num_taken == 0 and not folders_of(service))


def test_what_takes_too_long_is_answered_at_once_and_ends_at_its_next_page() -> None:
    gate = Gate()
    with running(reader_with(gate), reading_timeout_s=0.3) as service:
        answer = service.post("/v1/read", picture("TIFF", pages=5))
        assert (answer.status, answer.json()["code"]) == (504, "too_slow")
        assert service.service._work.num_taken == 1  # its thread is still at the first page
        gate.opened.set()
        wait_until(lambda: service.service._work.num_taken == 0)
        assert gate.num_pages == 1


def test_whoever_hangs_up_stops_the_work_at_its_next_page() -> None:
    gate = Gate()
    with running(reader_with(gate)) as service:
        connection = Begun(service, "/v1/read", picture("TIFF", pages=5))
        wait_until(lambda: gate.num_pages == 1)
        connection.hang_up()
        wait_until(lambda: [entry.status for entry in service.entries] == [499])
        gate.opened.set()
        wait_until(lambda: service.service._work.num_taken == 0)
        assert gate.num_pages == 1
        assert folders_of(service) == []


def test_whoever_hangs_up_while_waiting_is_never_read() -> None:
    gate = Gate()
    with running(reader_with(gate), documents_at_once=1) as service:
        first = Begun(service, "/v1/read", picture())
        wait_until(lambda: gate.num_pages == 1)
        second = Begun(service, "/v1/read", picture())
        wait_until(lambda: service.service._work.num_taken == 2)
        second.hang_up()
        wait_until(lambda: service.service._work.num_taken == 1)
        gate.opened.set()
        assert first.status() == 200
        assert gate.num_pages == 1


def test_whoever_hangs_up_in_the_middle_of_a_body_leaves_nothing() -> None:
    with running() as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nslow")
            wait_until(lambda: service.service._work.num_taken == 1)
        wait_until(lambda: service.service._work.num_taken == 0)
        assert folders_of(service) == []


def test_an_answer_that_nobody_fetches_is_given_up() -> None:
    with running(reader_with(whole_page), transfer_timeout_s=0.5) as service:
        # A picture of noise makes a searchable PDF of several megabytes, more than the sockets hold.
        large = picture(width=1600, height=1600)
        connection = Begun(service, "/v1/read?format=pdf", large)
        wait_until(lambda: len(service.entries) == 1)
        assert service.service._work.num_taken == 0
        assert service.entries[0].bytes_out < 7_000_000
        connection.hang_up()


def test_documents_do_not_keep_crops_waiting() -> None:
    gate = Gate()
    with running(reader_with(gate), documents_at_once=1) as service:
        connections = [Begun(service, "/v1/read", picture()) for _ in range(4)]
        wait_until(lambda: gate.num_pages == 1)
        assert service.post("/v1/recognize", picture()).status == 200
        gate.opened.set()
        assert [connection.status() for connection in connections] == [200] * 4


def test_too_many_pages_and_too_many_crops_are_refused() -> None:
    with running(max_pages=2, max_crops=2) as service:
        answer = service.post("/v1/read", picture("TIFF", pages=3))
        assert (answer.status, answer.json()["code"]) == (413, "too_many_pages")
        assert service.post("/v1/read?pages=1-2", picture("TIFF", pages=3)).status == 200
        answer = service.send_form("/v1/recognize", *[("files", "a.png", picture())] * 3)
        assert (answer.status, answer.json()["code"]) == (400, "bad_form")


def test_a_defect_is_answered_without_telling_what_it_is_about() -> None:
    def broken(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise ZeroDivisionError("비밀 문서")

    with running(reader_with(broken)) as service:
        answer = service.post("/v1/read", picture())
        assert (answer.status, answer.json()["code"]) == (500, "defect")
        wait_until(lambda: service.entries)  # written down once the answer has gone out
        (entry,) = service.entries
        assert entry.request_id == answer.headers["x-request-id"]
        assert entry.problem.startswith("ZeroDivisionError at tests.serve.test_limits:")
        assert "비밀" not in answer.body.decode() + entry.problem
        assert service.ask("GET", "/healthz").status == 200


def test_a_folder_for_files_that_was_cleared_away_is_made_anew_and_where_none_can_be_no_place_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(max_requests=1) as service:
        work = service.service._work
        Path(work._folder.name).rmdir()
        assert service.post("/v1/read", picture()).status == 200
        wait_until(lambda: work.num_taken == 0)  # a slot is given back once its answer has gone out

        def full(*arguments: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("hunmin.serve.work.tempfile.TemporaryDirectory", full)
            for _ in range(3):
                assert service.post("/v1/read", picture()).json()["code"] == "no_room"
        wait_until(lambda: work.num_taken == 0)
        assert service.post("/v1/read", picture()).status == 200
