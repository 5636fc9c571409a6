"""Findings for people: on a terminal, as a page, and as plain values.

Texts of findings hold labels and file names from anywhere; the caller brings them through `cleaned` first.
"""

import inspect
import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hunmin.diagnosis.examine import Check
from hunmin.diagnosis.findings import Finding, Status
from hunmin.html.page import page
from hunmin.html.pictures import picture
from hunmin.html.tables import cell, heading, table
from hunmin.html.text import shown
from hunmin.version import __version__

STYLES: dict[Status, str] = {
    "failed": "bold white on red",
    "warning": "black on yellow",
    "skipped": "dim",
    "passed": "green",
}
ROWS = ("measured", "expected", "cause", "change")
WIDTH = 100
"""Columns that the terminal report is made for."""
_OVERRIDES = re.compile(r"[\w.+]+=(\[.*\]|\S+)( [\w.+]+=(\[.*\]|\S+))*")
MAX_PICTURE_PX = 2000
"""A larger picture is drawn smaller."""


def cleaned(finding: Finding, neutralise: Callable[[object], str]) -> Finding:
    """The finding with every text brought through `neutralise`, pictures' captions too."""
    return replace(
        finding,
        measured=neutralise(finding.measured),
        expected=neutralise(finding.expected),
        cause=neutralise(finding.cause),
        change=neutralise(finding.change),
        command=neutralise(finding.command),
        pictures=tuple(replace(picture, caption=neutralise(picture.caption)) for picture in finding.pictures),
    )


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Failed, then warnings, skipped, passed; each in the order in which they were found."""
    order: tuple[Status, ...] = get_args(Status)
    return sorted(findings, key=lambda finding: order.index(finding.status))


def verdict(findings: Sequence[Finding]) -> str:
    """One line: `2 failed, 1 warning, 30 passed`."""
    counts = Counter(finding.status for finding in findings)
    return ", ".join(f"{counts[status]} {status}" for status in get_args(Status) if counts[status])


def terminal_report(findings: Sequence[Finding]) -> RenderableType:
    """What failed and what warns in full, the rest by name."""
    parts: list[RenderableType] = []
    for finding in worst_first(findings):
        if finding.status in ("failed", "warning"):
            parts += [_block(finding), Text()]
    skipped = [finding for finding in findings if finding.status == "skipped"]
    for reason in dict.fromkeys(finding.measured for finding in skipped):
        names = [finding.check for finding in skipped if finding.measured == reason]
        parts.append(_names(f"{len(names)} skipped, {reason}: ", names, "skipped"))
    passed = [finding.check for finding in findings if finding.status == "passed"]
    if passed:
        parts.append(_names(f"{len(passed)} passed: ", passed, "passed"))
    return Group(*parts, Text(), Text(verdict(findings), "bold"))


def _names(intro: str, names: Sequence[str], status: Status) -> Text:
    return Text.assemble((intro, STYLES[status]), ", ".join(names))


def _block(finding: Finding) -> RenderableType:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(width=9, justify="right", style="dim")
    rows.add_column(overflow="fold", max_width=WIDTH - 13)
    for name in ROWS:
        text = getattr(finding, name)
        if text and not (name == "change" and pasted(text)):
            rows.add_row(name, Text(text, "bold" if name == "change" else ""))
    title = Text.assemble((f" {finding.status.upper()} ", STYLES[finding.status]), " ", (finding.check, "bold"))
    # On lines of their own, however long: a command that was wrapped cannot be pasted.
    commands = [("change", pasted(finding.change)), ("see", finding.command)]
    lines = [
        Text.assemble((f"{name:>9}  ", "dim"), (command, "bold"), no_wrap=True, overflow="ignore")
        for name, command in commands
        if command
    ]
    return Group(Rule(title, align="left", style="dim"), rows, *lines)


def pasted(change: str) -> str:
    """Overrides as a shell takes them; empty where `change` is something else."""
    return shlex.join(re.split(r" (?=[\w.+]+=)", change)) if _OVERRIDES.fullmatch(change) else ""


def plain_values(finding: Finding) -> dict[str, Any]:
    """The finding for JSON, without its pictures."""
    values = asdict(replace(finding, pictures=(), figures={}))
    del values["pictures"], values["chart"]
    return values | {"figures": {name: float(value) for name, value in finding.figures.items()}}


def html_page(findings: Sequence[Finding], checks: Mapping[str, Check], overrides: Sequence[str]) -> str:
    """A page that needs no other file.

    Args:
        findings: what was found.
        checks: by name; their headings and explanations.
        overrides: of the case, for the title.
    """
    told = [one for one in worst_first(findings) if one.status in ("failed", "warning")]
    skipped = [one for one in findings if one.status == "skipped"]
    passed = [one for one in findings if one.status == "passed"]
    sections = [
        f"<h1>{verdict(findings)}</h1>",
        f"<pre><code>{shown(shlex.join(['hunmin', 'doctor', *overrides]))}</code></pre>",
        *(_html_finding(one, checks.get(one.check)) for one in told),
        _html_table("Skipped", [(one, (one.measured, one.cause)) for one in skipped], ("because", ""), checks),
        _html_table(
            "Passed", [(one, (one.measured, one.expected)) for one in passed], ("measured", "expected"), checks
        ),
        *(one.chart + _html_pictures(one) for one in (*skipped, *passed)),
    ]
    return page("hunmin doctor", sections, footer=f"hunmin {__version__} · hunmin doctor")


def _html_table(
    title: str,
    rows: Sequence[tuple[Finding, tuple[str, str]]],
    headings: tuple[str, str],
    checks: Mapping[str, Check],
) -> str:
    """A row for each finding: family, check and two texts; nothing where there are none."""
    if not rows:
        return ""
    head = [heading(text) for text in ("", "check", *headings)]
    body = [
        [
            cell(_family(checks.get(one.check))),
            cell(f"<code>{shown(one.check)}</code>"),
            *(cell(shown(text)) for text in texts),
        ]
        for one, texts in rows
    ]
    return f"<section><h2>{title}</h2>{table([head], body, 'texts')}</section>"


def _html_finding(finding: Finding, check: Check | None) -> str:
    rows = "".join(
        f"<dt>{name}</dt><dd>{_code(text) if name == 'change' else shown(text)}</dd>"
        for name in ROWS
        if (text := getattr(finding, name))
    )
    see = f"<dt>see</dt><dd><pre><code>{shown(finding.command)}</code></pre></dd>" if finding.command else ""
    return (
        f'<section class="finding {finding.status}"><h2><span>{finding.status}</span> {shown(finding.check)}'
        f"<small>{_family(check)}</small></h2><dl>{rows}{see}</dl>{finding.chart}{_html_pictures(finding)}"
        f"{_explanation(check)}</section>"
    )


def _family(check: Check | None) -> str:
    return shown(check.family) if check else ""


def _explanation(check: Check | None) -> str:
    """The check's docstring, folded away."""
    paragraphs = (inspect.getdoc(check.look) or "").split("\n\n") if check else []
    text = "".join(f"<p>{shown(' '.join(paragraph.split()))}</p>" for paragraph in paragraphs)
    return f"<details><summary>what this means</summary>{text}</details>" if text else ""


def _code(text: str) -> str:
    """Overrides as something to paste, a sentence as it is."""
    return f"<code>{shown(pasted(text))}</code>" if pasted(text) else shown(text)


def _html_pictures(finding: Finding) -> str:
    figures = "".join(
        f"<figure>{picture(one.image, max_width_px=MAX_PICTURE_PX, max_height_px=MAX_PICTURE_PX)}"
        f"<figcaption>{shown(one.caption)}</figcaption></figure>"
        for one in finding.pictures
    )
    return f'<div class="pictures">{figures}</div>' if figures else ""
