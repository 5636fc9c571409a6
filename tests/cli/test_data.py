"""`hunmin data` and `hunmin info`."""

from pathlib import Path

from hunmin import __version__
from hunmin.data.store import write_store
from tests.cli.conftest import Hunmin
from tests.data.lines import line, lines


def test_a_sound_store_is_called_sound(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(3), tmp_path / "store")
    done = hunmin("data", "verify", tmp_path / "store")
    assert (done.code, done.out) == (0, f"{tmp_path / 'store'}: sound\n")


def test_damage_is_listed_and_gives_exit_code_1(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(3), tmp_path / "store")
    data = tmp_path / "store" / "data.mdb"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    done = hunmin("data", "verify", tmp_path / "store")
    assert done.code == 1
    assert done.out.startswith("data.mdb: bytes 0 to ")


def test_the_figures_of_a_store_are_those_of_its_lines(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store([line(0, text="가나"), line(1, text="ab 12"), line(2, text="한글€€")], tmp_path / "store")
    (tmp_path / "charset.txt").write_text("가나한글ab12", encoding="utf-8")
    done = hunmin("data", "stats", tmp_path / "store", "--charset", tmp_path / "charset.txt")
    assert done.code == 0
    rows = dict(row.strip("│ ").split(" │ ") for row in done.out.splitlines() if " │ " in row)
    figures = {name.strip(): value.strip() for name, value in rows.items()}
    assert figures["lines"] == "3"
    assert figures["characters a line"] == "median 4, 90 % at most 5, longest 5"
    assert figures["kinds"] == "document 2, sign 1"
    assert figures["different characters"] == "10"
    assert figures[f"not in {tmp_path / 'charset.txt'}"] == "€ (in 1 lines)"
    assert done.err == ""


def test_text_that_looks_like_markup_is_printed_as_it_is(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store([line(0, text="[/b]")], tmp_path / "[red]")
    done = hunmin("data", "stats", tmp_path / "[red]")
    assert done.code == 0
    assert "[/b]" in done.out
    assert "[red]" in done.out


def test_what_two_stores_share_is_listed_and_gives_exit_code_1(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(5), tmp_path / "train")
    write_store([line(2), line(7)], tmp_path / "test")
    done = hunmin("data", "check", tmp_path / "train", tmp_path / "test")
    assert done.code == 1
    assert "same picture, same label │ 1 of 5       │ 1 of 2        │ 3 and 1: 한글 2" in done.out
    assert done.err == ""


def test_stores_that_share_nothing_give_exit_code_0(hunmin: Hunmin, tmp_path: Path) -> None:
    for seed, name in enumerate(("train", "validation", "test")):
        write_store(lines(5, seed=seed), tmp_path / name)
    done = hunmin("data", "check", tmp_path / "train", tmp_path / "validation", tmp_path / "test", "--quick")
    assert done.code == 0
    assert done.out.count("share nothing") == 3


def test_a_store_is_not_compared_with_itself(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(2), tmp_path / "train")
    done = hunmin("data", "check", tmp_path / "train", tmp_path / "x" / ".." / "train")
    assert done.code == 2
    assert "give two folders or more, each once" in done.err


def test_a_store_is_exported_as_a_table_or_as_parquet(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(3), tmp_path / "store")
    done = hunmin("data", "export", tmp_path / "store", tmp_path / "table")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{tmp_path / 'table'}: 3 lines; fill in what README.md leaves open")
    assert hunmin("data", "export", tmp_path / "store", tmp_path / "hub", "--format", "parquet").code == 0
    assert sorted(path.name for path in (tmp_path / "hub").iterdir()) == ["README.md", "charset.txt", "data"]


def test_info_names_the_version_the_machine_and_the_packages(hunmin: Hunmin) -> None:
    done = hunmin("info")
    assert done.code == 0
    assert __version__ in done.out
    assert "cores, Python 3." in done.out
    assert "onnxruntime 1." in done.out
