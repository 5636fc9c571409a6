"""`hunmin doctor`: why does my training not learn?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hunmin.cli.console import json_text, printable, progress
from hunmin.cli.train import TRAINING
from hunmin.errors import require_extra
from hunmin.files import check_target, write_text


def doctor(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, the same as for hunmin train.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only what needs no training step.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
) -> None:
    """Look at a configuration, its data, its model and a short run; say what is wrong, why, and what to change.

    `hunmin doctor data=store data.sources=[{path: lines}]` takes what `hunmin train` takes. Exit code 1 if a check failed.
    """
    require_extra("train", TRAINING)
    if html:
        check_target(html)
    from hunmin.doctor.case import Case
    from hunmin.doctor.examine import CHECKS, examine
    from hunmin.doctor.report import WIDTH, cleaned, html_page, plain_values, terminal_report

    names = [name for name, check in CHECKS.items() if not (quick and check.trains)]
    case = Case(overrides or [])
    findings = []
    with progress() as steps:
        steps.update("checking", 0, len(names), now=names[0])
        for number, finding in enumerate(examine(case, names), start=1):
            findings.append(cleaned(finding, printable))
            steps.update("checking", number, now="".join(names[number : number + 1]))
    if html:
        write_text(html, html_page(findings, CHECKS, [printable(one) for one in case.overrides]))
    if as_json:
        print(json_text([plain_values(finding) for finding in findings], indent=1))
    else:
        terminal = Console()
        terminal.print(terminal_report(findings), width=min(WIDTH, terminal.width), highlight=False)
    if any(finding.status == "failed" for finding in findings):
        raise typer.Exit(1)
