"""AI Hub 91, 다양한 형태의 한글 문자 OCR: crops of one character or word, and sheets with a box for every word.

Boxes are corners here, [x0, y0, x1, y1].
"""

import re
from collections.abc import Iterator
from typing import Any

from hunmin.data.sources.attempts import read_each
from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.labels import box_region, corners_of_edges, label_text, member, optional_text
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import Labels, pair_pages, stem_of
from hunmin.errors import InputError

_WRITING = re.compile("필기체|인쇄체")
_UNIT = re.compile("글자|단어|문장")
_SERIAL = re.compile(r"(\d{8})\d{3}")


def read_various_forms(files: Files) -> Iterator[Page]:
    """The crops and sheets; the kind is such as `필기체 단어`.

    The last three of a name's eleven digits count within a run, so the eight before them are the group: it may hold more
    than one writer, but no run is parted.
    """
    return pair_pages(files, _read, "aihub-91")


def _read(content: Any, file: File) -> Labels:
    image = member(content, "image", dict, file.name)
    text = member(content, "text", dict, file.name)
    found = [pattern.search(file.location) for pattern in (_WRITING, _UNIT)]
    kind = " ".join(match[0] for match in found if match)
    stem = stem_of(file.path)
    serial = _SERIAL.fullmatch(stem)
    image_name = optional_text(image, "file_name")
    return Labels(_regions(text, file.name), serial[1] if serial else stem, kind, image_name)


def _regions(text: dict[str, Any], where: str) -> tuple[Region, ...]:
    if "word" not in text:
        if "letter" not in text:
            found = ", ".join(repr(key) for key in text) or "none"
            raise InputError(f"{where}, text: expected key 'word' or 'letter', found {found}")
        letters = text["letter"] if isinstance(text["letter"], list) else [text["letter"]]
        return (_whole_image(letters, f"{where}, text.letter"),)
    words = member(text, "word", list, f"{where}, text")
    if words and all(isinstance(word, dict) and "wordbox" not in word and "charbox" in word for word in words):
        return (_whole_image(words, f"{where}, text.word"),)
    return read_each(words, _word, f"{where}, text.word")


def _word(word: Any, where: str) -> Region:
    box = member(word, "wordbox", object, where)
    return box_region(label_text(word, "value", where), corners_of_edges(box))


def _whole_image(characters: list[Any], where: str) -> Region:
    """The image is the crop, and its characters are the label; a null among them leaves no label."""
    values = [label_text(character, "value", f"{where}[{number}]") for number, character in enumerate(characters)]
    return Region(None if None in values or not values else "".join(value or "" for value in values))
