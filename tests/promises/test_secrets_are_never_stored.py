"""Promise S10: keys in the environment, or typed where they do not belong, are in nothing that a run leaves behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.runs import overrides

REPOSITORY = Path(__file__).parents[2]
CANARIES = {
    "WANDB_API_KEY": "canary0wandb0key0" + "0" * 23,
    "AWS_SECRET_ACCESS_KEY": "canary/aws/secret",
    "HF_TOKEN": "hf_canaryhuggingface",
    "OPENAI_API_KEY": "sk-canaryopenai",
    "MY_PASSWORD": "canary-pass word",
}
RUN = """
import sys
from hunmin.cli.app import main
for arguments in {commands!r}:
    sys.argv = ["hunmin", *arguments]
    try:
        main()
    except SystemExit as end:
        assert end.code in (0, None, 2), end.code
"""


def test_keys_in_the_environment_are_in_no_file_and_in_nothing_that_is_printed(
    tmp_path: Path, rounds: Callable[..., int]
) -> None:
    run = ["train", *overrides(tmp_path, "logger=wandb", "trainer.max_steps=2", "trainer.save_every=1")]
    model = str(tmp_path / "run" / "model.safetensors")
    exported = [["export", model, str(tmp_path / "model.onnx"), "--decoding", "one-pass", "--check", "0"]]
    commands = [
        ["train", "--dry-run", *run[1:]],
        run,
        *exported * rounds(short=0, full=1),
        ["info"],
        ["train", "--config", str(tmp_path / "run" / "config.yaml"), "out=${oc.env:HF_TOKEN}"],
    ]
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    environment = {
        **os.environ,
        **CANARIES,
        "HOME": str(tmp_path / "home"),
        "WANDB_MODE": "offline",
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN.format(commands=commands)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path not in before]
    suffixes = {path.suffix for path in written}
    assert {".ckpt", ".safetensors", ".yaml", ".csv", ".wandb"} <= suffixes
    assert (".onnx" in suffixes) == bool(rounds(short=0, full=1)), (
        "an export that failed would leave nothing to look into"
    )
    everything = {str(path): path.read_bytes() for path in written} | {"terminal": done.stdout + done.stderr}
    for name, canary in CANARIES.items():
        assert [where for where, content in everything.items() if canary.encode() in content] == [], name


@pytest.mark.parametrize("key", ["api_key", "logger.api_key", "+logger.key"])
def test_there_is_no_place_for_a_key_in_the_configuration(key: str, tmp_path: Path) -> None:
    from hunmin.compose import load_config
    from hunmin.errors import InputError
    from hunmin.training.config import TrainConfig

    with pytest.raises(InputError):
        load_config(TrainConfig, [f"{key}=canary"])
