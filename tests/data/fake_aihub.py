"""Fake AI Hub downloads: rendered pages, labels in the exact schemas, trees and zip files as AI Hub makes them.

    fake = build("aihub-88", tmp_path, num_pages=8, defects=True)
    # import fake.paths as fake.source, then compare the ledger with fake.dropped and fake.num_kept

Nothing in it is AI Hub's: the pages are drawn with the bundled fonts, the texts are the project's own.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.store.codec import encode_image
from hunmin.font_manifest import Face
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.lines.render import GlyphCache, Setting, draw_line
from tests.data.fake_trees import TREES, File
from tests.data.zips import UTF8_FLAG, Raw, write_zip

PAGE_WIDTH_PX, PAGE_HEIGHT_PX = 800, 420
TEXTS = (
    "행정안전부 김해시 제목 시행일자 수신 참조 공문서 등록번호 주민 신청서 허가 승인 담당자 과장 결재 1994년 3월 27일 "
    "한빛약국 우리은행 분식 어서오세요 영업중 24시간 대표전화 051-320-6114 ₩12,000 (주)가온 책값 둘째 셋째 읽는다"
).split()


@dataclass
class Word:
    """A text on a page."""

    text: str | None
    box: tuple[int, int, int, int] | None
    """x, y, width, height; None = the label file gets a box that is none."""
    is_illegible: bool = False
    """Marked so by the publisher, in the way of the schema."""


@dataclass
class FakePage:
    """An image and its label file, before they are written."""

    number: int
    """From 0; names the files."""
    part: str
    """`training` or `validation`."""
    image: bytes | None
    """JPEG for pages, PNG for crops; None = the image is missing."""
    words: list[Word] | None
    """None = the label file is missing."""
    is_label_damaged: bool = False
    """The label file, or where there is one for all pages its part for this one, differs from the schema."""


@dataclass
class FakeSet:
    """A written tree, and what an import of it must find."""

    source: str
    """The name of the importer, such as `aihub-88`."""
    paths: list[Path]
    """What to give to the importer."""
    texts: list[str]
    """The labels that are fit, sorted."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason → regions that must be dropped for it; an image without a label file counts as one, under `no label`."""

    @property
    def num_kept(self) -> int:
        """Regions that are fit."""
        return len(self.texts)

    @property
    def num_seen(self) -> int:
        """All regions, and the images without label files."""
        return self.num_kept + self.dropped.total()


def build(  # noqa: PLR0913 - each is a way in which downloads differ
    source: str,
    folder: Path,
    *,
    num_pages: int = 8,
    seed: int = 0,
    defects: bool = False,
    zipped: bool = True,
    num_volumes: int = 1,
    names: str = "cp949",
) -> FakeSet:
    """Write a fake set below `folder`.

    Args:
        source: `aihub-88`, `aihub-81`, `aihub-91`, `aihub-105`, `aihub-105-2023` (the same importer, the newer tree) or
            `aihub-023`. `aihub-81` and `aihub-91` hold, besides the pages, `num_pages` crops with one text each.
        folder: made if it is missing.
        num_pages: pages of eight words; every fourth goes to validation. With `defects` at least 6.
        seed: of texts and paper.
        defects: plant every kind of defect (`plant`).
        zipped: zip files as AI Hub delivers them; False = the same tree as folders.
        num_volumes: above 1, every image archive is split into that many `.zip.part…` files.
        names: the encoding of entry names in zip files: `cp949` or `utf-8`, which comes with its flag.
    """
    pages = draw_pages(num_pages, seed)
    importer = source.removesuffix("-2023")
    # Only two of the schemas have a way to say that a text cannot be read.
    dropped = plant(pages, has_marks=importer in ("aihub-105", "aihub-81")) if defects else Counter[str]()
    if defects and importer == "aihub-81":
        dropped["no label"] += 1  # Of one label file for all, the page with the damaged part is left without any.
    crops = draw_crops(num_pages, seed) if importer in ("aihub-81", "aihub-91") else []
    files = TREES[source](pages, crops)
    (_write_zips(files, folder, num_volumes, names) if zipped else _write_folders(files, folder))
    texts = [word.text or "" for page in [*pages, *crops] for word in _fit_words(page)]
    for text in (word.text or "" for word in _copied_words(pages)):
        texts.remove(text)
    return FakeSet(importer, [folder], sorted(texts), dropped)


def draw_pages(num: int, seed: int = 0) -> list[FakePage]:
    """Pages of eight words on paper of a noise of its own, so that no two crops are the same."""
    pages = []
    for number in range(num):
        rng = np.random.default_rng([seed, 1, number])
        paper = rng.integers(215, 240, (PAGE_HEIGHT_PX, PAGE_WIDTH_PX), dtype=np.uint8)
        words = []
        for place in range(8):
            ink = _draw(str(rng.choice(TEXTS)), int(rng.integers(26, 38)), rng)
            x, y = 40 + place % 3 * 250, 30 + place // 3 * 110
            words.append(Word(ink.text, (x, y, ink.mask.shape[1], ink.mask.shape[0])))
            _put(paper, ink.mask, x, y)
        pages.append(FakePage(number, _part(number), encode_image(paper, 92), words))
    return pages


