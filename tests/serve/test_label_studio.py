"""Label Studio asks as its `ml/api_connector.py` does, and what it exports comes back as it was read."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.label_studio import read_label_studio
from hunmin.documents.reader import Reader
from hunmin.errors import InputError
from hunmin.recognize.recognizer import Recognizer
from hunmin.serve.label_studio.project import EXAMPLE
from hunmin.version import __version__
from tests.serve.running import SPEC, Answer, Running, quick_engine, running, wait_until

TEMPLATE = """<View>
  <Image name="image" value="$ocr"/>
  <Labels name="label" toName="image"><Label value="Text" background="green"/><Label value="Handwriting"/></Labels>
  <Rectangle name="bbox" toName="image" strokeWidth="3"/>
  <Polygon name="poly" toName="image" strokeWidth="3"/>
  <TextArea name="transcription" toName="image" editable="true" perRegion="true"/>
</View>"""
"""That of Label Studio's own template for OCR."""


def two_lines(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """One level, one turned by about 11 degrees."""
    return np.array(
        [[(10, 10), (90, 10), (90, 30), (10, 30)], [(20, 60), (118, 80), (114, 99.6), (16, 79.6)]], np.float32
    )


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "media" / "upload" / "1").mkdir(parents=True)
    pixels = np.full((120, 160, 3), 255, np.uint8)
    pixels[12:28, 20:80] = 0
    pixels[70:90, 40:100] = 0
    Image.fromarray(pixels).save(tmp_path / "media" / "upload" / "1" / "0123abcd-page.png")
    (tmp_path / "secret.png").write_bytes((tmp_path / "media/upload/1/0123abcd-page.png").read_bytes())
    return tmp_path / "media"


@contextmanager
def backend(source: object, **settings: Any) -> Iterator[Running]:
    reader = Reader(Recognizer.from_engine(quick_engine, SPEC, language=None), two_lines)
    with running(reader, label_studio=str(source), **settings) as service:
        yield service


def ask_predict(service: Running, *addresses: str, config: str = TEMPLATE, key: str = "ocr", **headers: str) -> Answer:
    asked = {
        "tasks": [{"id": number, "data": {key: address}} for number, address in enumerate(addresses)],
        "project": "1.1700000000",
        "label_config": config,
        "params": {"login": None, "password": None, "hostname": "http://127.0.0.1:1", "context": None},
    }
    return service.post("/label-studio/predict", json.dumps(asked).encode(), Content_Type="application/json", **headers)


PAGE = "/data/upload/1/0123abcd-page.png"


def test_it_is_there_only_where_it_was_asked_for(media: Path) -> None:
    with running() as service:
        assert service.ask("GET", "/label-studio/health").status == 404
    with pytest.raises(InputError, match="is no folder, and no address"), backend(media / "absent"):
        pass


def test_label_studio_connects(media: Path) -> None:
    with backend(media) as service:
        assert service.ask("GET", "/label-studio/health").json()["status"] == "UP"
        asked = {"project": "1.17", "schema": TEMPLATE, "hostname": "http://127.0.0.1:1", "access_token": "secret"}
        version = service.post("/label-studio/setup", json.dumps(asked).encode()).json()["model_version"]
        assert version == f"hunmin {__version__} quick"
        assert service.ask("GET", "/label-studio/versions", b'{"project": "1.17"}').json() == {"versions": [version]}
        (prediction,) = ask_predict(service, PAGE).json()["results"]
        assert prediction["model_version"] == version
        wait_until(lambda: "/label-studio/predict" in {entry.route for entry in service.entries})


@pytest.mark.parametrize(
    ("config", "key", "kinds"),
    [
        (TEMPLATE, "ocr", ["rectangle", "labels", "textarea"]),
        (EXAMPLE, "image", ["rectanglelabels", "textarea"]),
    ],
)
def test_what_comes_back_is_what_was_read(media: Path, tmp_path: Path, config: str, key: str, kinds: list[str]) -> None:
    with backend(media) as service:
        (prediction,) = ask_predict(service, PAGE, config=config, key=key).json()["results"]
    assert [one["type"] for one in prediction["result"]] == 2 * kinds
    assert prediction["result"][0]["value"]["rotation"] == 0
    assert 0 < prediction["score"] <= 1
    # As Label Studio's JSON export has it once somebody submitted the predictions as they were.
    export = [{"id": 1, "data": {key: PAGE}, "annotations": [{"id": 1, "result": prediction["result"]}]}]
    exported = tmp_path / "export"
    exported.mkdir()
    (exported / "export.json").write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
    (exported / "0123abcd-page.png").write_bytes((media / PAGE.removeprefix("/data/")).read_bytes())
    (page,) = read_label_studio(open_files([exported]))
    assert page.image is not None
    assert [region.text for region in page.regions] == ["가", "가"]
    corners = np.array([region.corners for region in page.regions])
    assert np.abs(corners - two_lines(np.zeros((120, 160, 3), np.uint8))).max() < 0.5


