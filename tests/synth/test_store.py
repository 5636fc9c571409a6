"""A store drawn by several processes: the same as by one, whole or not there, and not lost by whatever ends the work."""

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path

import pytest

from hunmin.data.store.lmdb_store import write_store
from hunmin.data.store.manifest import Manifest
from hunmin.data.store.verify import verify_store
from hunmin.errors import InputError
from hunmin.font_manifest import write_manifest
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.generate import Recipe
from hunmin.synth.store import write_lines
from hunmin.text.charset import ksx1001

NUM, SEED = 480, 3
REPOSITORY = Path(__file__).parents[2]
FONTS = Path(str(resources.files("hunmin") / "fonts" / "manifest.json"))
RECIPE = Recipe(default_config(), frozenset(ksx1001().characters), FONTS)
COMMAND = ["synth", "lines", f"num={NUM}", f"seed={SEED}", "charset=ksx1001"]
# Ctrl-C must be heard even where the tests themselves run in the background.
MAIN = "import signal; signal.signal(2, signal.default_int_handler); from hunmin.cli.app import main; main()"


@pytest.fixture(scope="module", autouse=True)
def bare_machine(tmp_path_factory: pytest.TempPathFactory) -> object:
    """No installed fonts and sentences, whatever machine the tests run on; processes inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("HUNMIN_FONTS", str(FONTS))
        yield


@pytest.fixture(scope="module")
def unbroken(bare_machine: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the manifest says when one process draws all lines in turn."""
    generator = RECIPE.build()
    samples = (generator.sample(SEED, 0, index) for index in range(NUM))
    return content(write_store(samples, tmp_path_factory.mktemp("unbroken") / "lines"))


@pytest.fixture(scope="module")
def drawn(bare_machine: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where two processes have drawn all lines, and the work was ended before they were put together."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.raises(KeyboardInterrupt):
        write_lines(RECIPE, folder / "lines", num=NUM, seed=SEED, workers=2, report=interrupt_at("storing"))
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    """A copy of `drawn`."""
    return shutil.copytree(drawn, tmp_path / "copy")


def content(manifest: Manifest) -> dict[str, object]:
    """Everything but how LMDB laid out its pages."""
    return {key: value for key, value in asdict(manifest).items() if key != "file"}


def interrupt_at(task: str) -> Callable[[str, int], None]:
    def report(name: str, _num_lines: int) -> None:
        if name == task:
            raise KeyboardInterrupt

    return report


def shards(folder: Path) -> list[str]:
    found = (folder / "lines.partial" / "shards").glob("*")
    return sorted(path.name for path in found if path.name.isdigit())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def children(pid: int) -> list[Path]:
    """Processes whose parent is `pid`, as folders of /proc."""
    stats = {path.parent: path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")}
    return [path for path, fields in stats.items() if int(fields[1]) == pid]


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for a minute in vain")


def test_lines_drawn_by_two_processes_are_those_that_one_draws(folder: Path, unbroken: dict[str, object]) -> None:
    told: list[tuple[str, int]] = []
    manifest = write_lines(
        RECIPE, folder / "lines", num=NUM, seed=SEED, report=lambda task, num: told.append((task, num))
    )
    assert content(manifest) == unbroken
    assert verify_store(folder / "lines") == []
    assert told[0] == ("drawing", NUM)
    assert told[-1] == ("storing", NUM)
    assert names(folder) == ["lines"]


def test_a_run_that_was_killed_goes_on_with_any_number_of_workers(tmp_path: Path, unbroken: dict[str, object]) -> None:
    start = "from pathlib import Path; from tests.synth.test_store import *; "
    command = start + f"write_lines(RECIPE, Path({str(tmp_path / 'lines')!r}), num=NUM, seed=SEED, workers=2)"
    with subprocess.Popen([sys.executable, "-c", command], cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: len(shards(tmp_path)) > 2)
        workers = children(process.pid) if Path("/proc/self/stat").exists() else []
        process.kill()
    wait_for(lambda: not any(worker.exists() for worker in workers))
    assert names(tmp_path) == ["lines.partial"]
    assert 3 <= len(shards(tmp_path)) < 30
    assert content(write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED, workers=1)) == unbroken
    assert names(tmp_path) == ["lines"]


@pytest.mark.slow
def test_a_command_that_is_interrupted_says_so_and_goes_on_when_given_again(
    tmp_path: Path, unbroken: dict[str, object]
) -> None:
    for how in (signal.SIGINT, signal.SIGTERM):
        before = len(shards(tmp_path))
        with subprocess.Popen(
            [sys.executable, "-c", MAIN, *COMMAND, "workers=1"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_for(lambda: len(shards(tmp_path)) > before)  # noqa: B023 - asked within the loop
            process.send_signal(how)
            out, err = process.communicate()
        assert (process.returncode, out) == (130, "")
        assert "lines: interrupted; the same command goes on where it was\n" in err
        assert "Traceback" not in err
        assert names(tmp_path) == ["lines.partial"]
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *COMMAND], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"lines: {NUM} lines\n"
    manifest = Manifest.read(tmp_path / "lines")
    assert manifest is not None
    assert content(manifest) == unbroken


@pytest.mark.parametrize(
    ("named", "num", "seed", "recipe"),
    [
        ("num=480, now it is num=481", 481, SEED, RECIPE),
        ("seed=3, now it is seed=4", NUM, 4, RECIPE),
        ("synth.strength=1.0, now", NUM, SEED, replace(RECIPE, config=replace(RECIPE.config, strength=0.5))),
        ("charset=", NUM, SEED, replace(RECIPE, charset=RECIPE.charset - {"가"})),
        ("corpus=", NUM, SEED, replace(RECIPE, files=((Path(__file__), 1.0),))),
    ],
)
def test_lines_of_another_run_are_refused_by_name(
    folder: Path, named: str, num: int, seed: int, recipe: Recipe
) -> None:
    before = shards(folder)
    with pytest.raises(InputError, match="lines.partial: begun with " + named):
        write_lines(recipe, folder / "lines", num=num, seed=seed)
    assert shards(folder) == before
    assert not (folder / "lines").exists()


def test_lines_in_other_fonts_are_refused_by_name(folder: Path) -> None:
    write_manifest(bundled_faces()[1:], folder / "fewer.json")
    with pytest.raises(InputError, match="begun with fonts="):
        write_lines(replace(RECIPE, manifest=folder / "fewer.json"), folder / "lines", num=NUM, seed=SEED)


def test_two_runs_do_not_write_the_same_store(tmp_path: Path) -> None:
    def start_another(_task: str, _num_lines: int) -> None:
        write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED)

    with pytest.raises(InputError, match=r"lines\.partial: another process is writing there"):
        write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED, report=start_another)


