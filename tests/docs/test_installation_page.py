"""What the pages and the messages tell people to install can be installed."""

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXTRAS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
NAMED = re.compile(r"\.\[([a-z,-]+)\]")
TEXTS = sorted(
    path
    for folder in ("src", "docs", "deploy", "examples", "recipes")
    for path in (REPOSITORY / folder).rglob("*")
    if path.suffix in (".py", ".md", ".yaml", ".sh", ".service", ".js", ".html") and "_build" not in path.parts
)


@pytest.mark.parametrize("page", ["installation.md", "installation.ko.md"])
def test_every_extra_has_a_row(page: str) -> None:
    rows = [line for line in (REPOSITORY / "docs" / page).read_text("utf-8").splitlines() if line.startswith("|")]
    named = {extra for row in rows for found in NAMED.findall(row) for extra in found.split(",")}
    assert named == set(EXTRAS)


def test_no_page_and_no_message_installs_hunmin_from_an_index_that_does_not_have_it() -> None:
    pages = [*TEXTS, *REPOSITORY.glob("*.md")]
    asked = re.compile(r"pip install\b[^\n`]*?['\" ]hunmin\b(?!'s|[-/])")
    assert [str(path) for path in pages if asked.search(path.read_text("utf-8"))] == []


def test_every_extra_that_a_page_installs_is_there() -> None:
    pages = [*REPOSITORY.glob("*.md"), *(path for path in TEXTS if path.suffix in (".md", ".service", ".yaml"))]
    lines = [line for page in pages for line in page.read_text("utf-8").splitlines() if "pip install" in line]
    named = {extra for line in lines for found in NAMED.findall(line) for extra in found.split(",")}
    assert named
    assert named - set(EXTRAS) == set()


def test_the_korean_readme_leads_to_every_korean_page() -> None:
    readme = (REPOSITORY / "README.ko.md").read_text("utf-8")
    pages = [path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "docs").rglob("*.ko.md")]
    assert [page for page in sorted(pages) if f"({page})" not in readme] == []
