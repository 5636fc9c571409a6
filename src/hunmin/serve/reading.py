"""What is done with an upload: a document read and written in a format, crops read, a page drawn as a picture."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.document import Document
from hunmin.documents.page import DocumentPage
from hunmin.documents.reader import Reader
from hunmin.documents.source.open_source import open_source, page_picture
from hunmin.documents.source.page_numbers import page_numbers
from hunmin.documents.source.pdf import DEFAULT_DPI
from hunmin.documents.writers.json_file import JSON
from hunmin.documents.writers.save import PDF, SUFFIXES, TEXT_FORMATS
from hunmin.errors import ImageError, InputError
from hunmin.files import new_file
from hunmin.recognize.characters import characters_to_dicts
from hunmin.recognize.line_image import LineImage, load_line
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.serve.requests.problems import RefusedError, of_error
from hunmin.serve.requests.uploads import Upload
from hunmin.serve.work import Stop
from hunmin.text.printable import json_text

MOST_PICTURE_PX: Final = 2400
"""The longer side of a page that is drawn; larger ones are made smaller."""
JPEG_QUALITY: Final = 85
_LARGE_IMAGES: Final = threading.BoundedSemaphore(4)
"""A crop may have 16 megapixels before it is scaled; so many are decoded at one time."""
_JSON_WITH_CHARACTERS: Final = replace(JSON, page=lambda page: json_text(page.to_dict(characters=True)))


@dataclass(frozen=True)
class ReadOptions:
    """How a document is to be read."""

    format: str = "json"
    """One of `SUFFIXES`."""
    pages: str | None = None
    """Such as `1-3,7,20-`; None = all."""
    dpi: float = DEFAULT_DPI
    """Pixels an inch at which PDFs are rendered."""
    force: bool = False
    """Whether pages of a PDF are read that have sound text already."""
    characters: bool = False
    """Whether JSON has each character with its alternatives and its place."""
    password: str | None = None
    """Of an encrypted PDF."""


def read_document(
    reader: Reader,
    upload: Upload,
    options: ReadOptions,
    *,
    max_pages: int,
    stop: Stop,
    on_page: Callable[[DocumentPage], None],
) -> Path:
    """Read a document, and write what it says beside it.

    Args:
        reader: reads its pages.
        upload: the document.
        options: how.
        max_pages: more are refused.
        stop: is looked at before each page.
        on_page: told every page that was read.

    Returns:
        The file, in the format that was asked for.

    Raises:
        RefusedError: what `Reader.read_document` refuses, or more pages than `max_pages`.
    """
    try:
        document = reader.read_document(
            upload.path, pages=options.pages, dpi=options.dpi, password=options.password, force=options.force
        )
        if len(document) > max_pages:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_many_pages",
                f"{upload.name}: {len(document):,} pages are asked for, and at most {max_pages} are read at once; "
                f"ask for pages=1-{max_pages} first",
            )
        kind = TEXT_FORMATS.get(options.format)
        if kind and kind.has_page_a_file and len(document) > 1:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "one_page",
                f"{options.format} holds one page, and {len(document):,} are asked for; ask for them in turn with pages=1 …",
            )
        target = upload.path.with_name(f"read{SUFFIXES[options.format]}")
        return _write(_watched(document, upload, options.format, stop, on_page), options, target)
    except InputError as error:
        raise of_error(error, upload.named) from error


def _watched(
    document: Document, upload: Upload, kind: str, stop: Stop, on_page: Callable[[DocumentPage], None]
) -> Document:
    """The document under the name that its sender gave it, with a look at `stop` before each page."""

    def pages() -> Iterator[DocumentPage]:
        stop.check()
        with closing(iter(document)) as read:  # type: ignore[type-var] # a generator
            for page in read:
                on_page(page)
                error = page.error and ImageError(page.error.code, upload.named(str(page.error)))
                yield replace(page, path=upload.name, error=error)
                stop.check()

    # A searchable PDF holds the pages of its original, so it needs the file; the others only name it.
    source = document.source if kind == PDF else replace(document.source, path=Path(upload.name))
    return Document(source, document.page_numbers, pages)


def _write(document: Document, options: ReadOptions, target: Path) -> Path:
    if options.format == "json" and options.characters:
        with new_file(target) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(document.chunks(_JSON_WITH_CHARACTERS))
    else:
        document.save(target)
    return target


def read_crops(recognizer: Recognizer, uploads: Sequence[Upload], stop: Stop) -> list[Reading | RefusedError]:
    """Read crops of one line each: of each what it says, or why it cannot be read."""
    results: list[Reading | RefusedError | None] = []
    lines: list[LineImage] = []
    for upload in uploads:
        stop.check()
        try:
            with _LARGE_IMAGES:
                lines.append(load_line(upload.path, recognizer.spec, where=upload.name))
            results.append(None)
        except ImageError as error:
            results.append(of_error(error, upload.named))
    readings = iter(recognizer.read_lines(lines))
    return [result or next(readings) for result in results]


def reading_values(reading: Reading, *, characters: bool) -> dict[str, Any]:
    """A reading as JSON has it, with its characters or without."""
    return {
        "text": reading.text,
        "confidence": round(reading.confidence, 4),
        "mean_token_prob": round(reading.mean_token_prob, 4),
        "truncated": reading.truncated,
        **({"characters": characters_to_dicts(reading.characters)} if characters else {}),
    }


def draw_page(upload: Upload, number: int, password: str | None) -> bytes:
    """A page as it was read, as a JPEG of at most `MOST_PICTURE_PX` a side.

    Raises:
        RefusedError: there is no such page, or it cannot be drawn.
    """
    try:
        source = open_source(upload.path, password)
        (number,) = page_numbers([number], source.num_pages, upload.name)
        return jpeg(page_picture(source, number), MOST_PICTURE_PX)
    except InputError as error:
        raise of_error(error, upload.named) from error


def jpeg(pixels: NDArray[np.uint8], most_px: int) -> bytes:
    """(H, W, 3) RGB as a JPEG whose longer side has at most `most_px`."""
    height, width = pixels.shape[:2]
    scale = min(1.0, most_px / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded[1].tobytes()
