"""`hunmin evaluate`: a model against labels."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hunmin.cli.output import check_target, json_text, plain, tsv_row


def evaluate(
    model: Annotated[str, typer.Argument(help="An .onnx, .safetensors or .ckpt file, or `bundled`.")],
    data: Annotated[Path, typer.Argument(help="A store, a folder with labels.tsv or meta.tsv, or such a file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    predictions: Annotated[Path | None, typer.Option(help="Write path, text, confidence as TSV.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Measure exact match, CER, 1-NED and jamo error rate, with and without spaces, kind by kind.

    Characters that print alike (· and •, straight and curly quotes …) count as the same.
    """
    from hunmin.evaluate.labelled import labelled_crops
    from hunmin.evaluate.predict import load_recognizer, predict
    from hunmin.evaluate.report import flatten_rates, score

    if predictions:
        check_target(predictions)
    recognizer = load_recognizer(None if model == "bundled" else Path(model), threads)
    run = predict(recognizer.recognize, labelled_crops(data))
    scores = score(run.predictions, fold=True)
    if predictions:
        rows = [tsv_row((one.path, one.text, f"{one.confidence:.4f}")) for one in run.predictions]
        partial = predictions.with_name(predictions.name + ".partial")
        partial.write_text("\n".join(rows) + "\n", encoding="utf-8")
        partial.replace(predictions)
    if as_json:
        print(json_text({name: round(value, 6) for name, value in flatten_rates(scores).items()}, indent=1))
        return
    table = Table(title=plain(f"{model} on {data}"))
    for heading in ("kind", "lines", "exact", "cer", "1-ned", "jamo", "exact_ns", "cer_ns", "1-ned_ns", "jamo_ns"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, one in scores.items():
        rates = [f"{value:.3f}" if "ned" in name else f"{value:.1%}" for name, value in one.rates().items()]
        table.add_row(plain(kind), f"{one.spaced.num_samples:,}", *rates)
    console = Console()
    console.print(table)
    console.print("_ns: every space removed first.", highlight=False)
    num = len(run.predictions)
    console.print(
        f"{num / max(run.reading_s, 1e-9):.0f} crops/s ({threads or os.cpu_count()} threads)", highlight=False
    )
