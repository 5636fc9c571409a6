"""The recipes run from top to bottom, here for a few steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hunmin

REPOSITORY = Path(__file__).parents[1]
SMALL = ("trainer.max_steps=2", "data.batch_size=4", "data.num_validation=8", "data.num_workers=0", "trainer.threads=1")


def recipe(name: str, folder: Path, *arguments: str) -> str:
    """Run a recipe; what it prints."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HUNMIN_FONTS": str(Path(hunmin.__file__).parent / "fonts"),
        "CHECK": "0",
        "HELD_OUT": "8",
    }
    command = ["/bin/bash", str(REPOSITORY / "recipes" / name), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_model_is_fine_tuned_from_stores_of_lines(tmp_path: Path) -> None:
    from tests.data.lines import store_of

    for name in ("train", "validation"):
        store_of(12, tmp_path / name)
    printed = recipe("finetune_aihub.sh", tmp_path, "train", "validation", "run", *SMALL)
    assert "started from bundled: took over" in printed
    assert (tmp_path / "run" / "model.onnx").is_file()


def test_a_dry_run_of_the_fine_tuning_ends_with_its_plan(tmp_path: Path) -> None:
    from tests.data.lines import store_of

    for name in ("train", "validation"):
        store_of(12, tmp_path / name)
    printed = recipe("finetune_aihub.sh", tmp_path, "train", "validation", "run", "--dry-run", *SMALL)
    assert "nothing was written" in printed.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_a_model_is_pretrained_on_generated_lines(tmp_path: Path) -> None:
    printed = recipe("pretrain_synth.sh", tmp_path, "run", "model=nano", *SMALL)
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert "run/held_out" in printed


def test_a_recipe_without_its_arguments_says_what_it_needs() -> None:
    for name in ("finetune_aihub.sh", "pretrain_synth.sh"):
        command = ["/bin/bash", str(REPOSITORY / "recipes" / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "# Usage: recipes/" in done.stderr
