"""The log of experiments can be found through its index, and each entry says how to repeat it or that nobody can."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "docs" / "experiments"
ENTRIES = sorted(FOLDER.glob("2*.md"))


def how_to_repeat(entry: Path) -> str:
    """What stands under the last heading, "Repeat"."""
    return entry.read_text("utf-8").partition("\n## Repeat\n")[2]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
class TestEntry:
    def test_its_name_and_its_first_lines_carry_one_date(self, entry: Path) -> None:
        date = re.fullmatch(r"(20\d\d-\d\d-\d\d)-[a-z0-9-]+\.md", entry.name)
        assert date
        title, _, below = entry.read_text("utf-8").split("\n")[:3]
        assert title.startswith("# ")
        assert below.startswith(f"{date[1]} · ")

    def test_the_index_leads_to_it(self, entry: Path) -> None:
        assert f"]({entry.name})" in (FOLDER / "index.md").read_text("utf-8")

    # The commands in its blocks are checked against the command line by test_pages.py.
    def test_it_has_a_command_or_says_that_it_cannot_be_repeated_and_why(self, entry: Path) -> None:
        told = how_to_repeat(entry)
        commands = re.findall(r"^hunmin |`python benchmarks/|`(?:recipes|benchmarks)/\w+\.sh", told, re.MULTILINE)
        assert commands or re.search(r"[Cc]annot be repeated[^.]*: \w+", told)

    def test_the_scripts_that_it_names_exist_and_take_its_options(self, entry: Path) -> None:
        for script, options in re.findall(
            r"`(?:python )?((?:benchmarks|recipes)/\w+\.(?:py|sh))([^`]*)`", how_to_repeat(entry)
        ):
            source = (REPOSITORY / script).read_text("utf-8")
            assert [option for option in re.findall(r"--[a-z-]+", options) if f'"{option}"' not in source] == []


def test_there_are_entries() -> None:
    assert ENTRIES
