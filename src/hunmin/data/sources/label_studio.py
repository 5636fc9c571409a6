"""Label Studio's JSON exports: boxes in percent of the image, turned about their top left corner, and transcriptions.

A box and its transcription are two results of one id. A transcription without a box is of the whole image.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.json_stream import stream_elements
from hunmin.data.sources.labels import box_region, finite_numbers, member
from hunmin.data.sources.paddleocr import four_corners
from hunmin.data.sources.page import Corners, Page, Region
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError

_UPLOAD_HASH = re.compile(r"^[0-9a-f]{8}-")
_SHAPES: Final = ("rectangle", "rectanglelabels", "polygon", "polygonlabels")


def read_label_studio(files: Files) -> Iterator[Page]:
    """A page for every task that somebody annotated; of several annotations the last that was not cancelled.

    Raises:
        InputError: there is no JSON file, or none that is such an export.
    """
    exports = list(files.with_suffix(".json"))
    if not exports:
        raise InputError(f"{files.given}: this is no label-studio data: it has no .json, only {files.contents()}")
    images = {image.path.rpartition("/")[2]: image for image in files.with_suffix(*IMAGE_SUFFIXES)}
    used: set[str] = set()
    for export in exports:
        attempts = _attempts(files, export, images, used)
        yield from after_a_good_one(attempts, f"{files.given}: this is no label-studio data, or not its JSON export")
    for image in files.with_suffix(*IMAGE_SUFFIXES):
        if image.location not in used:
            yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _attempts(files: Files, export: File, images: dict[str, File], used: set[str]) -> Iterator[Attempt]:
    for number, task in enumerate(stream_elements(export)):
        where, name = f"{export.name}, task {number}", f"{page_id(export)}/{number}"
        try:
            path = _image_path(task, where)
            image = _find(files, export, path, images)
            if image is not None:
                used.add(image.location)
            yield Attempt(Page(name, image, tuple(_regions(task, where)), image.location if image else name))
        except InputError as error:
            yield Attempt(unreadable_page(name, error), error)


def _image_path(task: Any, where: str) -> str:
    """The path in the task's data: of an upload, of local storage (`?d=…`), of a bucket or a web address."""
    data = member(task, "data", dict, where)
    for value in data.values():
        if isinstance(value, str):
            address = urlsplit(value)
            path = parse_qs(address.query).get("d", [unquote(address.path)])[0]
            if path.lower().endswith(IMAGE_SUFFIXES):
                return path
    raise InputError(
        f"{where}: expected an image's path in 'data', found the keys {', '.join(map(repr, data)) or 'none'}"
    )


def _find(files: Files, export: File, path: str, images: dict[str, File]) -> File | None:
    """The image at `path`, else of that name; an upload got eight digits before the name that the user knows."""
    name = path.rpartition("/")[2]
    return files.named_by(export, path.lstrip("/")) or images.get(name) or images.get(_UPLOAD_HASH.sub("", name))


def _regions(task: Any, where: str) -> Iterator[Region]:
    annotations = member(task, ("annotations", "completions"), list, where)
    done = [one for one in annotations if isinstance(one, dict) and not one.get("was_cancelled")]
    if not done:
        return
    shapes: dict[str, Corners | None] = {}
    texts: dict[str, str | None] = {}
    for place, result in enumerate(member(done[-1], "result", list, where)):
        here = f"{where}, result {place}"
        value = member(result, "value", dict, here)
        key = str(result.get("id", place))
        if result.get("type") in _SHAPES or "points" in value or "width" in value:
            shapes[key] = _corners(result, value)
        if "text" in value:
            texts[key] = _joined(value["text"], here)
    for key, corners in shapes.items():
        yield box_region(texts.pop(key, None), corners)
    for text in texts.values():
        yield Region(text)


def _joined(text: Any, where: str) -> str | None:
    lines = text if isinstance(text, list) else [text]
    if all(isinstance(line, str) for line in lines):
        return " ".join(lines) if lines else None
    if text is None:
        return None
    raise InputError(f"{where}: key 'text' should be a text or a list of texts")


def _corners(result: dict[str, Any], value: dict[str, Any]) -> Corners | None:
    """Percent to pixels; None if the box is malformed."""
    size = finite_numbers([result.get("original_width"), result.get("original_height")], 2)
    if size is None or min(size) <= 0:
        return None
    if "points" in value:
        points = value["points"]
        pairs = [finite_numbers(point, 2) for point in points] if isinstance(points, list) else []
        return four_corners([[p[0] * size[0] / 100, p[1] * size[1] / 100] for p in pairs if p])
    numbers = finite_numbers(
        [value.get(key, 0 if key == "rotation" else None) for key in ("x", "y", "width", "height", "rotation")], 5
    )
    if numbers is None or min(numbers[2:4]) <= 0:
        return None
    x, width = (number * size[0] / 100 for number in (numbers[0], numbers[2]))
    y, height = (number * size[1] / 100 for number in (numbers[1], numbers[3]))
    cos, sin = math.cos(math.radians(numbers[4])), math.sin(math.radians(numbers[4]))

    def turned(right: float, down: float) -> tuple[float, float]:
        return x + right * cos - down * sin, y + right * sin + down * cos

    return turned(0, 0), turned(width, 0), turned(width, height), turned(0, height)
