"""What someone gets who installs hunmin without its repository."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "src" / "hunmin"

# Folders whose files are read at run time. None is Python, so a packaging mistake would only show at the user's.
BUNDLED = ["fonts", "weights", "configs", "synth/texts"]


def test_the_wheel_holds_every_file_that_the_package_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(ZipFile(wheel).namelist())

    for folder in BUNDLED:
        paths = [path for path in (PACKAGE / folder).rglob("*") if path.is_file()]
        files = [path for path in paths if path.suffix not in {".py", ".pyc"}]
        assert files, f"{folder} is empty"
        assert {f"hunmin/{path.relative_to(PACKAGE)}" for path in files} <= packed
    assert "hunmin/py.typed" in packed
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    assert not any(name.startswith(("tests/", "docs/")) for name in packed)
