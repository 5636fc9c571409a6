"""JSON lines: an object with the path of an image and its text on every line."""

from collections.abc import Iterator
from typing import Final

from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages
from hunmin.data.sources.labels import group_text, label_text, member, optional_text, parse_json
from hunmin.data.sources.page import Page, Region

PATH_KEYS: Final = ("path", "image", "file_name", "image_path", "filename", "img_path")
TEXT_KEYS: Final = ("text", "label", "transcription", "ground_truth")


def read_jsonl(files: Files) -> Iterator[Page]:
    """A page for every line; the keys `kind` and `group` are optional."""
    return list_pages(files, (".jsonl", ".ndjson"), _reader, "jsonl")


def _reader(list_file: File) -> ReadLine:
    return read_record


def read_record(line: str, where: str) -> Row:
    """What a line says; `where` is what messages call it."""
    record = parse_json(line, where)
    path = member(record, PATH_KEYS, str, where)
    region = Region(label_text(record, TEXT_KEYS, where))
    return Row((path,), (region,), optional_text(record, "kind"), group_text(record, where))