def test_one_page_that_cannot_be_read_costs_only_itself(media: Path) -> None:
    (media / "upload" / "broken.png").write_bytes(b"no picture")
    with backend(media) as service:
        answer = ask_predict(service, "/data/upload/broken.png", PAGE, "/data/upload/absent.png")
        first, second, third = answer.json()["results"]
        assert (first["result"], third["result"]) == ([], [])
        assert len(second["result"]) == 6
        alone = ask_predict(service, "/data/upload/broken.png")
        assert alone.status == 415
        assert str(media) not in alone.body.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/../../secret.png",
        "/data/local-files/?d=../secret.png",
        "/data/local-files/?d=/etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "/data/upload/1/link.png",
        "/data/upload/%2e%2e/%2e%2e/secret.png",
        "/data/upload/1/\x00.png",
        "..\\secret.png",
        "http://[::1",
        "",
    ],
)
def test_nothing_outside_of_the_folder_is_opened(media: Path, address: str) -> None:
    (media / "upload" / "1" / "link.png").symlink_to(media.parent / "secret.png")
    with backend(media) as service:
        answer = ask_predict(service, address)
    assert (answer.status, answer.json()["code"]) == (422, "no_image")


def test_local_storage_is_found_by_its_path(media: Path) -> None:
    with backend(media) as service:
        assert len(ask_predict(service, "/data/local-files/?d=upload/1/0123abcd-page.png").json()["results"]) == 1


@contextmanager
def a_label_studio(media: Path) -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            seen.append(f"{self.path} {self.headers.get('Authorization')}")
            if self.path.startswith("/data/away"):
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/data/upload/x.png")
                self.end_headers()
                return
            is_known = self.headers.get("Authorization") == "Token the-key"
            self.send_response(200 if is_known else 401)
            self.end_headers()
            self.wfile.write((media / "upload/1/0123abcd-page.png").read_bytes() if is_known else b"")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def test_images_are_fetched_from_the_one_label_studio_with_its_key(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "the-key")
    with a_label_studio(media) as (address, seen), backend(address) as service:
        (prediction,) = ask_predict(service, PAGE).json()["results"]
        assert len(prediction["result"]) == 6
        assert ask_predict(service, address + PAGE).status == 200
        assert seen == [f"{PAGE} Token the-key"] * 2


def test_no_other_host_is_asked_whatever_a_task_says(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "the-key")
    with a_label_studio(media) as (address, _), a_label_studio(media) as (other, asked), backend(address) as service:
        for wrong in (
            other + PAGE,
            f"//{other.removeprefix('http://')}{PAGE}",
            "file:///etc/passwd",
            "s3://bucket/a.png",
        ):
            assert ask_predict(service, wrong).json()["code"] == "foreign_image", wrong
        assert ask_predict(service, "/data/away.png").json()["code"] == "no_image"  # a redirect is not followed
        host = address.removeprefix("http://")
        assert ask_predict(service, f"http://{host}@{other.removeprefix('http://')}{PAGE}").status == 400
        assert asked == []
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "wrong")
    with a_label_studio(media) as (address, _), backend(address) as service:
        assert "is LABEL_STUDIO_API_KEY right?" in ask_predict(service, PAGE).json()["detail"]


def test_the_token_is_taken_as_a_password_too(media: Path) -> None:
    token = 20 * "t"
    with backend(media, token=token) as service:
        assert service.ask("GET", "/label-studio/health").status == 200
        assert ask_predict(service, PAGE).status == 401
        for password, status in ((token, 200), ("wrong", 401), ("", 401)):
            basic = base64.b64encode(f"label-studio:{password}".encode()).decode()
            assert ask_predict(service, PAGE, Authorization=f"Basic {basic}").status == status
        assert ask_predict(service, PAGE, Authorization="Basic ???").status == 401


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("<View/>", "needs an Image"),
        ("<View", "is no XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "has a DOCTYPE"),
        ("<View>" + 200_000 * " " + "</View>", "too long"),
        (TEMPLATE.replace('toName="image"', 'toName="other"'), "needs an Image"),
    ],
)
def test_a_project_that_takes_no_lines_is_told(media: Path, config: str, told: str) -> None:
    with backend(media) as service:
        answer = ask_predict(service, PAGE, config=config)
    assert (answer.status, answer.json()["code"]) == (400, "labelling_configuration")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"tasks": []}', b'{"tasks": 1}', b'{"tasks": [1], "label_config": 1}']
)
def test_a_body_that_is_none_is_told(media: Path, body: bytes) -> None:
    with backend(media) as service:
        assert service.post("/label-studio/predict", body).status == 400
        assert service.post("/label-studio/setup", body).status == 400
