"""docTR's labels for recognition: `labels.json`, an object of file name → text, beside a folder `images`."""

from collections.abc import Iterator
from typing import Final

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import IMAGE_SUFFIXES, File, Files
from hunmin.data.sources.labels import label_text, read_json
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import page_id, part_of
from hunmin.errors import InputError

FOLDERS: Final = ("images/", "")
"""Where a name counts from."""


def read_doctr(files: Files) -> Iterator[Page]:
    """A page for every entry, then one for every image without.

    Raises:
        InputError: there is no JSON file, or one is no such object.
    """
    lists = list(files.with_suffix(".json"))
    if not lists:
        raise InputError(f"{files.given}: this is no doctr data: it has no .json, only {files.contents()}")
    named: set[str] = set()
    for list_file in lists:
        yield from after_a_good_one(_attempts(files, list_file, named), f"{files.given}: this is no doctr data")
    for image in files.with_suffix(*IMAGE_SUFFIXES):
        if image.location not in named:
            yield Page(page_id(image), image, (), page_id(image), part=part_of(image))


def _attempts(files: Files, list_file: File, named: set[str]) -> Iterator[Attempt]:
    labels = read_json(list_file)
    if not isinstance(labels, dict):
        raise InputError(f"{list_file.name}: expected an object of file names and texts")
    for name in labels:
        where, id_ = f"{list_file.name}, {name!r}", f"{list_file.location}/{name}"
        try:
            text = label_text(labels, name, where)
        except InputError as error:
            yield Attempt(unreadable_page(id_, error, part=part_of(list_file)), error)
            continue
        image = next((found for folder in FOLDERS if (found := files.named_by(list_file, folder + name))), None)
        problem = None if image else InputError(f"{where}: there is no such image in images/ beside it")
        if image:
            named.add(image.location)
        yield Attempt(Page(id_, image, (Region(text),), "", part=part_of(image or list_file), key=name), problem)
