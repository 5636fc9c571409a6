"""AI Hub 81, 한국어 글자체 이미지: four parts with one JSON of up to hundreds of megabytes each, read as a stream.

Handwriting and print are crops: an annotation is a page with one region. `Text in the wild` are photographs with boxes for
words and once more for their characters.
"""

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.json_stream import stream_array
from hunmin.data.sources.labels import box_region, corners_of_size, finite_numbers, label_text, member, optional_text
from hunmin.data.sources.page import ILLEGIBLE_MARK, SINGLE_CHARACTER, Page, Region, without_image
from hunmin.data.sources.pairing import page_id, stem_of
from hunmin.errors import InputError

_BOX = struct.Struct("<4d")
_AUGMENTED, _WILD = "인쇄체 증강", "Text in the wild"
# In this order: the augmented print is print, too.
_PARTS: Final = {
    _AUGMENTED: re.compile("증강|aug", re.IGNORECASE),
    "손글씨": re.compile("손글씨|handwrit", re.IGNORECASE),
    "인쇄체": re.compile("인쇄체|printed", re.IGNORECASE),
    _WILD: re.compile("wild", re.IGNORECASE),
}
_CLASS_REASONS: Final = {"character": SINGLE_CHARACTER, "ignored": ILLEGIBLE_MARK}
_NAMED_TWICE: Final = ("", "")


def read_typefaces(files: Files) -> Iterator[Page]:
    """The crops and photographs of every part whose label file is there, then the images that none names.

    The kind is part and unit, such as `손글씨 단어(어절)`, or the photograph's type. The group is the image; of handwriting,
    where nobody names the writer, it is everyone of one gender, age and job.

    Raises:
        InputError: there are no label files or no images; a label file is no JSON, or of an unknown form.
    """
    labels = _label_files(files)
    images = list(files.with_suffix(*IMAGE_SUFFIXES))
    if not labels or not images:
        missing = "label files (*_data_info*.json)" if not labels else "images (.png, .jpg)"
        raise InputError(
            f"{files.given}: this is no aihub-81 data: it has no {missing}, only {files.contents()}; "
            "give the folder or the archives that hold both labels and images"
        )
    found = _Images(images)
    for label in labels:
        hopeless = f"{files.given}: this is no aihub-81 data, or of an unknown form"
        yield from after_a_good_one(_annotated(label, found), hopeless)
    for image in found.unlabelled():
        yield Page(page_id(image), image, (), page_id(image), kind=_part_of(image))


def _label_files(files: Files) -> list[File]:
    """All JSON files, but of a folder's handwriting only the cleaned one where both are there."""
    labels = list(files.with_suffix(".json"))
    cleaned = {label.location.rpartition("/")[0] for label in labels if label.path.endswith("_clean.json")}
    kept = []
    for label in labels:
        folder, _, name = label.location.rpartition("/")
        if name == "handwriting_data_info1.json" and folder in cleaned:
            files.skipped["label file with a cleaned version"] += 1
        else:
            kept.append(label)
    return kept


def _part_of(file: File) -> str:
    return next((part for part, pattern in _PARTS.items() if pattern.search(file.location)), "")


class _Images:
    """Images by part and stem: the numbers begin anew in every part."""

    def __init__(self, images: list[File]) -> None:
        self._images = images
        self._is_used = bytearray(len(images))
        self._by_stem: dict[str, dict[str, int]] = {}
        self._more: dict[tuple[str, int], list[int]] = {}
        for number, image in enumerate(images):
            of_part = self._by_stem.setdefault(_part_of(image), {})
            first = of_part.setdefault(stem_of(image.path), number)
            if first != number:
                self._more.setdefault((_part_of(image), first), []).append(number)

    def find(self, part: str, name: str) -> tuple[File | None, bool]:
        """The image of that name, and whether there are several that differ."""
        for own in (part, ""):
            first = self._by_stem.get(own, {}).get(stem_of(name))
            if first is None:
                continue
            others = self._more.get((own, first), [])
            for number in (first, *others):
                self._is_used[number] = True
            image = self._images[first]
            is_ambiguous = any(self._images[number].num_bytes != image.num_bytes for number in others)
            return (None if is_ambiguous else image), is_ambiguous
        return None, False

    def unlabelled(self) -> Iterator[File]:
        return (image for image, is_used in zip(self._images, self._is_used, strict=True) if not is_used)


