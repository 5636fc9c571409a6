"""AI Hub 023, OCR 데이터(공공): a nested JSON for every page, with the four x and the four y of every box."""

from collections.abc import Iterator
from typing import Any

from hunmin.data.sources.attempts import read_each
from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.labels import box_region, finite_numbers, label_text, member, optional_text, upright
from hunmin.data.sources.page import Corners, Page, Region
from hunmin.data.sources.pairing import Labels, pair_pages, stem_of


def read_large_public(files: Files) -> Iterator[Page]:
    """The pages; the kind is the code of the writing style, the group the page."""
    return pair_pages(files, _read, "aihub-023")


def _read(content: Any, file: File) -> Labels:
    image = member(content, ("Images", "images"), dict, file.name)
    identifier = optional_text(image, ("identifier", "id")) or stem_of(file.path)
    style = optional_text(image, "writing_style")
    regions = read_each(member(content, ("Bbox", "bbox"), list, file.name), _region, f"{file.name}, Bbox")
    image_name = f"{identifier}.{optional_text(image, 'type') or 'jpg'}"
    return Labels(regions, identifier, f"style {style}" if style else "", image_name)


def _region(box: Any, where: str) -> Region:
    text = label_text(box, "data", where)
    xs, ys = (member(box, key, object, where) for key in ("x", "y"))
    return box_region(text, _corners(xs, ys))


def _corners(xs: Any, ys: Any) -> Corners | None:
    """The upright box around four points, in whatever order they are."""
    numbers = [finite_numbers(values, 4) for values in (xs, ys)]
    if numbers[0] is None or numbers[1] is None:
        return None
    return upright(min(numbers[0]), min(numbers[1]), max(numbers[0]), max(numbers[1]))
