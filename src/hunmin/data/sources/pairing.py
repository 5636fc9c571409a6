"""Which label file belongs to which image, where both lie in trees and archives of their own.

Publishers keep labels and images apart, `[라벨]train.zip` beside `[원천]train.zip`, with the same folders inside. The key
is the file's stem. Where stems occur twice because numbering begins anew in every folder, the folders must agree, too:
those that say label or image, training or validation apart, one's folders must be the last ones of the other's. A pair
that stays doubtful is none: a label on the wrong image would poison whatever is trained on it.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.labels import read_json
from hunmin.data.sources.page import Page, Region, without_image
from hunmin.errors import InputError

TRAINING, VALIDATION = "training", "validation"
_PART = re.compile(r"(train|학습|^T[LS]\d*\b)|(valid|검증|^V[LS]\d*\b)", re.IGNORECASE)
_NEUTRAL = re.compile(
    r"라벨|원천|label|image|annotation|json|jpe?g|png|train|valid|학습|검증|^[TV][LS]\d*$|^(\d+\.)?데이터$|partly|sample",
    re.IGNORECASE,
)
_NONE, _AMBIGUOUS = -1, -2
_MOST_RIVALS: Final = 1_000


@dataclass(frozen=True)
class Labels:
    """What a label file says."""

    regions: tuple[Region, ...]
    group: str
    """See `Page.group`."""
    kind: str = ""
    """See `Page.kind`."""
    image_name: str = ""
    """The image's file name, asked for where no image has the label file's stem."""


def part_of(file: File) -> str:
    """`training` or `validation`, from the innermost folder or archive that says so; else empty."""
    return _part_of_folder(file.location.rpartition("/")[0])


def folders_of(file: File) -> tuple[str, ...]:
    """The folders of a file's path that sort its content, not those that say label or image, training or validation."""
    return _sorting_folders(file.path.rpartition("/")[0])


# Millions of files lie in thousands of folders.
@lru_cache(maxsize=1 << 16)
def _part_of_folder(path: str) -> str:
    for folder in reversed(path.split("/")):
        found = _PART.search(folder)
        if found:
            return TRAINING if found[1] else VALIDATION
    return ""


@lru_cache(maxsize=1 << 16)
def _sorting_folders(path: str) -> tuple[str, ...]:
    return tuple(folder for folder in path.split("/") if folder and not _NEUTRAL.search(folder))


def stem_of(name: str) -> str:
    """The name of a file without folders and suffix, NFC: labels that a Mac wrote name their images in NFD."""
    return unicodedata.normalize("NFC", PurePosixPath(name).stem)


def page_id(file: File) -> str:
    """Archive and path without suffix, which no other file of that suffix has."""
    return file.location.rpartition(".")[0]


def pair_pages(files: Files, read: Callable[[Any, File], Labels], source: str) -> Iterator[Page]:
    """A page for every label file (.json), then one for every image that no label file belongs to.

    A label file of which nothing can be read gives a page with one region, dropped for `unreadable label`.

    Args:
        files: what was given.
        read: what the content of a label file says; raises InputError where it differs from every known form.
        source: the importer's name, for messages.

    Raises:
        InputError: there are no label files or no images, or the first label files are all bad.
    """
    labels = list(files.with_suffix(".json"))
    images = list(files.with_suffix(*IMAGE_SUFFIXES))
    if not labels or not images:
        missing = "label files (.json)" if not labels else "images (.jpg, .png …)"
        raise InputError(
            f"{files.given}: this is no {source} data: it has no {missing}, only {files.contents()}; "
            "give the folder or the archives that hold both labels and images"
        )
    pairing = _Pairing(labels, images)

    def attempts() -> Iterator[Attempt]:
        for number, label in enumerate(labels):
            try:
                yield Attempt(_labelled_page(label, read(read_json(label), label), pairing, number))
            except InputError as error:
                yield Attempt(unreadable_page(page_id(label), error, pairing.image(number), part_of(label)), error)

    yield from after_a_good_one(attempts(), f"{files.given}: this is no {source} data, or of an unknown form")
    for image in pairing.unlabelled():
        yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _labelled_page(label: File, labels: Labels, pairing: "_Pairing", number: int) -> Page:
    image, regions = pairing.image(number), labels.regions
    if image is None and labels.image_name:
        image = pairing.claim(stem_of(labels.image_name), number)
    if image is None and pairing.is_ambiguous(number):
        regions = without_image(regions)
    return Page(page_id(label), image, regions, labels.group, labels.kind, part_of(label))


