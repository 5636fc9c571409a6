"""Label Studio's JSON exports: boxes in percent of the image, turned about their top left corner, and transcriptions.

A box and its transcription are two results of one id. A transcription without a box is of the whole image.
"""

import math
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.json_stream import stream_elements
from hunmin.data.sources.label_lists.paddleocr import four_corners
from hunmin.data.sources.labels import box_region, finite_numbers, member, optional_text
from hunmin.data.sources.page import Corners, Page, Region, without_image
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError

_UPLOAD = re.compile(r"^(.*/)?upload/(\d+/)?[0-9a-f]{8}-")
"""What Label Studio puts before the name of a file that was uploaded."""


def read_label_studio(files: Files) -> Iterator[Page]:
    """A page for every task that somebody annotated; of several annotations the last that was not cancelled.

    Raises:
        InputError: there is no JSON file, or none that is such an export.
    """
    exports = list(files.with_suffix(".json"))
    if not exports:
        raise InputError(f"{files.given}: this is no label-studio data: it has no .json, only {files.contents()}")
    images = _Images(files, exports)
    for export in exports:
        hopeless = f"{files.given}: this is no label-studio data, or not its JSON export"
        yield from after_a_good_one(_attempts(export, images), hopeless)
    for image in images.unlabelled():
        yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _attempts(export: File, images: "_Images") -> Iterator[Attempt]:
    for number, task in enumerate(stream_elements(export)):
        where, name = f"{export.name}, task {number}", f"{page_id(export)}/{number}"
        try:
            path = _image_path(task, where)
            image, is_ambiguous = images.find(export, path)
            regions = _regions(task, where)
            if is_ambiguous:
                regions = without_image(regions)
            # The path as the export has it stays the same however the images lie here, and when more are added.
            yield Attempt(Page(name, image, regions, group=_UPLOAD.sub("", path)))
        except InputError as error:
            yield Attempt(unreadable_page(name, error), error)


def _image_path(task: Any, where: str) -> str:
    """The path in the task's data: of an upload, of local storage (`?d=…`), of a bucket or a web address."""
    data = member(task, "data", dict, where)
    for value in data.values():
        if not isinstance(value, str):
            continue
        try:
            address = urlsplit(value)
            path = parse_qs(address.query).get("d", [unquote(address.path)])[0]
        except ValueError:  # A text that stands beside the image, such as "//[1] memo".
            continue
        if path.lower().endswith(IMAGE_SUFFIXES):
            return unicodedata.normalize("NFC", path).replace("\\", "/").lstrip("/")
    raise InputError(
        f"{where}: expected an image's path in 'data', found the keys {', '.join(map(repr, data)) or 'none'}"
    )


_Fit: TypeAlias = tuple[bool, int, bool]
"""Whether the path is right from the export's folder, how many folders agree, whether it is right from a root."""


class _Images:
    """Path in a task → image, found for all tasks before the first is read.

    Of an upload nothing is left but the name, and a bucket's folders need not be those on the disk, so paths are
    compared from their end. An image that two paths fit equally well is given to neither.
    """

    def __init__(self, files: Files, exports: list[File]) -> None:
        self._files = files
        self._images = list(files.with_suffix(*IMAGE_SUFFIXES))
        self._by_end: dict[str, list[File]] = {}
        for image in self._images:
            for end in _ends(image.location):
                self._by_end.setdefault(end, []).append(image)
        self._claims: dict[str, tuple[_Fit, set[str]]] = {}
        for export in exports:
            # What is wrong with an export is said when its tasks are read.
            with suppress(InputError):
                for task in stream_elements(export):
                    with suppress(InputError):
                        self._claim(export, _image_path(task, export.name))

    def find(self, export: File, path: str) -> tuple[File | None, bool]:
        """The image that a task of an export calls `path`, and whether it is doubtful which one that is."""
        fit, images = self._fitting(export, path)
        if not images:
            return self._files.named_by(export, path), False
        best, paths = self._claims[images[0].location]
        is_ambiguous = len(images) > 1 or (fit == best and len(paths) > 1)
        return (None if is_ambiguous or fit < best else images[0]), is_ambiguous

    def unlabelled(self) -> Iterator[File]:
        """The images that no task names."""
        return (image for image in self._images if image.location not in self._claims)

    def _claim(self, export: File, path: str) -> None:
        fit, images = self._fitting(export, path)
        for image in images:
            best, paths = self._claims.get(image.location, (fit, set()))
            if fit >= best:
                self._claims[image.location] = fit, {path} | (paths if fit == best else set())

    def _fitting(self, export: File, path: str) -> tuple[_Fit, list[File]]:
        """The images that fit a path best, and how well they do."""
        for end in (*_ends(path), _UPLOAD.sub("", path)):
            images = self._by_end.get(end, [])
            if images:
                break
        own = os.path.normpath(os.path.join(os.path.dirname(export.location), path))  # noqa: PTH118, PTH120
        fits = [(image.location == own, end.count("/"), image.path == path) for image in images]
        best = max(fits, default=(False, 0, False))
        return best, [image for image, fit in zip(images, fits, strict=True) if fit == best]


