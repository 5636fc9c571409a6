"""What the paths of the service answer."""

import gc
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from hunmin.documents.writers.save import SUFFIXES
from tests.serve.running import Running, form, running, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"


def picture(
    format: str = "PNG", width: int = 60, height: int = 30, pages: int = 1, compression: str | None = None
) -> bytes:
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8)) for _ in range(pages)]
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if pages > 1 else {}
    images[0].save(buffer, format, **more, **({"compression": compression} if compression else {}))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as started:
        yield started


@pytest.mark.parametrize("as_form", [True, False], ids=["form", "body"])
def test_a_picture_is_read_as_the_documents_schema_says(service: Running, as_form: bool) -> None:
    if as_form:
        answer = service.send_form("/v1/read", ("file", "스캔.png", picture()))
    else:
        answer = service.post("/v1/read", picture(), Content_Type="image/png")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    read = answer.json()
    schema = service.ask("GET", "/openapi.json").json()
    Draft202012Validator({"$ref": "#/components/schemas/Document", **schema}).validate(read)
    assert read["path"] == ("스캔.png" if as_form else "upload")
    assert [line["text"] for line in read["pages"][0]["lines"]] == ["가"]


@pytest.mark.parametrize("kind", SUFFIXES)
def test_every_format_is_written(service: Running, kind: str) -> None:
    if kind == "pdf" and find_spec("pikepdf") is None:
        pytest.skip("searchable PDFs need the extra documents")
    answer = service.send_form(f"/v1/read?format={kind}", ("file", "a/b\\c.png", picture()))
    assert answer.status == 200, answer.body
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''c{SUFFIXES[kind]}"
    assert b"\xea\xb0\x80" in answer.body or kind in ("json", "pdf")
    assert b"hunmin-serve" not in answer.body  # the folder that the upload lay in


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/plain", "text/plain"),
        ("text/html;q=0.5, application/pdf;q=0", "text/vnd.hocr+html"),
        ("image/png, */*;q=0.1", "application/json"),
        ("text/*", "text/plain"),
        ("", "application/json"),
    ],
)
def test_accept_decides_where_no_format_is_given(service: Running, accept: str, media_type: str) -> None:
    answer = service.post("/v1/read", picture(), Accept=accept)
    assert answer.headers["content-type"].partition(";")[0] == media_type


def test_pages_are_chosen_and_drawn(service: Running) -> None:
    tiff = picture("TIFF", pages=3)
    read = service.post("/v1/read?pages=2-", tiff).json()
    assert (read["num_pages"], [page["number"] for page in read["pages"]]) == (3, [2, 3])
    drawn = service.post("/v1/picture?page=3", tiff)
    assert drawn.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(drawn.body)).size == (60, 30)
    assert service.post("/v1/picture?page=4", tiff).json()["detail"] == "upload: has no page 4; it has pages 1 to 3"


def test_characters_come_with_json_where_they_are_asked_for(service: Running) -> None:
    read = service.post("/v1/read?characters=true", picture()).json()
    (character,) = read["pages"][0]["lines"][0]["characters"]
    assert character["text"] == "가"
    schema = service.ask("GET", "/openapi.json").json()
    Draft202012Validator({"$ref": "#/components/schemas/Document", **schema}).validate(read)
    assert "characters" not in service.post("/v1/read", picture()).json()["pages"][0]["lines"][0]
    (reading,) = service.post("/v1/recognize?characters=1", picture()).json()["readings"]
    assert [one["text"] for one in reading["characters"]] == ["가"]


def test_a_page_that_cannot_be_read_is_named_and_the_others_are_read(service: Running) -> None:
    tiff = picture("TIFF", pages=2, compression="tiff_lzw")
    with Image.open(io.BytesIO(tiff)) as opened:
        opened.seek(1)
        (start,) = opened.tag_v2[273]
    damaged = tiff[:start] + bytes(400) + tiff[start + 400 :]
    answer = service.send_form("/v1/read", ("file", "두 쪽.tif", damaged))
    first, second = answer.json()["pages"]
    assert (answer.status, len(first["lines"])) == (200, 1)
    assert second["error"]["code"] == "unreadable"
    assert second["error"]["message"].startswith("두 쪽.tif, page 2: ")


