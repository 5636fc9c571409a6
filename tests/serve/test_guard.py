"""Who may ask."""

import os
from pathlib import Path

import pytest

from hunmin.errors import InputError
from hunmin.serve.settings import TOKEN_VARIABLE, ServeSettings, find_token
from tests.serve.running import running
from tests.serve.test_app import picture

TOKEN = "0123456789abcdef" * 2


def test_with_a_token_nothing_is_read_or_told_without_it() -> None:
    with running(token=TOKEN) as service:
        for authorization in (
            None,
            "",
            TOKEN,
            "Bearer",
            f"Bearer {TOKEN}x",
            f"Basic {TOKEN}",
            "Bearer 한글".encode().decode("latin-1"),
        ):
            headers = {} if authorization is None else {"Authorization": authorization}
            for path in ("/v1/read", "/v1/recognize", "/v1/picture"):
                answer = service.post(path, picture(), **headers)
                assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert [service.ask("GET", path, **headers).status for path in ("/v1/models", "/metrics")] == [401, 401]
        assert service.post("/v1/read", picture(), Authorization=f"bearer {TOKEN}").status == 200
        assert service.ask("GET", "/metrics", Authorization=f"Bearer {TOKEN}").status == 200
        assert [service.ask("GET", path).status for path in ("/", "/healthz", "/readyz", "/openapi.json")] == [200] * 4
        assert service.ask("GET", "/openapi.json").json()["security"] == [{"token": []}]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "localhost@evil.example"]
)
def test_another_name_for_this_machine_is_refused(host: str) -> None:
    with running() as service:
        for method, path in (("GET", "/"), ("POST", "/v1/read"), ("GET", "/metrics")):
            assert service.ask(method, path, b"", Host=host).json()["code"] == "wrong_host"


def test_every_address_of_this_machine_alone_is_its_own() -> None:
    with running() as service:
        for host in ("localhost", "127.0.0.1:1", "127.0.0.2", "[::1]:8000"):
            assert service.ask("GET", "/healthz", Host=host).status == 200


def test_pages_of_other_sites_are_refused_and_our_own_is_not() -> None:
    with running() as service:
        ours = f"http://127.0.0.1:{service.port}"
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "", "file://"):
            assert service.post("/v1/read", picture(), Origin=origin).json()["code"] == "wrong_origin"
        assert service.post("/v1/read", picture(), Sec_Fetch_Site="cross-site").status == 403
        assert service.post("/v1/read", picture(), Origin=ours, Sec_Fetch_Site="same-origin").status == 200
        answer = service.ask("OPTIONS", "/v1/read", Origin="http://evil.example")
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_every_answer_tells_the_browser_to_run_and_load_nothing_else() -> None:
    with running() as service:
        for answer in (
            service.ask("GET", "/"),
            service.post("/v1/read?format=hocr", picture()),
            service.ask("GET", "/nothing"),
        ):
            assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert service.post("/v1/read", picture()).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["10.0.0.7", "::", "192.0.2.7", "reader.example"])
def test_beyond_this_machine_a_token_is_asked_for(host: str) -> None:
    with pytest.raises(InputError, match="set a token"):
        ServeSettings(host=host)
    assert not ServeSettings(host=host, token=TOKEN).is_local
    assert not ServeSettings(host=host, is_open=True).is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone_needs_none(host: str) -> None:
    assert ServeSettings(host=host).is_local


def test_a_token_comes_from_a_file_or_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert find_token(None) is None
    assert find_token(file) == TOKEN
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN[::-1])
    assert find_token(None) == TOKEN[::-1]
    assert find_token(file) == TOKEN


@pytest.mark.parametrize(
    ("content", "told"), [("short", "5 characters"), ("가" * 20, "printable ASCII"), ("a b" * 9, "without spaces")]
)
def test_a_token_that_does_not_keep_anybody_out_is_refused(
    content: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, content)
    with pytest.raises(InputError, match=told):
        find_token(None)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
def test_a_token_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        find_token(file)
    with pytest.raises(InputError, match="cannot be read"):
        find_token(tmp_path / "none")
