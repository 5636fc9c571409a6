"""`hunmin evaluate`: a model against labels."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import plain, tsv_row
from hunmin.cli.language import LanguageOption
from hunmin.cli.models import load_model
from hunmin.errors import InputError
from hunmin.files import check_target, write_text
from hunmin.text.printable import json_text, printable

if TYPE_CHECKING:
    from rich.table import Table

    from hunmin.evaluation.confusion import Confusion
    from hunmin.evaluation.report import Report, Scores
    from hunmin.evaluation.web_page import Measured

STANDARD_OUTPUT = Path("-")
NUM_CONFUSIONS = 20
LEAST_FOR_THRESHOLD = 100
"""Of fewer lines the threshold for 99 % would not allow for a single mistake."""


class Breakdown(StrEnum):
    """What the rows of a table stand for."""

    kind = "kind"
    length = "length"
    script = "script"
    frequency = "frequency"


def evaluate(
    model: Annotated[
        str, typer.Argument(help="An .onnx, .safetensors or .ckpt file, a run's folder, `bundled` or `bundled-int8`.")
    ],
    data: Annotated[Path, typer.Argument(help="A store, a folder with labels.tsv or meta.tsv, or such a file.")],
    peer: Annotated[
        list[str] | None, typer.Option(help="Measure this one, too: tesseract:kor+eng, or another model.")
    ] = None,
    by: Annotated[list[Breakdown] | None, typer.Option(help="The tables to print; several are allowed.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Print every table and the most frequent mistakes.")] = False,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Write all figures of each engine as JSON; - prints them alone.")
    ] = None,
    as_html: Annotated[
        Path | None, typer.Option("--html", help="Write one page with tables and the worst crops.")
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write the model's path, text, confidence as TSV.")] = None,
    language: LanguageOption = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Measure exact match, CER, 1-NED, jamo error rate, words, spaces and confidence, with and without spaces, group by group.

    Characters that print alike (· and •, straight and curly quotes …) count as the same.
    """
    from hunmin.evaluation.measure import measure
    from hunmin.evaluation.peers import load_peer

    targets = [path for path in (as_json, as_html, predictions) if path and path != STANDARD_OUTPUT]
    for target in targets:
        check_target(target)
    peers = {name: load_peer(name, threads, language or "default") for name in peer or []}
    engines = {model: load_model(model, threads, language or "default").recognize, **peers}
    if len(engines) < 1 + len(peer or []):
        raise InputError("--peer: names the model itself, or one peer twice; give each once")
    measured = [measure(name, read, data, threads) for name, read in engines.items()]
    report = measured[0].report
    if predictions:
        read_lines = [line.prediction for line in report.lines]
        rows = [tsv_row((one.path, one.text, f"{one.confidence:.4f}")) for one in read_lines]
        write_text(predictions, "\n".join(rows) + "\n")
    figures = json_text({one.name: one.to_dict() for one in measured}, indent=1)
    if as_json and as_json in targets:
        write_text(as_json, figures + "\n")
    if as_html:
        from hunmin.evaluation.labelled import labelled_crops
        from hunmin.evaluation.web_page import pictures_of_worst, web_page

        write_text(as_html, web_page(str(data), measured, pictures_of_worst(report, labelled_crops(data))))
    if as_json == STANDARD_OUTPUT:
        print(figures)
        return
    from rich.console import Console

    console = Console()
    wanted = [*Breakdown] if full else by or [Breakdown.kind]
    for one in measured:
        print("\n".join(_headline(one, data)))
        for breakdown in wanted:
            console.print(_table(breakdown, one.report))
        if full:
            confusions = (*_mistakes("characters", one.report.characters), *_mistakes("jamo", one.report.jamo))
            print("\n".join([*confusions, ""]))
    if full or len(wanted) > 1 or peers:
        print("Rates in %; _ns: every space removed first.")
    for path in targets:
        print(f"written: {printable(path)}")


def _headline(measured: "Measured", data: Path) -> list[str]:
    """What most people want to know, in six lines."""
    report, threads = measured.report, measured.threads
    rates, num = report.scores.rates(), len(report.lines)
    spaces, words = report.scores.spaces, report.scores.words
    right, cer = report.intervals["exact_ns"], report.intervals["cer_ns"]
    return [
        f"\n{printable(f'{measured.name} on {data}')}: {num:,} lines",
        f"  right       {rates['exact_ns']:6.1%}  ({right.low:.1%} to {right.high:.1%}), "
        f"{report.scores.unspaced.num_exact:,} of {num:,} lines; spaces counted {rates['exact']:.1%}",
        f"  CER         {rates['cer_ns']:6.1%}  ({cer.low:.1%} to {cer.high:.1%}); spaces counted {rates['cer']:.1%}",
        f"  words       {words.recall:6.1%}  of {words.num_wanted:,} are right in order, {words.precision:.1%} of those read",
        f"  spaces      {spaces.precision:6.1%}  of {spaces.num_read:,} read are right, "
        f"{spaces.recall:.1%} of {spaces.num_wanted:,} there were read",
        f"  confidence  {_trust(report)}",
        f"  speed       {measured.crops_per_s:6.1f}  crops/s, {threads} thread{'s' if threads > 1 else ''}",
    ]


def _trust(report: "Report") -> str:
    from hunmin.evaluation.reliability import PRECISION

    if report.reliability is None:
        return "the same for all lines"
    cut = report.reliability.threshold
    if len(report.lines) < LEAST_FOR_THRESHOLD:
        return f"{report.reliability.ece:6.3f}  off on average (ECE); too few lines for a threshold of {PRECISION:.0%}"
    kept = (
        f"from {cut.confidence:.3f} on {PRECISION:.0%} are right, which keeps {cut.num_kept:,} of {len(report.lines):,} lines"
        if cut
        else f"no threshold leaves {PRECISION:.0%} right lines"
    )
    return f"{report.reliability.ece:6.3f}  off on average (ECE); {kept}"


def _table(breakdown: Breakdown, report: "Report") -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False)  # fits in 80 columns
    headings = ("lines", "exact", "cer", "1-ned", "jamo", "exact_ns", "cer_ns", "1-ned_ns", "jamo_ns")
    table.add_column(breakdown, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    groups: Mapping[str, Scores] = {"all": report.scores, **report.breakdowns[breakdown]}
    for group, scores in groups.items():
        if group:  # crops without a kind stand in the first row only
            rates = [f"{100 * value:.1f}" for value in list(scores.rates().values())[: len(headings) - 1]]
            table.add_row(plain(group), f"{scores.spaced.num_samples:,}", *rates)
    return table


def _mistakes(name: str, confusions: Iterable["Confusion"]) -> list[str]:
    """The most frequent ones: how often, what for what, and a line that has it."""
    rows = list(confusions)[:NUM_CONFUSIONS]
    lines = [f"\nmost frequent mistakes, {name}"] if rows else []
    for one in rows:
        wanted, read = (
            repr(printable(text)) if text.strip() else repr(text) if text else "–" for text in (one.wanted, one.read)
        )
        example = one.examples[0].line
        lines.append(
            f"  {one.count:>5,}  {wanted} → {read} {one.part:<5} "
            f" {printable(example.label)}  ≠  {printable(example.prediction)}"
        )
    return lines
