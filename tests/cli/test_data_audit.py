"""`hunmin data audit`: what it prints, writes and returns, and that its list works in `data import`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import write_store
from tests.cli.conftest import Hunmin
from tests.data.audit.conftest import healthy_store, printed

__all__ = ["healthy_store", "printed"]


@pytest.fixture(scope="module")
def shifted(printed: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "a store"
    texts = [one.text for one in printed]
    write_store((replace(one, text=text) for one, text in zip(printed, [texts[-1], *texts], strict=False)), path)
    return path


def test_a_healthy_store_gives_exit_code_0(hunmin: Hunmin, healthy_store: Path) -> None:
    done = hunmin("data", "audit", healthy_store, "--lines", 20)
    assert (done.code, done.err) == (0, "")
    assert "20 of 40 lines read" in done.out
    assert "no fault found" in done.out


def test_the_list_and_the_printed_command_make_a_store_without_the_fault(
    hunmin: Hunmin, shifted: Path, tmp_path: Path
) -> None:
    import shlex

    page, listed = tmp_path / "audit.html", tmp_path / "suspicious lines.tsv"
    done = hunmin("data", "audit", shifted, "--html", page, "--out", listed)
    assert done.code == 1
    assert "labels stand 1 row later than their pictures" in done.out
    assert "looks like row" in done.out
    text = page.read_text("utf-8")
    assert "looks like row" in text
    command = text.partition("<pre><code>")[2].partition("</code>")[0].replace("&#x27;", "'")
    words = [word.replace("a store_corrected", "fixed") for word in shlex.split(command)]
    assert words[:4] == ["hunmin", "data", "import", "lmdb"]
    done = hunmin(*words[1:], "workers=1")
    assert done.code == 0, done.err
    assert "corrections: 40 of 40 made" in done.out
    assert hunmin("data", "audit", shifted.with_name("fixed") / "train").code == 0


def test_json_has_the_figures(hunmin: Hunmin, shifted: Path) -> None:
    done = hunmin("data", "audit", shifted, "--json", "--lines", 30)
    values = json.loads(done.out)
    assert [fault["kind"] for fault in values["faults"]] == ["shifted"]
    assert values["suspicious"][0]["like_row"] == values["suspicious"][0]["row"] + 1
    assert values["read"] == 30


def test_a_list_for_other_texts_says_that_it_does_nothing(hunmin: Hunmin, healthy_store: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.tsv"
    listed.write_text("id\ttext\nnowhere/1\t가\n", encoding="utf-8")
    done = hunmin("data", "import", "lmdb", healthy_store, tmp_path / "set", f"corrections={listed}", "workers=1")
    assert done.code == 0
    assert "corrections: 0 of 1 made\n  no text here is called nowhere/1" in done.out
