"""`hunmin evaluate`: a model against labels."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from hunmin.cli.output import check_target, json_text, plain, tsv_row

if TYPE_CHECKING:
    from hunmin.evaluate.report import Scores


def evaluate(
    model: Annotated[str, typer.Argument(help="An .onnx, .safetensors or .ckpt file, or `bundled`.")],
    data: Annotated[Path, typer.Argument(help="A store, a folder with labels.tsv or meta.tsv, or such a file.")],
    peer: Annotated[list[str] | None, typer.Option(help="Measure this one, too: tesseract:kor+eng.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures of each engine as JSON.")] = False,
    predictions: Annotated[Path | None, typer.Option(help="Write the model's path, text, confidence as TSV.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Measure exact match, CER, 1-NED and jamo error rate, with and without spaces, kind by kind.

    Characters that print alike (· and •, straight and curly quotes …) count as the same.
    """
    from hunmin.evaluate.labelled import labelled_crops
    from hunmin.evaluate.peers import load_peer
    from hunmin.evaluate.predict import load_recognizer, predict
    from hunmin.evaluate.report import flatten_rates, score

    if predictions:
        check_target(predictions)
    peers = {name: load_peer(name, threads) for name in peer or []}
    recognizer = load_recognizer(None if model == "bundled" else Path(model), threads)
    crops = list(labelled_crops(data)) if peers else labelled_crops(data)
    runs = {name: predict(read, crops) for name, read in {model: recognizer.recognize, **peers}.items()}
    scores = {name: score(run.predictions, fold=True) for name, run in runs.items()}
    if predictions:
        rows = [tsv_row((one.path, one.text, f"{one.confidence:.4f}")) for one in runs[model].predictions]
        partial = predictions.with_name(predictions.name + ".partial")
        partial.write_text("\n".join(rows) + "\n", encoding="utf-8")
        partial.replace(predictions)
    if as_json:
        print(json_text({name: _rounded(flatten_rates(one)) for name, one in scores.items()}, indent=1))
        return
    console = Console()
    for name, run in runs.items():
        console.print(_table(f"{name} on {data}", scores[name]))
        speed = len(run.predictions) / max(run.reading_s, 1e-9)
        console.print(f"{speed:.1f} crops/s ({threads or os.cpu_count()} threads)", highlight=False)
    console.print("Rates in %; _ns: every space removed first.", highlight=False)


def _table(title: str, scores: Mapping[str, "Scores"]) -> Table:
    table = Table(title=plain(title), box=SIMPLE_HEAD, padding=0, pad_edge=False)  # fits in 80 columns
    for heading in ("kind", "lines", "exact", "cer", "1-ned", "jamo", "exact_ns", "cer_ns", "1-ned_ns", "jamo_ns"):
        table.add_column(heading, justify="left" if heading == "kind" else "right", no_wrap=True)
    for kind, one in scores.items():
        rates = [f"{100 * value:.1f}" for value in one.rates().values()]
        table.add_row(plain(kind), f"{one.spaced.num_samples:,}", *rates)
    return table


def _rounded(rates: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in rates.items()}
