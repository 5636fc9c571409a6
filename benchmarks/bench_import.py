"""How many crops one core imports in a second from pages of about 110 words, where the time goes, and how memory grows.

    python benchmarks/bench_import.py [PAGES] [WORKERS] [RESULTS.md]

The pages, 2,480×3,508 px, are rendered once and written as JPEG, as scans are. Stages are timed in this process by
doing each one's work on the same pages; the speed is that of a whole import with WORKERS processes, duplicates, ledger
and the join included. Memory is the most that a process held, for a number of pages and for a quarter of it.
"""

import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from hunmin.compose import load_config
from hunmin.data.clean import Rules
from hunmin.data.imports.config import ImportRun
from hunmin.data.imports.cut import cut
from hunmin.data.imports.run import import_pages
from hunmin.data.imports.shard import ImportConfig
from hunmin.data.sample import EncodedSample
from hunmin.data.sources.page import Corners, Page, Region
from hunmin.data.store.assemble import in_processes
from hunmin.data.store.codec import decode_image, encode_image
from hunmin.data.store.lmdb_store import write_encoded
from hunmin.image import MAX_PAGE_PIXELS
from hunmin.spec import RecognizerSpec
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.lines.render import GlyphCache, Setting, draw_line
from hunmin.text.charset import load_charset
from hunmin.version import __version__

WIDTH_PX, HEIGHT_PX = 2480, 3508
NUM_FILES = 8
"""Different page files; an import of more pages reads them again, and each page's labels differ."""
COLUMNS, ROWS = 5, 22


@dataclass(frozen=True)
class FileImage:
    """A page's file."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def read(self) -> bytes:
        """The file's bytes."""
        return self.path.read_bytes()


def render(folder: Path) -> list[tuple[FileImage, tuple[tuple[str, Corners], ...]]]:
    """Pages of 110 words on paper with grain, and where the words stand."""
    face = next(face for face in bundled_faces() if face.style == "gothic")
    glyphs, made = GlyphCache(), []
    syllables = load_charset("ksx1001").characters[-2350:]
    for number in range(NUM_FILES):
        rng = np.random.default_rng([0, number])
        paper = np.repeat(rng.integers(228, 246, (HEIGHT_PX, WIDTH_PX, 1), dtype=np.uint8), 3, axis=2)
        words: list[tuple[str, Corners]] = []
        for place in range(COLUMNS * ROWS):
            text = "".join(rng.choice(list(syllables), int(rng.integers(2, 7))))
            ink = draw_line(glyphs, [(face, text)], Setting(int(rng.integers(40, 60))), rng).mask
            x, y = 120 + place % COLUMNS * 450, 120 + place // COLUMNS * 150
            window = paper[y : y + ink.shape[0], x : x + ink.shape[1]]
            window[:] = (window * (1 - 0.85 * ink[: window.shape[0], : window.shape[1], None] / 255)).astype(np.uint8)
            right, bottom = float(x + window.shape[1]), float(y + window.shape[0])
            words.append((text, ((x, y), (right, y), (right, bottom), (x, bottom))))
        path = folder / f"page-{number}.jpg"
        path.write_bytes(encode_image(paper, 85))
        made.append((FileImage(path), tuple(words)))
    return made


