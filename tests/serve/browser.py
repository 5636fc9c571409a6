"""A real Chromium, driven over WebDriver with the standard library alone."""

import base64
import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 60.0


class Browser:
    def __init__(self, port: int, session: str) -> None:
        self._port, self._session = port, session

    def open(self, address: str) -> None:
        self._ask("POST", "url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        return self._ask("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def value(self, expression: str) -> Any:
        return self.run(f"return {expression}")

    def wait_for(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < end, f"{expression} never came true"
            time.sleep(0.03)

    def click(self, selector: str) -> None:
        self._ask("POST", f"element/{self._element(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Type into an element, or give a file input a file."""
        self._ask("POST", f"element/{self._element(selector)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys where the focus is: characters, or names such as `ArrowDown`."""
        codes = {
            "Enter": "\ue007",
            "ArrowDown": "\ue015",
            "ArrowUp": "\ue013",
            "Escape": "\ue00c",
            "Tab": "\ue004",
            "Home": "\ue011",
            "End": "\ue010",
        }
        actions = [{"type": kind, "value": codes.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def hover(self, selector: str) -> None:
        origin = {"element-6066-11e4-a52e-4f735466cecf": self._element(selector)}
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin}
        self._ask("POST", "actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})

    def complaints(self) -> list[str]:
        """What the console says that is no answer of the service."""
        entries = self._ask("POST", "se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["source"] != "network"]

    def take_picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("GET", "screenshot")))

    def emulate(self, command: str, **parameters: Any) -> None:
        self._ask("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def _element(self, selector: str) -> str:
        (name,) = self._ask("POST", "element", {"using": "css selector", "value": selector}).values()
        return str(name)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return ask(self._port, method, f"/session/{self._session}/{path}", body)


def ask(port: int, method: str, path: str, body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    content = json.dumps(body) if body is not None else None
    connection.request(method, path, content, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())["value"]
    connection.close()
    assert not (isinstance(answer, dict) and answer.get("error")), answer
    return answer


@contextmanager
def chromium(
    language: str, downloads: Path, *, width: int = 1280, height: int = 900, phone: bool = False
) -> Iterator[Browser]:
    """A browser of its own; the test is skipped where there is none."""
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("there is no chromium with its driver")
    options: dict[str, Any] = {
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--window-size={width},{height}",
            f"--accept-lang={language}",
        ],
        "prefs": {"intl.accept_languages": language, "download.default_directory": str(downloads)},
    }
    if phone:
        options["mobileEmulation"] = {
            "deviceMetrics": {"width": width, "height": height, "pixelRatio": 2, "touch": True}
        }
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        started = next(line for line in process.stdout if "started successfully on port" in line)
        port = int(started.strip().rstrip(".").rpartition(" ")[2])
        try:
            session = ask(port, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            try:
                yield Browser(port, session)
            finally:
                ask(port, "DELETE", f"/session/{session}")
        finally:
            process.terminate()