def _ends(path: str) -> Iterator[str]:
    """`a/b/c`, `b/c`, `c`."""
    parts = path.split("/")
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _regions(task: Any, where: str) -> tuple[Region, ...]:
    """The texts of a task; a result that cannot be read is dropped for `unreadable label`.

    Raises:
        InputError: the task is of another form, or none of its results can be read.
    """
    annotations = member(task, ("annotations", "completions"), list, where)
    done = [one for one in annotations if isinstance(one, dict) and not one.get("was_cancelled")]
    if not done:
        return ()
    shapes: dict[str, Corners | None] = {}
    texts: dict[str, str | None] = {}
    errors: dict[str, InputError] = {}
    for place, result in enumerate(member(done[-1], "result", list, where)):
        kind, key = optional_text(result, "type"), optional_text(result, "id") or str(place)
        if kind == "relation":  # An arrow from one box to another has no value.
            continue
        here = f"{where}, result {place}"
        try:
            value = member(result, "value", dict, here)
            # What a value has beside its answer says where it stands: a box, an ellipse, a brush.
            if value.keys() - {"text", kind}:
                shapes[key] = _corners(result, value)
            if "text" in value:
                texts[key] = _joined(value["text"], here)
        except InputError as error:
            errors.setdefault(key, error)
    if errors and not (shapes.keys() | texts.keys()) - errors.keys():
        raise next(iter(errors.values()))
    for key in errors:
        shapes.pop(key, None)
        texts.pop(key, None)
    boxes = [box_region(texts.pop(key, None), corners) for key, corners in shapes.items()]
    return (*boxes, *map(Region, texts.values()), *map(unreadable, errors.values()))


def _joined(text: Any, where: str) -> str | None:
    lines = text if isinstance(text, list) else [text]
    if all(isinstance(line, str) for line in lines):
        return " ".join(lines) if lines else None
    if text is None:
        return None
    raise InputError(f"{where}: key 'text' should be a text or a list of texts")


def _corners(result: dict[str, Any], value: dict[str, Any]) -> Corners | None:
    """Percent to pixels; None if the shape is malformed, or none of four corners."""
    size = finite_numbers([result.get("original_width"), result.get("original_height")], 2)
    if size is None or min(size) <= 0:
        return None
    if "points" in value:
        points = value["points"]
        pairs = [finite_numbers(point, 2) for point in points] if isinstance(points, list) else []
        # A broken point stays, so that no other polygon comes of it.
        corners = four_corners([pair and [pair[0] * size[0] / 100, pair[1] * size[1] / 100] for pair in pairs])
        return corners and _from_top_left(corners)
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


def _from_top_left(corners: Corners) -> Corners:
    """The corners of a polygon, which may be begun at any of them and drawn either way round, in the order of a box.

    The top edge is the one that runs most from left to right.
    """
    a, b, c, d = corners
    # Twice the area, above 0 if they run clockwise: the product of the diagonals.
    if (c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0]) < 0:
        b, d = d, b

    def slope(box: Corners) -> float:
        top_left, top_right, bottom_right, bottom_left = box
        right = top_right[0] - top_left[0] + bottom_right[0] - bottom_left[0]
        return abs(math.atan2(top_right[1] - top_left[1] + bottom_right[1] - bottom_left[1], right))

    return min(((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c)), key=slope)