def pages(files: list[tuple[FileImage, tuple[tuple[str, Corners], ...]]], num: int) -> Iterator[Page]:
    """`num` pages; those that share a file are moved by a pixel, so that no crop is a duplicate."""
    for number in range(num):
        image, words = files[number % len(files)]
        turn = number // len(files)
        regions = tuple(
            Region(text, tuple((x - turn % 40, y - turn // 40) for x, y in corners))  # type: ignore[arg-type]
            for text, corners in words
        )
        yield Page(f"page-{number}", image, regions, group=f"document-{number // 4}", kind="document")


def shipped_config() -> ImportConfig:
    """The settings that ship with hunmin."""
    config = load_config(ImportRun, [])
    spec = RecognizerSpec.for_charset(load_charset(config.charset))
    return ImportConfig(Rules(spec, "drop"), config.cut, config.split)


def stages(given: list[Page], config: ImportConfig, folder: Path) -> dict[str, float]:
    """Seconds of one core that each stage takes for these pages."""
    spent = dict.fromkeys(("read and decode", "cut", "encode", "write"), 0.0)
    samples = []
    for page in given:
        assert page.image is not None
        started = time.process_time()
        image = decode_image(page.image.read(), where=page.id, max_pixels=MAX_PAGE_PIXELS)
        decoded = time.process_time()
        cuts = [
            cut(image, region.corners, config.cut, text=region.text or "", vertical=False) for region in page.regions
        ]
        was_cut = time.process_time()
        encoded = [encode_image(one.image, config.cut.jpeg_quality) for one in cuts if one.image is not None]
        ended = time.process_time()
        spent["read and decode"] += decoded - started
        spent["cut"] += was_cut - decoded
        spent["encode"] += ended - was_cut
        samples += [EncodedSample(data, "가", f"{page.id}#{number}") for number, data in enumerate(encoded)]
    started = time.process_time()
    write_encoded(samples, folder / "stages")
    spent["write"] = time.process_time() - started
    return spent


def whole_import(
    given: Iterator[Page], config: ImportConfig, out: Path, workers: int
) -> tuple[int, float, float, float]:
    """Crops, seconds, seconds of it spent joining, and the most memory of this process in MB."""
    begun_joining = 0.0

    def report(task: str, _num: int) -> None:
        nonlocal begun_joining
        if task == "storing" and not begun_joining:
            begun_joining = time.perf_counter()

    started = time.perf_counter()
    done = import_pages(
        given, out, config, origin={"source": "rendered"}, engine=partial(in_processes, workers=workers), report=report
    )
    ended = time.perf_counter()
    shutil.rmtree(out)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return done.ledger.kept, ended - started, ended - begun_joining, memory


def main(num_pages: int, workers: int, results: Path | None) -> None:
    """Print the tables, and write them."""
    cv2.setNumThreads(1)
    config = shipped_config()
    lines = [
        "# Import of pages",
        "",
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; hunmin {__version__}, OpenCV "
        f"{cv2.__version__}, Python {platform.python_version()}; pages of {WIDTH_PX}×{HEIGHT_PX} px with "
        f"{COLUMNS * ROWS} words, JPEG; settings of configs/import.yaml; "
        f"`python benchmarks/bench_import.py {num_pages} {workers}`.",
        "",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = render(folder)
        given = list(pages(files, min(num_pages, 2 * NUM_FILES)))
        spent = stages(given, config, folder)
        num_crops = sum(len(page.regions) for page in given)
        lines += ["| stage, one core | share | µs a crop |", "|---|---:|---:|"]
        total = sum(spent.values())
        lines += [f"| {stage} | {s / total:.0%} | {s / num_crops * 1e6:,.0f} |" for stage, s in spent.items()]
        lines += [f"| all | 100% | {total / num_crops * 1e6:,.0f} ({num_crops / total:,.0f} crops/s) |", ""]
        lines += [
            "| pages | crops | workers | s | crops/s | crops/s a worker | joining | main process, MB | a worker, MB |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for num in (max(num_pages // 4, 1), num_pages):
            crops, seconds, joining, memory = whole_import(pages(files, num), config, folder / "set", workers)
            children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            lines.append(
                f"| {num:,} | {crops:,} | {workers} | {seconds:.1f} | {crops / seconds:,.0f} | "
                f"{crops / seconds / workers:,.0f} | {joining / seconds:.0%} | {memory:.0f} | {children:.0f} |"
            )
    text = "\n".join(lines) + "\n"
    print(text)
    if results:
        results.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 400,
        int(sys.argv[2]) if len(sys.argv) > 2 else 1,  # noqa: PLR2004 - the second argument
        Path(sys.argv[3]) if len(sys.argv) > 3 else None,  # noqa: PLR2004 - the third argument
    )
