"""From Python what the command line does: `train`, `evaluate`, `export`, `tune`, `doctor`, `pull`, `push`.

`import hunmin` hands these on. Importing this module loads neither torch nor OpenCV; each function asks for what it needs and
names the extra that is missing. The commands of `hunmin.cli` parse, call one of these, and print.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hunmin.errors import InputError, reason_of, require_extra
from hunmin.processes import refuse_in_new_process

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hunmin.diagnosis.findings import Diagnosis
    from hunmin.evaluation.report import Report
    from hunmin.hub.pull import PullResult
    from hunmin.hub.push import PushResult
    from hunmin.language.choose import LanguageChoice
    from hunmin.model.export import Parity
    from hunmin.recognize.recognizer import Recognizer
    from hunmin.spec import RecognizerSpec
    from hunmin.training.config import TrainConfig

TRAINING = ("torch", "pytorch_lightning", "hydra", "pydantic", "lmdb", "safetensors")
"""Packages without which nothing can be trained or examined."""
TUNING = (
    "model=nano", "data.curriculum_share=0", "data.on_unknown_character=drop", "data.batch_size=32",
    "trainer.max_steps=1000", "trainer.learning_rate=5e-4", "trainer.warmup_steps=50", "trainer.ema_decay=0.99",
    "trainer.validate_every=1000",
)  # fmt: skip
"""How the bundled model is fine-tuned, unless it is told otherwise."""
NUM_CALIBRATION_LINES = 100
"""Generated lines on which the ranges of features are measured before they are cut into 8 bits."""


@dataclass(frozen=True)
class TrainResult:
    """What a training run left behind."""

    model: Path
    """The finished model with averaged weights, `model.safetensors`."""
    folder: Path
    """Of the run: `config.yaml`, `checkpoints`, `log`, `validation`."""
    metrics: Mapping[str, float]
    """The last value of everything logged, such as `train/loss`, and `held_out/cer_ns` for the validation set `held_out`."""


@dataclass(frozen=True)
class ExportResult:
    """An exported model."""

    path: Path
    """The ONNX file."""
    num_bytes: int
    """Its size."""
    parity: "Parity | None"
    """How the file and the checkpoint read the same generated lines; None if none were read."""


@dataclass(frozen=True)
class TuneResult:
    """A model that was fine-tuned on labelled lines."""

    model: Path
    """The ONNX file."""
    num_lines: int
    """That it learned from."""
    before: "Report | None"
    """How the bundled model reads the lines that were held out, by document; None where no document was."""
    after: "Report | None"
    """How this one does."""


def train(*overrides: str, config: str | Path | None = None, quiet: bool = False) -> TrainResult:
    """Train a recognizer; a run that was stopped goes on where it was.

    Args:
        overrides: `key=value` as on the command line, such as `model=nano`, `data=synth`, `out=runs/mine`.
        config: the `config.yaml` of an earlier run, to begin from.
        quiet: print nothing.

    Raises:
        InputError: configuration, data, folder or device do not allow this run; its disk is full; its loss is not finite.
        StoppedError: Ctrl-C or SIGTERM ended it. Its state is saved, and the same call goes on.

    Example:
        >>> result = hunmin.train("model=nano", "data=synth", "out=runs/mine", "trainer.max_steps=5000")
        >>> result.metrics["held_out/cer_ns"]
    """
    refuse_in_new_process()
    chosen = _train_config(overrides, config)
    from rich.console import Console

    from hunmin.diagnosis.watch import Watch
    from hunmin.training.prepare import read_ranks
    from hunmin.training.run import run

    console = Console(quiet=quiet or read_ranks().rank != 0)
    model = run(chosen, console, [Watch(console, chosen.trainer.log_every)])
    folder = Path(chosen.out)
    return TrainResult(model, folder, _last_metrics(folder))


def dry_run(*overrides: str, config: str | Path | None = None) -> None:
    """Check a run as `train` would begin it, time ten steps, and print the plan; nothing is written.

    Args:
        overrides: as for `train`.
        config: as for `train`.

    Raises:
        InputError: what `train` would refuse.
    """
    refuse_in_new_process()
    chosen = _train_config(overrides, config)
    from rich.console import Console

    from hunmin.training.dry_run import print_plan
    from hunmin.training.prepare import read_ranks

    print_plan(chosen, Console(quiet=read_ranks().rank != 0))


def evaluate(
    model: "str | Path | Recognizer", data: str | Path, *, threads: int = 0, language: "LanguageChoice" = "default"
) -> "Report":
    """Measure a model against labels: exact match, CER, 1-NED, jamo error rate, spaces and confidence.

    Characters that print alike (· and •, straight and curly quotes …) count as the same.

    Args:
        model: an `.onnx`, `.safetensors` or `.ckpt` file, `bundled`, `bundled-int8`, or a `Recognizer`.
        data: a store, a folder with `labels.tsv` or `meta.tsv`, or such a file.
        threads: CPU threads for a model that is loaded here; 0 takes all.
        language: for a model that is loaded here, as `Recognizer` takes it.

    Raises:
        InputError: model or data cannot be used.

    Example:
        >>> hunmin.evaluate("bundled", "examples/lines").scores.rates()["cer"]
    """
    from hunmin.evaluation.measure import measure
    from hunmin.evaluation.predict import load_recognizer
    from hunmin.recognize.recognizer import Recognizer

    recognizer = model if isinstance(model, Recognizer) else load_recognizer(model, threads, language)
    return measure(str(model), recognizer.recognize, Path(data), threads).report


def export(
    checkpoint: str | Path,
    out: str | Path,
    *,
    int8: bool = False,
    decoding: Literal["autoregressive", "one-pass"] = "autoregressive",
    num_checked: int = 200,
) -> ExportResult:
    """Write a model as ONNX, for reading without torch, and read generated lines with both.

    Args:
        checkpoint: `model.safetensors` or a `.ckpt` of a run.
        out: the `.onnx` file to write.
        int8: multiply in 8 bits: smaller and faster, a little less accurate.
        decoding: one character after the other, or all at once and then refined, in a graph without a loop.
        num_checked: generated lines to read with both.

    Raises:
        InputError: the checkpoint cannot be read, or the file cannot be written.

    Example:
        >>> hunmin.export("runs/mine/model.safetensors", "mine.onnx").parity.num_same
    """
    require_extra("train", ("torch", "onnx", "onnxscript", "safetensors"))
    from hunmin.model.checkpoint import load_model
    from hunmin.model.engine import torch_engine
    from hunmin.model.export import compare, export_onnx
    from hunmin.recognize.recognizer import Recognizer

    checkpoint, out = Path(checkpoint), Path(out)
    if out.suffix != ".onnx":
        raise InputError(f"{out}: an exported model ends in .onnx")
    model = load_model(checkpoint)
    calibration = _generated_lines(model.spec, 1, NUM_CALIBRATION_LINES) if int8 else None
    export_onnx(model, out, int8_for=calibration, decoding=decoding)
    parity = None
    if num_checked:
        torch_recognizer = Recognizer.from_engine(torch_engine(model, decoding), model.spec)
        parity = compare(torch_recognizer, Recognizer(out), _generated_lines(model.spec, 0, num_checked))
    return ExportResult(out, out.stat().st_size, parity)


def tune(labelled: str | Path, out: str | Path, *overrides: str, quiet: bool = False) -> "TuneResult":
    """Fine-tune the bundled model with labelled lines, and measure it before and after; what was stopped goes on.

    Args:
        labelled: a folder with `labels.tsv`, such as `hunmin label` leaves.
        out: the folder for the stores, the run and the model.
        overrides: `key=value` as for `train`, such as `trainer.max_steps=2000`.
        quiet: print nothing.

    Raises:
        InputError: there are no labels, or what `train` raises.
        StoppedError: Ctrl-C or SIGTERM ended the training. Its state is saved, and the same call goes on.

    Example:
        >>> hunmin.tune("scans-labelled", "mine").model
    """
    refuse_in_new_process()
    require_extra("train", (*TRAINING, "onnx", "onnxscript"))
    from hunmin.training.tune import import_labels, share_of_own

    folder = Path(out)
    sets = import_labels(Path(labelled), folder / "data")
    before = evaluate("bundled", sets.held_out) if sets.held_out else None
    own = share_of_own(sets.num_lines)
    result = train(
        f"out={folder / 'run'}", "init_from=bundled", "data=store",
        f"data.sources=[{{path: '{sets.train}', weight: {own}}}, {{path: synth, weight: {1 - own:.4f}}}]",
        f"data.validation='{sets.held_out or 'synth'}'", *TUNING, *overrides, quiet=quiet,
    )  # fmt: skip
    model = export(result.model, folder / "model.onnx", num_checked=0).path
    after = evaluate(model, sets.held_out) if sets.held_out else None
    return TuneResult(model, sets.num_lines, before, after)


def doctor(
    *overrides: str,
    quick: bool = False,
    on_check: Callable[[str], None] | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> "Diagnosis":
    """Examine a configuration, its data, its model and a short run: what is wrong, why, and what to change.

    Args:
        overrides: as for `train`.
        quick: leave out what takes training steps.
        on_check: called with the name of each check before it runs.
        on_progress: called while a check takes long: with what is done, how much of it, and of how much.

    Example:
        >>> for finding in hunmin.doctor("data=store", "data.sources=[{path: lines}]").failed:
        ...     print(finding.cause, finding.change)
    """
    refuse_in_new_process()
    require_extra("train", TRAINING)
    from hunmin.diagnosis.case import NUM_AUDITED, NUM_AUDITED_QUICKLY, Case
    from hunmin.diagnosis.examine import check_names, examine
    from hunmin.diagnosis.findings import Diagnosis
    from hunmin.diagnosis.measure.hardware import PROBE_THREADS, torch_threads
    from hunmin.processes import num_cores

    num_audited = NUM_AUDITED_QUICKLY if quick else NUM_AUDITED
    case = Case(overrides, num_audited=num_audited, report=on_progress or (lambda _what, _done, _total: None))
    names = check_names(quick=quick)

    def announced() -> Iterator[str]:
        for name in names:
            if on_check:
                on_check(name)
            yield name

    with torch_threads(min(PROBE_THREADS, num_cores())):
        return Diagnosis(tuple(examine(case, announced())))


def pull(name: str) -> "PullResult":
    """Download a model from the Hugging Face Hub, check it and keep it: `Recognizer(name)` reads with it, offline.

    Args:
        name: `organisation/name`, or `organisation/name@revision` of a branch, a tag or a commit. Only a commit never changes.

    Raises:
        InputError: there is no such model, it is none of hunmin's, is damaged, or the Hub cannot be reached.
        ExtraMissingError: the extra `hub` is not installed.

    Example:
        >>> hunmin.Recognizer(hunmin.pull("organisation/name@v1").model)
    """
    from hunmin.hub import pull as pulling

    return pulling.pull(name)


def push(
    model: str | Path,
    name: str,
    *,
    public: bool = False,
    licence: str | None = None,
    data: str | Path | None = None,
    card: str | Path | None = None,
) -> "PushResult":
    """Upload a model to the Hugging Face Hub, with a card that says what it is.

    Args:
        model: an `.onnx` file, `bundled` or `bundled-int8`; or `model.safetensors` or a `.ckpt` of a run, which is exported and
            uploaded in both forms. Nothing but weights, spec and shape is uploaded, no path and no configuration.
        name: `organisation/name`, made if it is not there; `organisation/name@tag` also gives this state a tag.
        public: whether everybody may see it.
        licence: as the Hub calls it, such as `apache-2.0`.
        data: labelled lines, as `evaluate` takes them; the card tells how the model reads them, and how many, nothing else.
        card: a Markdown file in place of the one that is written; without it a card that is there already is left as it is.

    Raises:
        InputError: the model cannot be read, the token may not do this, or the Hub cannot be reached.
        ExtraMissingError: the extra `hub` is not installed, or `train`, which a checkpoint needs.

    Example:
        >>> hunmin.push("mine/run/model.safetensors", "organisation/name@v1", licence="apache-2.0").url
    """
    from tempfile import TemporaryDirectory

    from hunmin.hub import push as pushing
    from hunmin.hub.card import Measured, card_text
    from hunmin.hub.client import client
    from hunmin.hub.pulled import ONNX, HubName
    from hunmin.recognize.recognizer import Recognizer

    client()  # before the work
    repository = HubName.parse(name).repository
    own_card = _card(Path(card)) if card else None
    with TemporaryDirectory(prefix="hunmin-push-") as folder:
        files = _files_to_push(model, Path(folder))
        recognizer = Recognizer(files[ONNX])  # refuses what is no model
        measured = None
        if data is not None:
            report = evaluate(recognizer, data)
            rates = report.scores.rates()
            measured = Measured(len(report.lines), rates["exact_ns"], rates["cer_ns"])
        text = own_card or card_text(repository, recognizer.spec, tuple(files), licence=licence, measured=measured)
        return pushing.push(files, name, text, replaces_card=own_card is not None, public=public)


def _files_to_push(model: str | Path, folder: Path) -> dict[str, Path]:
    """Name on the Hub → file; what is made of a checkpoint lies in `folder`."""
    from hunmin.hub.pulled import CHECKPOINT, ONNX
    from hunmin.recognize.recognizer import BUNDLED_MODELS

    path = BUNDLED_MODELS.get(str(model)) or Path(model)
    if path.suffix not in (".safetensors", ".ckpt"):
        return {ONNX: path}
    require_extra("train", ("torch", "onnx", "onnxscript", "safetensors"))
    from hunmin.model.checkpoint import load_model, save_model

    # Written anew, so that nothing goes along which somebody else's program put into the file.
    save_model(load_model(path), folder / CHECKPOINT)
    export(folder / CHECKPOINT, folder / ONNX, num_checked=0)
    return {ONNX: folder / ONNX, CHECKPOINT: folder / CHECKPOINT}


def _card(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the card cannot be read ({reason_of(error)}); give a Markdown file") from error


def _train_config(overrides: Sequence[str], config: str | Path | None) -> "TrainConfig":
    require_extra("train", TRAINING)
    from hunmin.compose import load_config
    from hunmin.training.config import TrainConfig

    return load_config(TrainConfig, overrides, saved=Path(config) if config else None)


def _last_metrics(folder: Path) -> dict[str, float]:
    """The last value of each column of a run's log, part by part."""
    from hunmin.training.logs.curves import logged_rows

    metrics: dict[str, float] = {}
    for row in logged_rows(folder):
        metrics |= {name: value for name, value in row.items() if name != "epoch"}
    return metrics


def _generated_lines(spec: "RecognizerSpec", seed: int, num: int) -> "list[NDArray[np.uint8]]":
    """Pictures of generated lines that a model may read."""
    from hunmin.synth.config import default_config
    from hunmin.synth.generate import Recipe

    generator = Recipe(default_config(), frozenset(spec.characters)).build()
    return [generator.sample(seed, 0, index, max_length=spec.max_label_length).image for index in range(num)]
