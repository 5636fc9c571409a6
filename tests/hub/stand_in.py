"""A stand-in of the Hugging Face Hub on loopback: as much of its HTTP API as pulling and pushing a model needs."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_tokenofthetest"  # noqa: S105 - belongs to nobody


@dataclass
class Repository:
    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def add(self, files: dict[str, bytes]) -> str:
        """Commit files on top of what is there."""
        all_files = {**self.commits.get(self.refs.get("main", ""), {}), **files}
        commit = hashlib.sha1(
            repr((sorted(all_files.items()), len(self.commits))).encode(), usedforsecurity=False
        ).hexdigest()
        self.commits[commit] = all_files
        self.refs["main"] = commit
        return commit


@dataclass
class Hub:
    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    uploaded: dict[str, bytes] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)
    """Name of a file → what is sent in place of it."""


def is_large(name: str) -> bool:
    return name.endswith((".onnx", ".safetensors"))


def entry(name: str, content: bytes) -> dict[str, Any]:
    """A file as the Hub describes it."""
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    large = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 130}
    return {"size": len(content), "blobId": git, **({"lfs": large} if is_large(name) else {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer_get()

    def do_HEAD(self) -> None:
        self._answer_get()

    def _answer_get(self) -> None:
        parts = self._parts()
        if parts[:2] == ["api", "models"]:
            repository, rest = self._repository(parts[2:])
            if repository is None:
                return self._missing("RepoNotFound")
            revision = unquote(rest[1]) if len(rest) > 1 else "main"
            commit = repository.refs.get(revision, revision)
            if commit not in repository.commits and not (commit == "main" and not rest):
                return self._missing("RevisionNotFound")
            files = repository.commits.get(commit, {})
            if rest[:1] == ["tree"]:
                return self._json(
                    [
                        {"type": "file", "path": name, "oid": told["blobId"], "size": told["size"]}
                        | ({"lfs": {**told["lfs"], "oid": told["lfs"]["sha256"]}} if "lfs" in told else {})
                        for name, told in ((name, entry(name, content)) for name, content in files.items())
                    ]
                )
            siblings = [{"rfilename": name, **entry(name, content)} for name, content in files.items()]
            return self._json(
                {"id": "/".join(parts[2:4]), "sha": commit, "private": repository.private, "siblings": siblings}
            )
        repository, rest = self._repository(parts)
        if repository is None or rest[:1] != ["resolve"]:
            return self._missing("RepoNotFound")
        name = rest[2]
        content = repository.commits[rest[1]][name]
        told = entry(name, content)
        headers = {
            "X-Repo-Commit": rest[1],
            "ETag": f'"{told["lfs"]["sha256"] if "lfs" in told else told["blobId"]}"',
            "X-Linked-Size": str(len(content)),
        }
        return self._send(200, self.hub.lies.get(name, content), "application/octet-stream", headers)

    def do_PUT(self) -> None:
        self.hub.uploaded[self._parts()[-1]] = self._body()
        self._json({})

    def do_POST(self) -> None:  # noqa: PLR0911 - an answer a path
        parts, body = self._parts(), self._body()
        if parts[-4:] == ["info", "lfs", "objects", "batch"]:
            return self._json(
                {
                    "transfer": "basic",
                    "objects": [
                        {**one, "actions": {"upload": {"href": f"{self.hub.address}/upload/{one['oid']}"}}}
                        for one in json.loads(body)["objects"]
                    ],
                }
            )
        if parts == ["api", "validate-yaml"]:
            good = "license: nonsense" not in json.loads(body)["content"]
            problems = [] if good else [{"message": '"license" must be one of those that are known'}]
            return self._json({"errors": problems, "warnings": []}, 200 if good else 400)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._json({"error": "Invalid credentials"}, 401)
        if parts == ["api", "repos", "create"]:
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            if name in self.hub.repositories:
                return self._json({"error": "exists", "url": f"{self.hub.address}/{name}"}, 409)
            self.hub.repositories[name] = Repository(asked.get("visibility") == "private")
            return self._json({"url": f"{self.hub.address}/{name}"})
        repository, rest = self._repository(parts[2:])
        assert repository is not None
        if rest[0] == "preupload":
            files = json.loads(body)["files"]
            modes = {True: "lfs", False: "regular"}
            return self._json(
                {
                    "files": [
                        {"path": one["path"], "uploadMode": modes[is_large(one["path"])], "shouldIgnore": False}
                        for one in files
                    ]
                }
            )
        if rest[0] == "tag":
            repository.refs[json.loads(body)["tag"]] = rest[1]
            return self._json({})
        assert rest[0] == "commit", parts
        entries = [json.loads(line) for line in body.splitlines()]
        values = [(one["key"], one["value"]) for one in entries]
        commit = repository.add(
            {
                value["path"]: self.hub.uploaded[value["oid"]]
                if key == "lfsFile"
                else base64.b64decode(value["content"])
                for key, value in values
                if key != "header"
            }
        )
        url = f"{self.hub.address}/{'/'.join(parts[2:4])}/commit/{commit}"
        return self._json({"commitUrl": url, "commitOid": commit, "success": True})

    def _parts(self) -> list[str]:
        self.hub.requests.append(f"{self.command} {self.path}")
        return urlsplit(self.path).path.strip("/").split("/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _repository(self, parts: list[str]) -> tuple[Repository | None, list[str]]:
        repository = self.hub.repositories.get("/".join(parts[:2]))
        is_hidden = repository and repository.private and self.headers.get("Authorization") != f"Bearer {TOKEN}"
        return (None if is_hidden else repository), parts[2:]

    def _missing(self, code: str) -> None:
        self._send(404, b'{"error": "not found"}', "application/json", {"X-Error-Code": code})

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", {})

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def stand_in() -> Iterator[Hub]:
    hub = Hub()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub})) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