def _annotated(label: File, images: _Images) -> Iterator[Attempt]:
    """Crops as they come; photographs in the end, for their annotations may stand anywhere in the file."""
    part = _part_of(label)
    names = _names(label)
    photographs: dict[str, list[bytes | Region]] = {}
    for number, annotation in enumerate(stream_array(label, "annotations")):
        where = f"{label.name}, annotations[{number}]"
        try:
            text = label_text(annotation, "text", where)
            image_id = str(member(annotation, "image_id", object, where))
            attributes = annotation.get("attributes") or {}
            if "bbox" in annotation:
                packed = _pack(text, annotation["bbox"], optional_text(attributes, "class"))
                photographs.setdefault(image_id, []).append(packed)
            else:
                name, _ = names.get(image_id, (image_id, ""))
                page = _page(
                    f"{page_id(label)}/{image_id}/{number}",
                    (Region(text),),
                    images.find(part, name),
                    f"{part}/{image_id}",
                )
                yield Attempt(_described(page, part, attributes))
        except InputError as error:
            yield Attempt(unreadable_page(f"{page_id(label)}/{number}", error), error)
    for image_id, packed_regions in photographs.items():
        regions = tuple(_unpack(packed) for packed in packed_regions)
        name, kind = names.get(image_id, (image_id, ""))
        found = (None, True) if not name else images.find(part, name)
        page = _page(f"{page_id(label)}/{image_id}", regions, found, f"{part}/{image_id}")
        yield Attempt(Page(page.id, page.image, page.regions, page.group, kind or part))


def _names(label: File) -> dict[str, tuple[str, str]]:
    """Image id → file name and type, of the images whose file is not named after the id or that have a type."""
    names: dict[str, tuple[str, str]] = {}
    for number, image in enumerate(stream_array(label, "images")):
        where = f"{label.name}, images[{number}]"
        image_id, name = str(member(image, "id", object, where)), member(image, "file_name", str, where)
        kind = optional_text(image, "type")
        if stem_of(name) != image_id or kind:
            is_new = names.setdefault(image_id, (name, kind)) == (name, kind)
            if not is_new:
                names[image_id] = _NAMED_TWICE
    return names


def _page(name: str, regions: tuple[Region, ...], found: tuple[File | None, bool], group: str) -> Page:
    image, is_ambiguous = found
    return Page(name, image, without_image(regions) if is_ambiguous else regions, group)


def _described(page: Page, part: str, attributes: Any) -> Page:
    kind = f"{part} {optional_text(attributes, 'type')}".strip()
    person = "/".join(optional_text(attributes, key) for key in ("gender", "age", "job"))
    return Page(page.id, page.image, page.regions, person if person.strip("/") else page.group, kind)


def _pack(text: str | None, box: Any, kind: str) -> bytes | Region:
    """A region in a tenth of the memory, for a million of them wait for their photographs."""
    numbers = finite_numbers(box, 4)
    reason = _CLASS_REASONS.get(kind, "")
    if reason:
        return _dropped(text, reason)
    if text is None or numbers is None:
        return box_region(text, corners_of_size(box))
    return _BOX.pack(*numbers) + text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1 << 14)  # The same few thousand characters, over and over.
def _dropped(text: str | None, reason: str) -> Region:
    return Region(text, None, reason)


def _unpack(packed: bytes | Region) -> Region:
    if isinstance(packed, Region):
        return packed
    text = packed[_BOX.size :].decode("utf-8", "surrogatepass")
    return box_region(text, corners_of_size(list(_BOX.unpack_from(packed))))
