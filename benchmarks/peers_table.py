"""The README's table of peers from what `hunmin evaluate --json` wrote.

python benchmarks/peers_table.py FIGURES.json …
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from hunmin.recognize.recognizer import BUNDLED_MODELS

NAMES = {"bundled": "hunmin, bundled model, 32-bit", "bundled-int8": "hunmin, bundled model, 8-bit"}
TESSDATA = (Path("/usr/share/tesseract-ocr/5/tessdata"), Path("/usr/share/tesseract-ocr/4.00/tessdata"))


def main(paths: list[Path]) -> None:
    """Print the table: lines without a mistake and CER, spaces aside, each with its interval."""
    print("| | size, MB | right, % | 95 % | CER, % | 95 % | crops a second, one core |")
    print("|---|---|---|---|---|---|---|")
    for path in paths:
        for engine, figures in json.loads(path.read_text(encoding="utf-8")).items():
            rates, intervals = figures["rates"], figures["intervals"]
            cells = [
                _size(engine),
                f"{100 * rates['exact_ns']:.1f}",
                _range(intervals["exact_ns"]),
                f"{100 * rates['cer_ns']:.1f}",
                _range(intervals["cer_ns"]),
                f"{figures['speed']['crops_per_s']:.0f}",
            ]
            print(f"| {_name(engine)} | {' | '.join(cells)} |")
    print(
        f"\n{datetime.now(UTC):%Y-%m-%d}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores, one thread"
    )


def _name(engine: str) -> str:
    if engine.startswith("tesseract:"):
        done = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
        version = ".".join(done.stdout.split()[1].split(".")[:2])
        return f"Tesseract {version}, `{engine.partition(':')[2]}`"
    return NAMES.get(engine, engine)


def _size(engine: str) -> str:
    """Megabytes of the model's files."""
    if not engine.startswith("tesseract:"):
        return f"{BUNDLED_MODELS.get(engine, Path(engine)).stat().st_size / 1e6:.1f}"
    languages = engine.partition(":")[2].split("+")
    found = [
        folder / sub / f"{name}.traineddata" for folder in TESSDATA for sub in ("", "script") for name in languages
    ]
    return f"{sum(path.stat().st_size for path in found if path.is_file()) / 1e6:.1f}"


def _range(interval: list[float]) -> str:
    return f"{100 * interval[0]:.1f}–{100 * interval[1]:.1f}"


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