def draw_crops(num: int, seed: int = 0) -> list[FakePage]:
    """Images with one word each, whose box is the whole image."""
    crops = []
    for number in range(num):
        rng = np.random.default_rng([seed, 2, number])
        ink = _draw(str(rng.choice(TEXTS)), int(rng.integers(26, 38)), rng)
        height, width = ink.mask.shape[0] + 12, ink.mask.shape[1] + 12
        paper = rng.integers(215, 240, (height, width), dtype=np.uint8)
        _put(paper, ink.mask, 6, 6)
        crops.append(FakePage(number, _part(number), encode_image(paper), [Word(ink.text, (0, 0, width, height))]))
    return crops


def plant(pages: list[FakePage], *, has_marks: bool = True) -> Counter[str]:
    """Plant one defect of every kind in at least six pages, and return how many regions each reason must count.

    The first page loses its image, the second its label file, the third its content; the fourth comes a second time at
    the end under another name; the fifth gets words that are each wrong in one way; the sixth's label file is damaged.
    All other words stay fit.

    Args:
        pages: changed in place.
        has_marks: whether the schema can mark a text as illegible.
    """
    assert len(pages) >= 6, f"{len(pages)} pages have no room for every defect"
    without_image, without_label, unreadable, copied, spoilt, damaged = pages[:6]
    assert without_image.words and unreadable.words and copied.words and spoilt.words
    without_image.image, without_label.words, unreadable.image = None, None, b"no image at all"
    damaged.is_label_damaged = True
    pages.append(dataclasses.replace(copied, number=len(pages)))
    x, y, width, height = spoilt.words[0].box or (0, 0, 0, 0)

    def beside(step: int) -> tuple[int, int, int, int]:
        """The first word's box, moved by a little, so that no two crops are the same."""
        return x - step, y - step, width + 2 * step, height + 2 * step

    spoilt.words += [
        Word("", beside(1)),
        Word(None, beside(2)),
        Word("𠮷한", beside(3)),
        Word("가나다라" * 25, beside(4)),
        Word("점", (x, y, 2, 3)),
        Word("밖", (PAGE_WIDTH_PX + 30, 40, 60, 30)),
        Word("틀", None),
        Word("띠", (10, 400, 780, 9)),
        *([Word("xxx", beside(5), is_illegible=True)] if has_marks else []),
    ]
    return Counter(
        {
            "no image": len(without_image.words),
            "no label": 1,
            "unreadable label": 1,
            "unreadable image": len(unreadable.words),
            "duplicate": len(copied.words),
            "empty label": 2,
            "unknown character": 1,
            "too long": 1,
            "too small": 1,
            "box outside": 1,
            "malformed box": 1,
            "too wide": 1,
            **({"illegible mark": 1} if has_marks else {}),
        }
    )


def _fit_words(page: FakePage) -> list[Word]:
    if page.image in (None, b"no image at all") or page.is_label_damaged:
        return []
    return [word for word in page.words or [] if word.text in TEXTS]


def _copied_words(pages: Sequence[FakePage]) -> list[Word]:
    images = [page.image for page in pages]
    return [
        word
        for number, page in enumerate(pages)
        if page.image is not None and page.image in images[:number]
        for word in _fit_words(page)
    ]


def _part(number: int) -> str:
    return "validation" if number % 4 == 3 else "training"


@dataclass(frozen=True)
class _Ink:
    text: str
    mask: NDArray[np.uint8]


@cache
def _pen() -> tuple[GlyphCache, Face]:
    return GlyphCache(), next(face for face in bundled_faces() if face.style == "gothic")


def _draw(text: str, size_px: int, rng: np.random.Generator) -> _Ink:
    glyphs, face = _pen()
    return _Ink(text, draw_line(glyphs, [(face, text)], Setting(size_px), rng).mask)


def _put(paper: NDArray[np.uint8], ink: NDArray[np.uint8], x: int, y: int) -> None:
    window = paper[y : y + ink.shape[0], x : x + ink.shape[1]]
    window[:] = cv2.subtract(window, (ink * 0.75).astype(np.uint8))


def _write_folders(files: Sequence[File], folder: Path) -> None:
    for file in files:
        path = folder / file.archive / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def _write_zips(files: Sequence[File], folder: Path, num_volumes: int, names: str) -> None:
    archives: dict[str, list[Raw]] = {}
    for file in files:
        if not file.archive:
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes(file.data)
            continue
        raw = Raw(file.path.encode(names), file.data, UTF8_FLAG if names == "utf-8" else 0)
        archives.setdefault(file.archive, []).append(raw)
    for archive, entries in archives.items():
        has_labels = entries[0].name.endswith(b".json")
        write_zip(folder / f"{archive}.zip", entries, 1 if has_labels else num_volumes)
