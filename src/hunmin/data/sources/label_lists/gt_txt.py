"""Pairs of an image and a text file, `1.png` and `1.gt.txt`, as tesstrain, Kraken and Calamari take them."""

from collections.abc import Iterator
from typing import Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.labels import MAX_LABEL_BYTES, decode_text
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError

ENDING: Final = ".gt.txt"
STEPS: Final = ("", ".bin", ".nrm", ".dew")
"""What may stand before an image's suffix: tools keep the binarised, the normalised and the dewarped line beside the first."""


def read_gt_txt(files: Files) -> Iterator[Page]:
    """A page for every text file, then one for every image without.

    Raises:
        InputError: there is no such text file, or of the first ones none can be read or has an image.
    """
    texts = list(files.with_suffix(ENDING))
    if not texts:
        raise InputError(f"{files.given}: this is no gt-txt data: it has no {ENDING}, only {files.contents()}")
    images = {_in_small_letters(image.location): image for image in files.with_suffix(*IMAGE_SUFFIXES)}
    taken: set[str] = set()

    def attempts() -> Iterator[Attempt]:
        for text in texts:
            stem, key = text.location[: -len(ENDING)], text.path[: -len(ENDING)]
            # The last image of the steps would be another line's, so the first that is there counts.
            beside = [f"{stem}{step}{suffix}" for step in STEPS for suffix in IMAGE_SUFFIXES]
            found = [images[name] for name in beside if name in images]
            taken.update(image.location for image in found)
            problem = (
                None if found else InputError(f"{text.name}: there is no image {stem}.png (or .tif, .jpg …) beside it")
            )
            try:
                label = _one_line(text)
            except InputError as error:
                yield Attempt(unreadable_page(stem, error, part=part_of(text)), error)
                continue
            yield Attempt(
                Page(stem, found[0] if found else None, (Region(label),), "", part=part_of(text), key=key), problem
            )

    yield from after_a_good_one(attempts(), f"{files.given}: this is no gt-txt data")
    for image in images.values():
        if image.location not in taken:
            yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _in_small_letters(location: str) -> str:
    """A place whose suffix is in small letters, as scanners do not always write it."""
    stem, dot, suffix = location.rpartition(".")
    return f"{stem}{dot}{suffix.lower()}"


def _one_line(file: File) -> str:
    """The text, which may end in a line end.

    Raises:
        InputError: it cannot be read, or has several lines: its image then shows more than one.
    """
    lines = decode_text(file.read(MAX_LABEL_BYTES), file.name).strip("\r\n").splitlines()
    if len(lines) > 1:
        raise InputError(f"{file.name}: has {len(lines)} lines; an image of one line has one line of text")
    return lines[0] if lines else ""
