"""Small pages with words at known places, as an importer yields them; the words are noise."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hunmin.data.clean import Rules
from hunmin.data.imports.config import CutConfig, SplitConfig
from hunmin.data.imports.run import Engine, Imported, import_pages
from hunmin.data.imports.shard import Chunk, ImportConfig
from hunmin.data.sources.page import Corners, Page, Region
from hunmin.data.store.codec import encode_image
from hunmin.errors import InputError
from tests.data.lines import SPEC

PAGE_WIDTH_PX, PAGE_HEIGHT_PX = 400, 120
CUT = CutConfig(margin=None, min_side_px=6, vertical="turn", max_height_px=96, jpeg_quality=92)
SPLIT = SplitConfig(validation=0.2, test=0.2, by="group")
CONFIG = ImportConfig(Rules(SPEC, on_unknown_character="drop"), CUT, SPLIT)
NO_SPLIT = replace(CONFIG, split=replace(SPLIT, validation=0.0, test=0.0))
ORIGIN = {"source": "rendered", "from": []}


@dataclass(frozen=True)
class HeldImage:
    """An image in memory."""

    name: str
    data: bytes

    def read(self) -> bytes:
        if self.data == b"gone":
            raise InputError(f"{self.name}: damaged inside the archive; download it again")
        return self.data


def box(x: float, y: float, width: float, height: float) -> Corners:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


def page(number: int, *more: Region) -> Page:
    """Page `number` of six words, and texts beside them; two pages are a document."""
    rng = np.random.default_rng([3, number])
    pixels = rng.integers(0, 256, (PAGE_HEIGHT_PX, PAGE_WIDTH_PX), dtype=np.uint8)
    words = [Region(f"한글 {number % 1000}", box(20 + 120 * (n % 3), 20 + 50 * (n // 3), 80, 24)) for n in range(6)]
    image = HeldImage(f"page-{number}.jpg", encode_image(pixels, 80))
    return Page(f"page-{number}", image, (*words, *more), group=f"document-{number // 2}", kind="document")


def pages(num: int) -> Iterator[Page]:
    return (page(number) for number in range(num))


def crop_page(number: int, text: str = "가나", image: bytes | None = None) -> Page:
    """An image that is a crop as it is."""
    pixels = np.random.default_rng([4, number]).integers(0, 256, (24, 60), dtype=np.uint8)
    held = HeldImage(f"crop-{number}.png", encode_image(pixels) if image is None else image)
    return Page(f"crop-{number}", held, (Region(text),), group=f"writer-{number % 7}", kind="handwriting")


def without_image(of: Page) -> Page:
    return replace(of, image=None)


def here(do: object, tasks: Iterable[Chunk]) -> Generator[int, None, None]:
    """An engine: this process, one chunk after the other."""
    assert callable(do)
    for task in tasks:
        yield do(task)


def imported(given: Iterable[Page], out: Path, config: ImportConfig = CONFIG, engine: Engine = here) -> Imported:
    return import_pages(given, out, config, origin=ORIGIN, engine=engine)