class _Pairing:
    """Label file number → image, found for all before the first is read."""

    def __init__(self, labels: list[File], images: list[File]) -> None:
        self._labels, self._images = labels, images
        self._by_stem: dict[str, list[int]] = {}
        for number, image in enumerate(images):
            self._by_stem.setdefault(stem_of(image.path), []).append(number)
        self._has_label = bytearray(len(images))
        self._image_of = array("q", [_NONE]) * len(labels)
        rivals: dict[str, list[int]] = {}
        for number, label in enumerate(labels):
            rivals.setdefault(stem_of(label.path), []).append(number)
        by_folder = any(map(self._numbering_restarts, self._by_stem.values(), [images] * len(self._by_stem)))
        by_folder = by_folder or any(map(self._numbering_restarts, rivals.values(), [labels] * len(rivals)))
        for stem, numbers in rivals.items():
            self._match(numbers, self._by_stem.get(stem, []), by_folder)

    def image(self, number: int) -> File | None:
        """The image of a label file."""
        found = self._image_of[number]
        return None if found < 0 else self._images[found]

    def is_ambiguous(self, number: int) -> bool:
        """Whether several images fit a label file."""
        return self._image_of[number] == _AMBIGUOUS

    def claim(self, stem: str, number: int) -> File | None:
        """The one image of that stem which no label file has so far, for label file `number`."""
        part = part_of(self._labels[number])
        free = [
            image
            for image in self._by_stem.get(stem, [])
            if not self._has_label[image] and _same_part(part, part_of(self._images[image]))
        ]
        if len(free) != 1:
            return None
        self._image_of[number] = free[0]
        self._has_label[free[0]] = True
        return self._images[free[0]]

    def unlabelled(self) -> Iterator[File]:
        """The images that no label file belongs to."""
        return (image for image, has_label in zip(self._images, self._has_label, strict=True) if not has_label)

    @staticmethod
    def _numbering_restarts(numbers: list[int], files: list[File]) -> bool:
        """Whether files of one stem are different files of one part, not copies."""
        if len(numbers) == 1:
            return False
        places = {(part_of(files[number]), *folders_of(files[number])) for number in numbers}
        return len(places) > len({place[0] for place in places})

    def _match(self, labels: list[int], images: list[int], by_folder: bool) -> None:
        """Pair the label files of one stem with the images of that stem."""
        by_place: dict[tuple[str, ...], list[int]] = {}
        by_last: dict[str, list[int]] = {}
        for image in images:
            folders = folders_of(self._images[image])
            by_place.setdefault((part_of(self._images[image]), *folders), []).append(image)
            by_last.setdefault(folders[-1] if folders else "", []).append(image)
        claims: dict[int, list[tuple[int, int]]] = {}
        for label in labels:
            folders = folders_of(self._labels[label])
            fitting = by_place.get((part_of(self._labels[label]), *folders))
            if fitting is None:
                near = by_last.get(folders[-1], []) + by_last.get("", []) if by_folder and folders else images
                # More than that only where every file of a large set has the same name.
                fitting = near if len(near) <= _MOST_RIVALS else []
            self._choose(label, fitting, by_folder, claims)
        for image, rivals in claims.items():
            self._has_label[image] = True
            best = max(score for score, _ in rivals)
            winners = [label for score, label in rivals if score == best]
            are_copies = len({folders_of(self._labels[label]) for label in winners}) == 1
            for score, label in rivals:
                if self._image_of[label] == image and (score < best or not are_copies):
                    self._image_of[label] = _NONE if score < best else _AMBIGUOUS

    def _choose(self, label: int, images: list[int], by_folder: bool, claims: dict[int, list[tuple[int, int]]]) -> None:
        """Claim the image that fits a label file best."""
        scores = {image: self._score(label, image, by_folder) for image in images}
        best = max(scores.values(), default=_NONE)
        if best == _NONE:
            return
        chosen = [image for image, score in scores.items() if score == best]
        if len({(self._images[image].num_bytes, *folders_of(self._images[image])) for image in chosen}) > 1:
            self._image_of[label] = _AMBIGUOUS
            for image in chosen:
                self._has_label[image] = True
            return
        for image in chosen:  # Copies of one file, if there are several.
            claims.setdefault(image, []).append((best, label))
        self._image_of[label] = chosen[0]

    def _score(self, label: int, image: int, by_folder: bool) -> int:
        """How many of the innermost folders agree; -1 if the two do not belong together."""
        label_file, image_file = self._labels[label], self._images[image]
        if not _same_part(part_of(label_file), part_of(image_file)):
            return _NONE
        mine, theirs = folders_of(label_file), folders_of(image_file)
        num_same = 0
        for one, other in zip(reversed(mine), reversed(theirs), strict=False):
            if one != other:
                break
            num_same += 1
        return _NONE if by_folder and num_same < min(len(mine), len(theirs)) else num_same


def _same_part(one: str, other: str) -> bool:
    return not one or not other or one == other
