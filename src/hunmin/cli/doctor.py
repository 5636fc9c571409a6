"""`hunmin doctor`: why does my training not learn?"""

from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from hunmin import api
from hunmin.api import TRAINING
from hunmin.cli.console import Quiet, progress
from hunmin.errors import require_extra
from hunmin.files import check_target, write_text
from hunmin.text.printable import json_text, printable


def doctor(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, the same as for hunmin train.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only what needs no training step.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Look at a configuration, its data, its model and a short run; say what is wrong, why, and what to change.

    `hunmin doctor data=store data.sources=lines` takes what `hunmin train` takes. Exit code 1 if a check failed.
    """
    require_extra("train", TRAINING)
    if html:
        check_target(html)
    from rich.console import Console

    from hunmin.diagnosis.examine import CHECKS, check_names
    from hunmin.diagnosis.report import WIDTH, cleaned, html_page, plain_values, terminal_report

    num_checks = len(check_names(quick=quick))
    with progress(quiet=quiet) as steps:
        started = count()  # each check is announced before it runs, so the first one completes none
        diagnosis = api.doctor(
            *(overrides or []),
            quick=quick,
            on_check=lambda name: steps.update("checking", next(started), num_checks, now=name),
            on_progress=steps.update,
        )
    findings = [cleaned(finding, printable) for finding in diagnosis.findings]
    if html:
        write_text(html, html_page(findings, CHECKS, [printable(one) for one in overrides or []]))
    if as_json:
        print(json_text([plain_values(finding) for finding in findings], indent=1))
    else:
        terminal = Console()
        terminal.print(terminal_report(findings), width=min(WIDTH, terminal.width), highlight=False, crop=False)
    if diagnosis.failed:
        raise typer.Exit(1)
