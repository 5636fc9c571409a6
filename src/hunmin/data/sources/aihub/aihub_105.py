"""AI Hub 105, 야외 실제 촬영 한글 이미지: a JSON for every photograph of a sign or a book cover, in the tree of 2021 or 2023."""

import dataclasses
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from hunmin.data.sources.attempts import read_each
from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.labels import (
    box_region,
    corners_of_size,
    label_text,
    looks_vertical,
    member,
    optional_text,
)
from hunmin.data.sources.page import ILLEGIBLE_MARK, Page, Region
from hunmin.data.sources.pairing import Labels, folders_of, pair_pages, stem_of

MARK: Final = "xxx"
"""The text of what the annotators could not read."""
_NUMBERING = re.compile(r"^\d+\.\s*|\d+$")


def read_outdoor_photographs(files: Files) -> Iterator[Page]:
    """The photographs; the kind is the folder, such as `가로형간판`, the group the photograph."""
    return pair_pages(files, _read, "aihub-105")


def _read(content: Any, file: File) -> Labels:
    images = member(content, "images", list, file.name)
    metadata = content.get("metadata")
    first = metadata[0] if isinstance(metadata, list) and metadata else metadata
    is_vertical = optional_text(first, "wordorientation") == "세로"
    annotations = member(content, "annotations", list, file.name)
    regions = read_each(annotations, partial(_region, is_vertical), f"{file.name}, annotations")
    image_name = optional_text(images[0], "file_name") if images else ""
    return Labels(regions, stem_of(file.path), _kind(file), image_name)


def _region(is_vertical: bool, annotation: Any, where: str) -> Region:
    text = label_text(annotation, "text", where)
    is_marked = text is not None and text.strip().lower() == MARK
    box = member(annotation, "bbox", object, where)
    region = box_region(text, corners_of_size(box), drop_reason=ILLEGIBLE_MARK if is_marked else "")
    if region.corners is None:
        return region
    return dataclasses.replace(region, vertical=looks_vertical(text, region.corners, said=is_vertical))


def _kind(file: File) -> str:
    """The second folder without its numbering: `1.간판/1.가로형간판/가로형간판1` and `1.간판/가로형간판` are `가로형간판`."""
    folders = [folder for folder in folders_of(file) if not folder.startswith("030.")]
    return _NUMBERING.sub("", folders[1] if len(folders) > 1 else "".join(folders))
