"""AI Hub 88, 공공행정문서 OCR: a JSON for every scanned page, a box for every word.

Ids have gaps and occur twice, and the order is not the reading order, so neither is used.
"""

from collections.abc import Iterator
from typing import Any

from hunmin.data.sources.attempts import read_each
from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.labels import box_region, corners_of_size, label_text, member, optional_text
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import Labels, pair_pages, stem_of


def read_public_documents(files: Files) -> Iterator[Page]:
    """The pages; the kind is the category, such as `인.허가`, the group a document of an office and a year."""
    return pair_pages(files, _read, "aihub-88")


def _read(content: Any, file: File) -> Labels:
    images = member(content, "images", list, file.name)
    image = images[0] if images else {}
    annotations = member(content, "annotations", list, file.name)
    regions = read_each(annotations, _region, f"{file.name}, annotations")
    # <office>-<year>-<document>-<page>
    document = stem_of(file.path).rpartition("-")[0] or stem_of(file.path)
    image_name = optional_text(image, ("image.file.name", "file_name"))
    return Labels(regions, document, optional_text(image, "image.category"), image_name)


def _region(annotation: Any, where: str) -> Region:
    box = member(annotation, ("annotation.bbox", "annotation.box"), object, where)
    return box_region(label_text(annotation, "annotation.text", where), corners_of_size(box))
