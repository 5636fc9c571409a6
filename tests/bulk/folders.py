"""Folders of pages of blocks, and readers for them that another process can load; some pages end it."""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hunmin.bulk.ledger import SHARDS
from hunmin.bulk.read_folder import FolderRun
from hunmin.bulk.reading import ReadOptions
from hunmin.documents.reader import Reader
from tests.documents.paper import block_reader, find_lines, picture, scan_pdf, scan_tiff

# The colour of the first pixel says what becomes of the process that looks for lines.
CRASHES, HANGS, IS_DEFECT = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def reader_that_some_pages_end() -> Reader:
    """As `block_reader`, but for pages with one of the colours above."""

    def find(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        colour = tuple(image[0, 0].tolist())
        if colour == CRASHES:
            os.kill(os.getpid(), signal.SIGKILL)
        if colour == HANGS:
            time.sleep(600)
        if colour == IS_DEFECT:
            raise AssertionError("a defect of the detector")
        return find_lines(image)

    return Reader(block_reader().recognizer, find)


def coloured(colour: tuple[int, int, int] | None = None) -> Image.Image:
    page = picture()
    if colour:
        page[0, 0] = colour
    return Image.fromarray(page)


def pages_and_others(folder: Path, num_images: int, num_corrupt: int = 0) -> Counter[tuple[str, int | None]]:
    """Fill a folder with images in folders, corrupt ones, a PDF of 3 pages and a TIFF of 120; what rows it should give."""
    expected: Counter[tuple[str, int | None]] = Counter()
    image, corrupt = folder / "page.png", b"no picture"
    folder.mkdir()
    coloured().save(image)
    content = image.read_bytes()
    image.unlink()
    for number in range(num_images):
        name = f"{number % 7}/{number:05d}.png"
        (folder / name).parent.mkdir(exist_ok=True)
        is_corrupt = number % max(num_images // max(num_corrupt, 1), 1) == 3 and num_corrupt > 0
        (folder / name).write_bytes(corrupt if is_corrupt else content)
        expected[name, None if is_corrupt else 1] += 1
    scan_pdf(folder / "three.pdf", num_pages=3)
    scan_tiff(folder / "long.tif", 120, compression="tiff_deflate")
    expected.update(("three.pdf", number) for number in range(1, 4))
    expected.update(("long.tif", number) for number in range(1, 121))
    (folder / "notes.txt").touch()
    return expected


def rows(out: Path) -> list[dict[str, object]]:
    """Of all shards of a folder, each of which must be whole."""
    return [
        json.loads(line) for path in sorted((out / SHARDS).iterdir()) for line in path.read_text("utf-8").splitlines()
    ]


def pages_of(out: Path) -> Counter[tuple[object, object]]:
    return Counter((row["path"], row["number"]) for row in rows(out))


def run_of(folder: Path, out: Path, **values: object) -> FolderRun:
    given: dict[str, object] = {
        "make_reader": block_reader,
        "options": ReadOptions(72),
        "num_workers": 2,
        "rows_per_shard": 50,
        **values,
    }
    return FolderRun(folder, out, **given)  # type: ignore[arg-type]
