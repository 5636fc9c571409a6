"""What someone gets who installs hunmin without its repository, and who unpacks its source distribution."""

import re
import subprocess
import sys
import tarfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "src" / "hunmin"

# Folders whose files are read at run time. None is Python, so a packaging mistake would only show at the user's.
BUNDLED = ["fonts", "weights", "configs", "language", "synth/texts", "html", "documents/schema", "serve/static"]

# Every file of the wheel fits one of these. A new kind of file is added here knowingly; an editor's or a merge's is not.
EXPECTED = [
    r"hunmin/([a-z_0-9]+/)*[a-z_0-9]+\.py",
    r"hunmin/py\.typed",
    r"hunmin/([a-z_]+/)+[a-z_]+\.css",
    r"hunmin/configs/([a-z_]+/)*[a-z_]+\.yaml",
    r"hunmin/diagnosis/golden/[a-z_]+\.png",
    r"hunmin/documents/schema/document-[0-9]+\.schema\.json",
    r"hunmin/fonts/(manifest\.json|Hunmin[A-Za-z]+(\.ttf|-LICENCE\.txt))",
    r"hunmin/language/korean\.npz",
    r"hunmin/serve/static/[a-z]+\.(html|js|css|svg)",
    r"hunmin/synth/texts/([a-z]+\.txt\.gz|LICENCES\.md)",
    r"hunmin/weights/(README\.md|hunmin(\.int8)?\.onnx|hunmin\.safetensors)",
    r"hunmin-[0-9.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt)",
    r"hunmin-[0-9.]+\.dist-info/licenses/(LICENSE|src/hunmin/fonts/.+-LICENCE\.txt|src/hunmin/synth/texts/LICENCES\.md)",
]

# What the Makefile makes itself: environments with their stamps and programs, and what the targets write.
MADE = re.compile(r"\$\(|\.venv|docs/_build|docs/reference/cli\.md|demo_output")


def build(target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    return ZipFile(build("wheel", tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in the source distribution, relative to its only folder."""
    with tarfile.open(build("sdist", tmp_path_factory.mktemp("sdist"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def unexpected(names: list[str]) -> list[str]:
    return [name for name in names if not any(re.fullmatch(pattern, name) for pattern in EXPECTED)]


def test_the_wheel_holds_every_file_that_the_package_reads(wheel: ZipFile) -> None:
    packed = set(wheel.namelist())
    for folder in BUNDLED:
        paths = [path for path in (PACKAGE / folder).rglob("*") if path.is_file()]
        files = [path for path in paths if path.suffix not in {".py", ".pyc"}]
        assert files, f"{folder} is empty"
        assert {f"hunmin/{path.relative_to(PACKAGE)}" for path in files} <= packed
    assert "hunmin/py.typed" in packed


def test_the_wheel_holds_no_file_that_nobody_expects(wheel: ZipFile) -> None:
    assert unexpected(wheel.namelist()) == []


@pytest.mark.parametrize(
    "name",
    [
        "hunmin/training/run.py.orig",
        "hunmin/training/run.orig.py",
        "hunmin/training/run copy.py",
        "hunmin/training/.run.py.swp",
        "hunmin/weights/hunmin.ckpt",
        "hunmin/fonts/.DS_Store",
        "tests/test_wheel.py",
    ],
)
def test_a_stray_file_is_noticed(name: str) -> None:
    assert unexpected(["hunmin/training/run.py", name]) == [name]


def test_the_licence_of_the_code_and_those_of_fonts_and_texts_are_declared_and_packed(
    wheel: ZipFile, metadata: Message
) -> None:
    assert metadata["License-Expression"] == "Apache-2.0 AND OFL-1.1 AND LicenseRef-SCOWL"
    licences = {"LICENSE", "src/hunmin/synth/texts/LICENCES.md"}
    licences |= {f"src/hunmin/fonts/{path.stem}-LICENCE.txt" for path in (PACKAGE / "fonts").glob("*.ttf")}
    assert set(metadata.get_all("License-File", [])) == licences
    packed = {name.partition("/licenses/")[2] for name in wheel.namelist() if "/licenses/" in name}
    assert packed == licences


def named_by_the_makefile() -> set[str]:
    """Files and folders of the repository that the Makefile names, patterns among them."""
    words = re.findall(r"[^\s'\"|;:=()]+", re.sub(r"(##|^#).*", "", (REPOSITORY / "Makefile").read_text(), flags=re.M))
    paths = {word for word in words if re.fullmatch(r"[\w.*-]+(/[\w.*-]+)+|[\w-]+\.(txt|toml|md)", word)}
    folders = {word for word in words if re.fullmatch(r"\w+", word) and (REPOSITORY / word).is_dir()}
    return {path for path in paths | folders if not MADE.search(path)}


def test_the_makefile_names_what_these_tests_think() -> None:
    named = named_by_the_makefile()
    assert {
        "constraints.txt",
        "pyproject.toml",
        "tests/promises",
        "examples/*.jpg",
        "examples/lines",
        "docs",
        ".ci/run",
    } <= named
    assert {"recipes/fonts.sh", "benchmarks/bench_*.py", "benchmarks/peers.sh"} <= named


@pytest.mark.parametrize("path", sorted(named_by_the_makefile()))
def test_the_source_distribution_holds_what_its_makefile_calls(path: str, sdist: set[str]) -> None:
    pattern = re.compile(re.escape(path).replace(r"\*", "[^/]*") + "(/.*)?")
    assert any(pattern.fullmatch(name) for name in sdist)


@pytest.mark.parametrize("folder", ["tests", "docs", "examples", "recipes", "benchmarks", ".ci"])
def test_the_source_distribution_holds_all_of_a_folder_but_what_is_made_there(folder: str, sdist: set[str]) -> None:
    paths = [path for path in (REPOSITORY / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    names = {path.relative_to(REPOSITORY).as_posix() for path in paths}
    assert {name for name in names if not MADE.search(name)} <= sdist
