"""Findings for people: on a terminal, as a page, and as plain values.

Texts of findings hold labels and file names from anywhere; the caller brings them through `cleaned` first.
"""

import base64
import html
import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hunmin.data.store.codec import encode_image
from hunmin.doctor.examine import Check
from hunmin.doctor.findings import Finding, Status

STYLES: dict[Status, str] = {
    "failed": "bold white on red",
    "warning": "black on yellow",
    "skipped": "dim",
    "passed": "green",
}
ROWS = ("measured", "expected", "cause", "change")
WIDTH = 100
"""Columns that the terminal report is made for."""


def cleaned(finding: Finding, neutralise: Callable[[object], str]) -> Finding:
    """The finding with every text brought through `neutralise`, pictures' captions too."""
    return replace(
        finding,
        measured=neutralise(finding.measured),
        expected=neutralise(finding.expected),
        cause=neutralise(finding.cause),
        change=neutralise(finding.change),
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
        if text:
            rows.add_row(name, Text(text, "bold" if name == "change" else ""))
    title = Text.assemble((f" {finding.status.upper()} ", STYLES[finding.status]), " ", (finding.check, "bold"))
    return Group(Rule(title, align="left", style="dim"), rows)


def plain_values(finding: Finding) -> dict[str, Any]:
    """The finding for JSON, without its pictures."""
    values = asdict(replace(finding, pictures=(), figures={}))
    del values["pictures"]
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
    return _PAGE.format(
        command=html.escape(" ".join(["hunmin doctor", *overrides])),
        verdict=html.escape(verdict(findings)),
        blocks="".join(_html_block(one, checks.get(one.check)) for one in told),
        skipped=_html_table("Skipped", [(one, (one.measured, one.cause)) for one in skipped], ("because", ""), checks),
        passed=_html_table(
            "Passed", [(one, (one.measured, one.expected)) for one in passed], ("measured", "expected"), checks
        ),
        pictures="".join(_html_pictures(one) for one in (*skipped, *passed)),
    )


def _html_table(
    title: str,
    rows: Sequence[tuple[Finding, tuple[str, str]]],
    headings: tuple[str, str],
    checks: Mapping[str, Check],
) -> str:
    """A row for each finding: family, check and two texts; nothing where there are none."""
    cells = "".join(
        f"<tr><td>{_family(checks.get(one.check))}</td><td><code>{html.escape(one.check)}</code></td>"
        + "".join(f"<td>{html.escape(text)}</td>" for text in texts)
        + "</tr>"
        for one, texts in rows
    )
    heads = "".join(f"<th>{heading}</th>" for heading in ("", "check", *headings))
    return f"<h2>{title}</h2><table><tr>{heads}</tr>{cells}</table>" if rows else ""


def _html_block(finding: Finding, check: Check | None) -> str:
    rows = "".join(
        f"<dt>{name}</dt><dd>{_code(text) if name == 'change' else html.escape(text)}</dd>"
        for name in ROWS
        if (text := getattr(finding, name))
    )
    return (
        f'<section class="{finding.status}"><h2><span>{finding.status}</span> {html.escape(finding.check)}'
        f"<small>{_family(check)}</small></h2><dl>{rows}</dl>{_html_pictures(finding)}{_explanation(check)}</section>"
    )


def _family(check: Check | None) -> str:
    return html.escape(check.family) if check else ""


def _explanation(check: Check | None) -> str:
    """The check's docstring, folded away."""
    paragraphs = (inspect.getdoc(check.look) or "").split("\n\n") if check else []
    text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"<details><summary>what this means</summary>{text}</details>" if text else ""


def _code(text: str) -> str:
    """An override as something to copy, a sentence as it is."""
    escaped = html.escape(text)
    return f"<code>{escaped}</code>" if "=" in text.split(" ", maxsplit=1)[0] else escaped


def _html_pictures(finding: Finding) -> str:
    return "".join(
        f"<figure><img alt='' src='data:image/png;base64,{base64.b64encode(encode_image(picture.image)).decode()}'>"
        f"<figcaption>{html.escape(picture.caption)}</figcaption></figure>"
        for picture in finding.pictures
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>hunmin doctor</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --red: #c0263b; --amber: #a86400; --green: #16784f; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; margin: 0; }} h1 + p {{ margin: .2rem 0 1.5rem; }}
code {{ font: .9em ui-monospace, monospace; background: #8882; padding: .1em .35em; border-radius: 4px;
  overflow-wrap: anywhere; }}
section {{ border: 1px solid var(--line); border-left: 5px solid var(--line); border-radius: 6px;
  padding: .6rem 1rem; margin: 0 0 1rem; }}
section.failed {{ border-left-color: var(--red); }} section.warning {{ border-left-color: var(--amber); }}
h2 {{ font-size: 1.05rem; margin: 0 0 .4rem; display: flex; gap: .6rem; align-items: baseline; }}
h2 span {{ font-size: .75rem; text-transform: uppercase; color: #fff; background: #777; border-radius: 4px;
  padding: .1em .5em; }}
.failed h2 span {{ background: var(--red); }} .warning h2 span {{ background: var(--amber); }}
h2 small {{ margin-left: auto; font-weight: 400; opacity: .7; }}
dl {{ display: grid; grid-template-columns: 6rem 1fr; gap: .2rem 1rem; margin: 0; }}
details {{ margin-top: .4rem; }} details p {{ margin: .4rem 0; }}
dt, summary {{ opacity: .7; }} dd {{ margin: 0; overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; width: 100%; font-size: .9rem; margin: 0 0 1.5rem; }}
td, th {{ text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line); }}
td:first-child, td code {{ white-space: nowrap; }} td:nth-child(n+3) {{ overflow-wrap: anywhere; }}
figure {{ display: inline-block; margin: .8rem .8rem 0 0; max-width: 100%; vertical-align: top; }}
img {{ max-width: 100%; background: #fff; border: 1px solid var(--line); }} figcaption {{ font-size: .85rem; opacity: .7; }}
</style></head><body>
<h1>{verdict}</h1><p><code>{command}</code></p>
{blocks}
{skipped}
{passed}
{pictures}
</body></html>
"""