def test_a_folder_that_is_no_unfinished_store_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "lines.partial" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(InputError, match=r"holds 'precious\.txt'"):
        write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED)
    assert precious.read_text() == "mine"


def test_a_store_that_exists_and_a_place_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "lines").mkdir()
    with pytest.raises(InputError, match="lines: exists already"):
        write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/lines\.partial: cannot be written \(Not a directory\)"):
        write_lines(RECIPE, tmp_path / "file" / "lines", num=NUM, seed=SEED)


def test_a_damaged_shard_is_named_and_drawn_again_once_it_is_deleted(folder: Path, unbroken: dict[str, object]) -> None:
    shard = folder / "lines.partial" / "shards" / "000004"
    with (shard / "data.mdb").open("r+b") as file:
        file.seek(40_000)
        file.write(b"\xff" * 64)
    with pytest.raises(InputError, match=f"delete {shard}"):
        write_lines(RECIPE, folder / "lines", num=NUM, seed=SEED)
    assert not (folder / "lines").exists()
    shutil.rmtree(shard)
    assert content(write_lines(RECIPE, folder / "lines", num=NUM, seed=SEED, workers=1)) == unbroken


def test_too_little_room_for_the_store_is_told_in_bytes_before_it_is_written(folder: Path) -> None:
    os.truncate(folder / "lines.partial" / "shards" / "000000" / "data.mdb", 1 << 43)  # A hole takes no room.
    with pytest.raises(InputError, match=r"lines\.partial: putting the lines together needs 8,796,\d+,\d+,\d+ bytes, "):
        write_lines(RECIPE, folder / "lines", num=NUM, seed=SEED)


def test_a_disk_that_takes_no_more_is_named_and_nothing_half_written_stays(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"shards/00000\d: cannot be written .* Finished lines are kept in "):
            write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED, workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == ["lines.partial"]
    assert names(tmp_path / "lines.partial" / "shards") == []


def test_a_process_that_is_killed_is_reported_with_the_way_out(tmp_path: Path) -> None:
    def kill_one(_task: str, num_lines: int) -> None:
        if num_lines:
            multiprocessing.active_children()[0].kill()

    with pytest.raises(InputError, match=r"a process that drew lines was killed.*fewer workers="):
        write_lines(RECIPE, tmp_path / "lines", num=NUM, seed=SEED, workers=1, report=kill_one)
    assert shards(tmp_path)
