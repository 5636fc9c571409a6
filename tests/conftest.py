"""What every test shares: one thread, the counts of the promises, the folder of measured crops, the GPU marker."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

USERS_HOME = "HUNMIN_TESTS_USERS_HOME"

# A home without anything in it: fonts and texts that somebody installed there would change what is generated.
if USERS_HOME not in os.environ:
    os.environ[USERS_HOME] = str(Path.home())
    os.environ["HOME"] = tempfile.mkdtemp(prefix="hunmin-tests-")
    os.environ.pop("HUNMIN_FONTS", None)
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)

# Before torch or NumPy is imported, here and in every process that a test starts: two workers on two cores, so more
# threads would only wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"

# A busy machine is slow now and then; that is no finding.
settings.register_profile("hunmin", deadline=None)
settings.load_profile("hunmin")

REPOSITORY = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the promises at their full counts")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu"):
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("needs an NVIDIA GPU")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `../shared` beside the checkout; its crops are for measuring only and never part of the project."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder.name}/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Callable[..., int]:
    """How often to repeat a fault: `rounds(short=100, full=500)` is 500 under `--full` (`make promises`), else 100."""

    def count(*, short: int, full: int) -> int:
        return full if request.config.getoption("--full") else short

    return count
