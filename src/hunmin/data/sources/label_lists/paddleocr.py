"""PaddleOCR's lists: path, tab, text; several images of one text as `["a.jpg", "b.jpg"]`; and PPOCRLabel's boxes.

The last are JSON behind the tab, `[{"transcription": "가", "points": [[x, y], …]}]`, four corners each.
"""

from collections.abc import Iterator
from typing import Any, Final

from hunmin.data.sources.attempts import read_each
from hunmin.data.sources.downloads.files import File, Files
from hunmin.data.sources.label_lists.files import ReadLine, Row, list_pages
from hunmin.data.sources.labels import box_region, finite_numbers, label_text, member, parse_json
from hunmin.data.sources.page import ILLEGIBLE_MARK, Corners, Page, Region
from hunmin.errors import InputError

MARKS: Final = ("###", "*")
"""Texts of boxes that nobody could read."""
_NUM_CORNERS: Final = 4


def read_paddleocr(files: Files) -> Iterator[Page]:
    """A page for every image of every line.

    Of what PPOCRLabel leaves in a folder, `Label.txt` counts: `fileState.txt` says which images are done, and
    `rec_gt.txt` names cut out copies of the same words.
    """
    labelled = {folder for folder, _, name in map(_parted, files.with_suffix("label.txt")) if name == "Label.txt"}

    def why_no_list(file: File) -> str:
        folder, _, name = _parted(file)
        if name == "fileState.txt":
            return "PPOCRLabel's fileState.txt"
        return "rec_gt.txt beside Label.txt" if name == "rec_gt.txt" and folder in labelled else ""

    return list_pages(files, (".txt",), _reader, "paddleocr", why_no_list)


def _parted(file: File) -> tuple[str, str, str]:
    return file.location.rpartition("/")


def _reader(list_file: File) -> ReadLine:
    return _read_line


def _read_line(line: str, where: str) -> Row:
    path, tab, text = line.partition("\t")
    if not tab:
        raise InputError(f"{where}: has no tab; write path, tab, text")
    if text.startswith("[{") and '"transcription"' in text:
        boxes = parse_json(text, where)
        return Row((path,), read_each(boxes, _region, f"{where}, boxes"))
    if text.strip() == "[]":  # PPOCRLabel's page without a box
        return Row((path,), ())
    images = (path,)
    if path.startswith('["'):
        names = parse_json(path, where)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"{where}: {path!r} should be a path or a JSON list of paths")
        images = tuple(names)
    return Row(images, (Region(text),))


def _region(box: Any, where: str) -> Region:
    text = label_text(box, "transcription", where)
    reason = ILLEGIBLE_MARK if text in MARKS or box.get("difficult") is True else ""
    return box_region(text, four_corners(member(box, "points", object, where)), drop_reason=reason)


def four_corners(points: Any) -> Corners | None:
    """Four [x, y] from the top left clockwise, as they are; None if they are not four or enclose nothing."""
    if not isinstance(points, list) or len(points) != _NUM_CORNERS:
        return None
    pairs = [finite_numbers(point, 2) for point in points]
    a, b, c, d = ((pair[0], pair[1]) if pair else None for pair in pairs)
    if a is None or b is None or c is None or d is None:
        return None
    twice_area = sum(p[0] * q[1] - q[0] * p[1] for p, q in ((a, b), (b, c), (c, d), (d, a)))
    return (a, b, c, d) if twice_area else None