def test_a_large_page_is_drawn_smaller(service: Running) -> None:
    drawn = service.post("/v1/picture", picture(width=5000, height=40))
    assert Image.open(io.BytesIO(drawn.body)).size == (2400, 19)


def test_crops_are_read_in_their_order_and_a_bad_one_costs_only_itself(service: Running) -> None:
    answer = service.send_form(
        "/v1/recognize", ("files", "1.png", picture()), ("files", "2.png", b"nothing"), ("files", "3.png", picture())
    )
    first, second, third = answer.json()["readings"]
    assert (first["name"], first["text"], third["text"]) == ("1.png", "가", "가")
    assert second["problem"]["code"] == "unknown_format"
    assert "text" not in second


def test_one_crop_as_the_body_is_read_or_refused(service: Running) -> None:
    assert service.post("/v1/recognize", picture()).json()["readings"][0]["text"] == "가"
    answer = service.post("/v1/recognize", b"nothing")
    assert (answer.status, answer.json()["code"]) == (415, "unknown_format")
    assert "AVIF image and not a PDF" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/read?format=docx", 400, "bad_parameter"),
        ("/v1/read?fromat=text", 400, "bad_parameter"),
        ("/v1/read?format=text&format=json", 400, "bad_parameter"),
        ("/v1/read?dpi=0", 400, "bad_parameter"),
        ("/v1/read?dpi=nan", 400, "bad_parameter"),
        ("/v1/read?dpi=x", 400, "bad_parameter"),
        ("/v1/read?force=perhaps", 400, "bad_parameter"),
        ("/v1/read?pages=9", 400, "bad_request"),
        ("/v1/read?pages=1%00%1b", 400, "bad_request"),
        ("/v1/picture?page=0", 400, "bad_request"),
        ("/v1/picture?page=-1", 400, "bad_parameter"),
        ("/v1/recognize?format=json", 400, "bad_parameter"),
        ("/nothing", 404, "not_found"),
        ("/static/nothing", 404, "not_found"),
    ],
)
def test_what_is_asked_wrongly_is_told(service: Running, path: str, status: int, code: str) -> None:
    answer = service.post(path, picture()) if not path.startswith("/static") else service.ask("GET", path)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"].isprintable()


@pytest.mark.parametrize(
    "parts",
    [
        [("image", "a.png", b"x")],
        [("file", None, b"/etc/passwd")],
        [("file", None, b"http://127.0.0.1/a.png")],
        [("password", None, b"x")],
        [("file", "a.png", b"x"), ("file", "b.png", b"x")],
        [("file", "a.png", b"x"), ("url", None, b"file:///etc/passwd")],
        [],
    ],
    ids=["another name", "a path", "an address", "no file", "two", "an address beside", "nothing"],
)
def test_a_form_holds_a_file_and_nothing_else(service: Running, parts: list[tuple[str, str | None, bytes]]) -> None:
    answer = service.send_form("/v1/read", *parts)
    assert (answer.status, answer.json()["code"]) == (400, "bad_form")


@pytest.mark.parametrize(
    "damage",
    [
        lambda body, kind: (body[40:], kind),
        lambda body, kind: (b"", kind),
        lambda body, kind: (body, "multipart/form-data"),
        lambda body, kind: (body.replace(b'name="file"', b"x"), kind),
        lambda body, kind: (body.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 100 + b"\r\n", 1), kind),
        lambda body, kind: (body.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 10**5 + b"\r\n\r\n", 1), kind),
    ],
    ids=["no beginning", "empty", "no boundary", "no name", "a hundred headers", "a long header"],
)
def test_a_damaged_form_is_told(service: Running, damage: Callable[[bytes, str], tuple[bytes, str]]) -> None:
    damaged, kind = damage(*form(("file", "a.png", picture())))
    answer = service.post("/v1/read", damaged, Content_Type=kind)
    assert (answer.status, answer.json()["code"]) == (400, "bad_form")


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Starlette leaves its file to the collector
def test_a_form_that_breaks_off_is_told(service: Running) -> None:
    damaged, kind = form(("file", "a.png", picture()))
    answer = service.post("/v1/read", damaged[:-20], Content_Type=kind)
    assert (answer.status, answer.json()["code"]) == (400, "bad_form")
    gc.collect()


