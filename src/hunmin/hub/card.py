"""A model's card: what the Hub shows of it, and what it files it under."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from hunmin.hub.pulled import CHECKPOINT, ONNX
from hunmin.spec import RecognizerSpec
from hunmin.version import __version__

TAGS: Final = ("ocr", "text-recognition", "korean", "hangul", "parseq", "onnx", "hunmin")


@dataclass(frozen=True)
class Measured:
    """How a model reads lines whose text is known."""

    num_lines: int
    exact: float
    """Share of lines without a mistake, spaces aside."""
    cer: float
    """Share of characters that are wrong, spaces aside."""


def card_text(
    repository: str, spec: RecognizerSpec, files: Sequence[str], *, licence: str | None, measured: Measured | None
) -> str:
    """The card of a model, as Markdown with YAML at its head.

    It tells what the spec says and what was measured, and nothing of where the model or its data came from: that is for
    whoever pushes it to say.

    Args:
        repository: `organisation/name`.
        spec: of the model.
        files: which of `FILES` are pushed.
        licence: as the Hub calls it, such as `apache-2.0`; None = nothing is said.
        measured: None = nothing was.
    """
    head: dict[str, object] = {"language": ["ko"], "library_name": "hunmin", "pipeline_tag": "image-to-text"}
    head["tags"] = list(TAGS)
    if licence:
        head["license"] = licence
    if measured:
        head["metrics"] = ["cer"]
        head["model-index"] = [{"name": repository.partition("/")[2], "results": [_result(measured)]}]
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False)
    return f"---\n{front}---\n\n" + "\n\n".join(_parts(repository, spec, files, measured)) + "\n"


def _result(measured: Measured) -> dict[str, object]:
    return {
        "task": {"type": "image-to-text"},
        "dataset": {"type": "private", "name": f"{measured.num_lines:,} labelled lines"},
        "metrics": [
            {"type": "cer", "name": "characters wrong, spaces aside", "value": round(measured.cer, 4)},
            {"type": "accuracy", "name": "lines without a mistake, spaces aside", "value": round(measured.exact, 4)},
        ],
    }


def _parts(repository: str, spec: RecognizerSpec, files: Sequence[str], measured: Measured | None) -> list[str]:
    parts = [
        f"# {repository}",
        f"A recognizer for single lines of Korean text, made with hunmin {__version__}. 한국어 글줄을 읽는 모델입니다.",
        "hunmin is on no package index; this works in a clone of its repository:",
        f"```text\npip install '.[hub]'\nhunmin pull {repository}\nhunmin read scan.png --model {repository}\n```",
        f'```python\nfrom hunmin import Reader, Recognizer\n\nReader(Recognizer("{repository}"))\n```',
        "| | |\n|---|---|\n"
        f"| charset | {spec.charset_name}, {len(spec.characters):,} characters |\n"
        f"| height of a line | {spec.height_px} px |\n"
        f"| longest line | {spec.max_width_px} px at that height, {spec.max_label_length} characters; longer ones are split |\n"
        f"| confidence | {'calibrated' if spec.confidence_exponent else 'not calibrated'} |",
    ]
    told = {ONNX: "for reading, without torch", CHECKPOINT: "for training on: `hunmin train init_from=…`"}
    parts.append("\n".join(f"- `{name}`: {told[name]}" for name in files if name in told))
    if measured:
        parts.append(
            f"Of {measured.num_lines:,} labelled lines it reads {measured.exact:.1%} without a mistake; "
            f"{measured.cer:.1%} of the characters are wrong, spaces aside."
        )
    return parts
