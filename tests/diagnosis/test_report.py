"""Findings on a terminal, as a page, and as JSON."""

import io
import re
import shlex
from html import unescape

import numpy as np
from rich.console import Console

from hunmin.diagnosis.examine import CHECKS
from hunmin.diagnosis.findings import Finding, Picture
from hunmin.diagnosis.report import WIDTH, cleaned, html_page, plain_values, terminal_report
from hunmin.text.printable import printable

HOSTILE = "<script>alert(1)</script> [red]x[/nothing] \x1b[31m"
FINDINGS = [
    Finding("grid", "passed", "2.5 columns", "2"),
    Finding("workers", "warning", "64 workers, 4 cores", "0 to 4", "they take turns", "data.num_workers=3"),
    Finding("targets", "failed", HOSTILE, "rows", HOSTILE, "Encode them again. " * 20, {"wrong": np.float64(0.5)}),
    Finding("learning_rate", "skipped", "there is no batch to look at", ""),
    Finding("spaces", "skipped", "there is no batch to look at", ""),
]


def on_terminal(findings: list[Finding]) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, force_terminal=False)
    console.print(terminal_report([cleaned(one, printable) for one in findings]), crop=False)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_what_failed_comes_first_and_what_passed_is_one_line() -> None:
    text = on_terminal(FINDINGS)
    places = [text.index(name) for name in ("targets", "workers", "learning_rate", "grid")]
    assert places == sorted(places)
    assert "1 passed: grid" in text
    assert "2 skipped, there is no batch to look at: learning_rate, spaces" in text
    assert text.rstrip().endswith("1 failed, 1 warning, 2 skipped, 1 passed")


def test_the_terminal_report_fits_into_a_hundred_columns() -> None:
    assert max(map(len, on_terminal(FINDINGS).splitlines())) <= WIDTH


def test_no_text_acts_on_the_terminal_or_the_page() -> None:
    assert "\x1b" not in on_terminal(FINDINGS)
    assert "[/nothing]" in on_terminal(FINDINGS)
    page = html_page([cleaned(one, printable) for one in FINDINGS], {}, ["out=<script>"])
    assert "<script" not in page
    assert "\x1b" not in page


def test_the_page_needs_no_other_file_and_holds_the_pictures() -> None:
    picture = Picture("a <line>", np.zeros((4, 8), dtype=np.uint8))
    page = html_page([Finding("flat_images", "warning", "m", "e", pictures=(picture,))], CHECKS, [])
    assert page.count('src="data:image/png;base64,') == 1
    assert "a &lt;line&gt;" in page
    assert "<small>Data and labels</small>" in page
    assert "Images without anything to see" in page
    assert re.findall(r"(?:src|href)=['\"](?!data:)", page) == []


def test_only_an_override_is_shown_as_code() -> None:
    page = html_page(FINDINGS, {}, [])
    assert "<code>data.num_workers=3</code>" in page
    assert "<code>Encode" not in page


COMMANDS = [
    Finding("rare_characters", "failed", "m", "e", "c", "data.sources=[{path: my store}, {path: synth}] seed=3"),
    Finding(
        "wrong_labels", "failed", "m", "e", "c", "Correct them.", command="hunmin data audit 'my store' " + "-v " * 60
    ),
]


def test_commands_are_printed_as_a_shell_takes_them_on_lines_of_their_own() -> None:
    overrides = ["data.sources=[{path: my store}, {path: synth}]", "seed=3"]
    text = on_terminal(COMMANDS)
    page = unescape(html_page(COMMANDS, {}, ["data.sources=[{path: my store}]"]))
    printed = next(line for line in text.splitlines() if "seed=3" in line).removeprefix("   change  ")
    assert shlex.split(printed) == overrides
    assert any(line.endswith(COMMANDS[1].command.rstrip()) for line in map(str.rstrip, text.splitlines()))
    shown = re.findall(r"<code>(.*?)</code>", page)
    assert shlex.split(shown[0]) == ["hunmin", "doctor", "data.sources=[{path: my store}]"]
    assert overrides in [shlex.split(one) for one in shown]
    assert COMMANDS[1].command in shown


def test_json_has_plain_numbers_and_no_pixels() -> None:
    values = plain_values(FINDINGS[2])
    assert values["figures"] == {"wrong": 0.5}
    assert type(values["figures"]["wrong"]) is float
    assert "pictures" not in values
