"""Making data and looking at it needs the extra `data`: torch and Lightning are never imported on the way."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "lines"

# Worker processes import this file again, so what it bars is barred in them, too.
SCRIPT = """
import shlex, sys

class Bar:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "pytorch_lightning"):
            raise ImportError(f"{name} is barred")

sys.meta_path.insert(0, Bar())

if __name__ == "__main__":
    from hunmin.cli.app import main
    for command in sys.stdin.read().splitlines():
        sys.argv = ["hunmin", *shlex.split(command)]
        try:
            main()
        except SystemExit as end:
            if end.code:
                sys.exit(f"{command}: exit code {end.code}")
    print("all done")
"""


@pytest.mark.slow
def test_synth_and_every_data_command_run_where_torch_cannot_be_imported(tmp_path: Path) -> None:
    script = tmp_path / "barred.py"
    script.write_text(SCRIPT, encoding="utf-8")
    commands = [
        "synth lines num=6 workers=1",
        "synth more num=4 seed=1 workers=1",
        "synth --preview sheet.png",
        "data verify lines",
        "data stats lines --html stats.html",
        "data show lines --worst --out shown.png",
        "data check lines more",
        "data merge lines more all",
        "data export all exported",
        f"data import tsv '{EXAMPLES}' imported workers=1",
    ]
    done = subprocess.run(
        [sys.executable, str(script)],
        input="\n".join(commands),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("all done\n"), done.stdout + done.stderr
    made = ("lines", "more", "sheet.png", "stats.html", "shown.png", "all", "exported", "imported")
    assert [name for name in made if not (tmp_path / name).exists()] == []


def test_that_script_does_bar_torch(tmp_path: Path) -> None:
    script = tmp_path / "barred.py"
    script.write_text(SCRIPT + "import torch\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], input="", capture_output=True, text=True, check=False)
    assert "torch is barred" in done.stderr


def test_composing_a_configuration_loads_no_training_code() -> None:
    code = (
        "import sys; from hunmin.compose import load_config; from hunmin.synth.config import SynthRun\n"
        "from hunmin.data.imports.config import ImportRun; from hunmin.training.config import TrainConfig\n"
        "assert [load_config(kind, []) for kind in (SynthRun, ImportRun, TrainConfig)]\n"
        "print(*sorted(name for name in sys.modules if name in ('torch', 'pytorch_lightning', 'wandb', 'cv2')\n"
        "    or (name.startswith('hunmin.training.') and name != 'hunmin.training.config')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
