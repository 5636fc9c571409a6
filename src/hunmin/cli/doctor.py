"""`hunmin doctor`: why does my training not learn?"""

from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.output import check_target, json_text, printable
from hunmin.cli.train import TRAINING
from hunmin.errors import require_extra


def doctor(
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, the same as for hunmin train.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only what needs no training step.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
) -> None:
    """Look at a configuration, its data, its model and a short run; say what is wrong, why, and what to change.

    `hunmin doctor data=store data.sources=lines` takes what `hunmin train` takes. Exit code 1 if a check failed.
    """
    require_extra("train", TRAINING)
    if html:
        check_target(html)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from hunmin.doctor.case import Case
    from hunmin.doctor.examine import CHECKS, examine
    from hunmin.doctor.report import WIDTH, cleaned, html_page, plain_values, terminal_report

    names = [name for name, check in CHECKS.items() if not (quick and check.trains)]
    case = Case(overrides or [])
    findings = []
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(names[0], total=len(names))
        for name, finding in zip(names, examine(case, names), strict=True):
            findings.append(cleaned(finding, printable))
            following = names[names.index(name) + 1 :]
            progress.update(task, advance=1, description=following[0] if following else "")
    if html:
        partial = html.with_name(html.name + ".partial")
        partial.write_text(html_page(findings, CHECKS, [printable(one) for one in case.overrides]), encoding="utf-8")
        partial.replace(html)
    if as_json:
        print(json_text([plain_values(finding) for finding in findings], indent=1))
    else:
        terminal = Console()
        terminal.print(terminal_report(findings), width=min(WIDTH, terminal.width), highlight=False)
    if any(finding.status == "failed" for finding in findings):
        raise typer.Exit(1)
