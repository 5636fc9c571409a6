"""`hunmin data` and `hunmin info`."""

import json
import signal
import subprocess
import sys
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from hunmin import __version__
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import write_store
from tests.cli.conftest import Hunmin
from tests.data.inspect.test_leaks import pictures
from tests.data.lines import line, lines
from tests.data.store.test_lmdb_store import write_published


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
    assert done.err == f"{tmp_path / 'store'}: 1 damaged (data.mdb 1)\n"


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
    assert figures["commonest"].startswith("€ 2, 가 1, 나 1, a 1, b 1, space 1")
    assert figures["fewer than 10 times"] == "10:  12ab€가글나한"
    assert figures["empty labels"] == "0"
    assert figures[f"not in {tmp_path / 'charset.txt'}"] == "€ (in 1 lines)"
    assert done.err == ""


def test_a_damaged_image_is_counted_and_the_others_are_looked_at(hunmin: Hunmin, tmp_path: Path) -> None:
    image = encode_image(np.full((24, 60), 90, dtype=np.uint8))
    pairs = {b"num-samples": b"3", **{f"label-{n:09d}".encode(): "가나".encode() for n in (1, 2, 3)}}
    pairs |= {b"image-000000001": image, b"image-000000002": b"no image", b"image-000000003": image}
    write_published(tmp_path / "store", pairs)
    told = "hunmin: 1 sample with a damaged image left out; hunmin data verify names them\n"
    figures = hunmin("data", "stats", tmp_path / "store", "--json")
    assert (figures.code, figures.err) == (0, told)
    assert json.loads(figures.out)["lines"] == "2"
    shown = hunmin("data", "show", tmp_path / "store", "--worst")
    assert (shown.code, shown.err) == (0, told)
    assert [row.split("\t")[0] for row in shown.out.splitlines()] == ["number", "1", "3"]


def test_text_that_looks_like_markup_is_printed_as_it_is(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store([replace(line(0), kind="[/b]")], tmp_path / "[red]")
    done = hunmin("data", "stats", tmp_path / "[red]")
    assert done.code == 0
    assert "[/b]" in done.out
    assert "[red]" in done.out


def test_the_figures_are_written_as_a_page_too(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(4), tmp_path / "store")
    done = hunmin("data", "stats", tmp_path / "store", "--html", tmp_path / "page.html")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"{tmp_path / 'page.html'}\n")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "store"]


def test_what_two_stores_share_is_listed_and_gives_exit_code_1(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(5), tmp_path / "train")
    write_store([line(2), line(7)], tmp_path / "test")
    done = hunmin("data", "check", tmp_path / "train", tmp_path / "test")
    assert done.code == 1
    assert "same picture, same label │ 1 of 5       │ 1 of 2        │ 3 and 1: 한글 2" in done.out
    assert done.err == ""


def test_near_copies_come_with_a_word_of_caution(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(pictures(np.copy), tmp_path / "train")
    write_store([replace(one, id="") for one in pictures(lambda image: image[1:])], tmp_path / "test")
    done = hunmin("data", "check", tmp_path / "train", tmp_path / "test")
    assert done.code == 1
    assert "nearly the same picture, same label" in done.out
    assert done.err.startswith("prints of one text in one typeface count as nearly the same, too")


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


def test_an_export_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    image = encode_image(np.zeros((20, 40), np.uint8))
    pairs = {b"image-%09d" % number: image for number in range(1, 20_001)}
    pairs |= {b"label-%09d" % number: b"1" for number in range(1, 20_001)}
    write_published(tmp_path / "store", pairs | {b"num-samples": b"20000"})
    main = "from hunmin.cli.app import main; main()"
    command = [sys.executable, "-c", main, "data", "export", "store", "table"]
    for how in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and not list(tmp_path.glob("table.partial-*/labels.tsv")):
                time.sleep(0.005)
            process.send_signal(how)
            _, err = process.communicate()
        assert (process.returncode, err) == (130, "table: interrupted; nothing was written\n")
        assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_chosen_samples_are_printed_and_drawn(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store(lines(5), tmp_path / "store")
    done = hunmin("data", "show", tmp_path / "store", 4, 2, "--out", tmp_path / "sheet.png")
    assert done.code == 0
    width = [line(number).image.shape[1] for number in (3, 1)]
    assert done.out.splitlines() == [
        "number\tlabel\tpx\tkind\tid\tgroup",
        f"4\t한글 3\t{width[0]}x24\tsign\tline/0/3\t",
        f"2\t한글 1\t{width[1]}x24\tsign\tline/0/1\t",
    ]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1600


def test_samples_are_found_by_a_part_of_their_label(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store([line(0, text="가나다"), line(1, text="나비 나라"), line(2, text="다람")], tmp_path / "store")
    done = hunmin("data", "show", tmp_path / "store", "--find", unicodedata.normalize("NFD", "나"))
    assert [row.split("\t")[0] for row in done.out.splitlines()[1:]] == ["1", "2"]


def test_the_oddest_or_some_of_each_kind_are_shown_when_none_is_named(hunmin: Hunmin, tmp_path: Path) -> None:
    write_store([*lines(30), line(30, text="한글" * 20)], tmp_path / "store")
    numbers = [
        [row.split("\t")[0] for row in hunmin("data", "show", tmp_path / "store", *more).out.splitlines()[1:]]
        for more in (["--worst"], [])
    ]
    assert numbers[0][0] == "31"
    assert len(numbers[1]) == 24
    assert len(set(numbers[0])) == len(numbers[0])


def test_info_names_the_version_the_machine_and_the_packages(hunmin: Hunmin) -> None:
    done = hunmin("info")
    assert done.code == 0
    assert __version__ in done.out
    assert " cores, " in done.out
    assert "onnxruntime 1." in done.out