def test_files_that_cannot_be_read_have_a_status_and_a_code(service: Running) -> None:
    for body, status, code in (
        (b"", 422, "empty"),
        (b"nothing", 415, "unknown_format"),
        (b"%PDF-1.7 nothing", 422, "unreadable"),
        (picture()[:60], 422, "unreadable"),
        (picture("GIF", pages=2), 422, "several_frames"),
        (b"8BPS" + bytes(100), 415, "unsupported"),
    ):
        answer = service.post("/v1/read", body)
        assert (answer.status, answer.json()["code"]) == (status, code)


def test_page_xml_of_several_pages_is_refused_before_anything_is_read(service: Running) -> None:
    answer = service.post("/v1/read?format=page", picture("TIFF", pages=2))
    assert answer.json()["code"] == "one_page"
    assert service.post("/v1/read?format=page&pages=2", picture("TIFF", pages=2)).status == 200


def test_models_health_and_counts(service: Running) -> None:
    (model,) = service.ask("GET", "/v1/models").json()["models"]
    assert (model["name"], model["num_characters"]) == ("quick", 2)
    assert service.ask("GET", "/healthz").json() == {"status": "alive"}
    assert service.ask("GET", "/readyz").json() == {"status": "ready"}
    service.post("/v1/read", picture())
    # A request is counted once its answer has gone out, and the client may be faster.
    read = 'hunmin_requests_total{method="POST",route="/v1/read",status="200"}'
    wait_until(lambda: read in service.ask("GET", "/metrics").body.decode())
    counts = service.ask("GET", "/metrics").body.decode()
    assert "hunmin_batch_rows_count" in counts
    assert "process_resident_memory_bytes" in counts
    service.service.end()
    answer = service.ask("GET", "/readyz")
    assert (answer.status, "retry-after" in answer.headers) == (503, True)


def test_openapi_names_every_path_and_every_answer_of_the_service(service: Running) -> None:
    described = service.ask("GET", "/openapi.json").json()
    assert json.dumps(described).count("#/$defs") == 0
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answer = service.ask(method.upper(), path, picture())
            assert str(answer.status) in operation["responses"], (path, answer.status)
            schema = operation["responses"][str(answer.status)]["content"]
            media_type = answer.headers["content-type"].partition(";")[0]
            if media_type.endswith("json"):
                wanted = {**schema[media_type]["schema"], "components": described["components"]}
                Draft202012Validator(wanted).validate(answer.json())
            else:
                assert media_type in schema


def test_openapi_names_every_parameter_that_is_taken(service: Running) -> None:
    for path, methods in service.ask("GET", "/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if method == "post":
                refused = service.post(f"{path}?unknown=1", picture()).json()["detail"]
                taken = refused.partition("there are ")[2].split(", ")
                assert [one["name"] for one in operation["parameters"]] == taken, path


def test_the_bundled_model_reads_an_example() -> None:
    from hunmin.documents.reader import Reader

    with running(Reader()) as started:
        answer = started.post("/v1/read?format=text", (EXAMPLES / "sign.jpg").read_bytes())
        assert answer.body.decode().splitlines()[0] == "해오름 책방"


def test_an_answer_is_sent_without_the_delay_of_nagle(service: Running) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        took_s = []
        for _ in range(5):
            started = time.monotonic()
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while not received.endswith(b"}"):
                received += connection.recv(4096)
            took_s.append(time.monotonic() - started)
    assert min(took_s[1:]) < 0.03
