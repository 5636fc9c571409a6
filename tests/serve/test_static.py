"""What the pages in the browser are made of: nothing from elsewhere, and colours that can be told apart."""

import re
from pathlib import Path

import pytest

from hunmin.serve.app import STATIC_FILES

FILES = sorted(STATIC_FILES.iterdir())
PAIRS = [
    ("--ink", "--ground"), ("--ink", "--card"), ("--ink", "--accent-ground"), ("--ink", "--doubt-ground"),
    ("--soft", "--ground"), ("--soft", "--card"), ("--soft", "--accent-ground"),
    ("--accent", "--card"), ("--accent", "--ground"), ("--on-accent", "--accent"),
    ("--doubt", "--card"), ("--doubt", "--accent-ground"),
    ("--ink", "--right-ground"),
    ("--wrong", "--wrong-ground"), ("--wrong", "--ground"), ("--right", "--right-ground"), ("--right", "--card"),
]  # fmt: skip
READABLE = 4.5
"""WCAG 2.2, 1.4.3."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_other_hosts_and_nothing_runs_that_the_policy_forbids(path: Path) -> None:
    content = path.read_text("utf-8")
    addresses = {address for address in re.findall(r"https?://[^\s\"'`)]+", content)}
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", content)
    if path.suffix == ".html":
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=\"/static/)", content)


@pytest.mark.parametrize("page", [path for path in FILES if path.suffix == ".html"], ids=lambda path: path.name)
def test_every_word_of_a_page_stands_in_both_languages(page: Path) -> None:
    script = page.with_suffix(".js").read_text("utf-8")
    korean, english = script.split("\n  en: {", 1)
    english = english.split("\n});", 1)[0]
    keys = set(re.findall(r"data-[ta]=\"(\w+)\"", page.read_text("utf-8"))) | set(re.findall(r"say\(\"(\w+)\"", script))
    assert keys
    for words in (korean, english):
        assert {key for key in keys if not re.search(rf"\b{key}:", words)} == set()


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_all_text_can_be_told_from_its_ground(scheme: int) -> None:
    style = (STATIC_FILES / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", block))
    for ink, ground in PAIRS:
        lighter, darker = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= READABLE, (ink, ground)
