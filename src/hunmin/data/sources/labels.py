"""Label files: JSON that says what is wrong with it, boxes that say what they are."""

import json
import math
from typing import Any, Final, TypeVar

from hunmin.data.sources.downloads.files import File
from hunmin.data.sources.page import MALFORMED_BOX, Corners, Region
from hunmin.errors import InputError

MAX_LABEL_BYTES: Final = 64 << 20
"""The largest label file of one page that is read; real ones have up to a few hundred KB."""

_Kind = TypeVar("_Kind")
_KIND_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a number"}
_CORNERS: Final = 4
# A line of Korean is wider than high from two syllables on; higher than this, it runs downwards.
_VERTICAL_RATIO: Final = 1.5
_FIRST_WIDE: Final = "\u1100"


def read_json(file: File) -> Any:
    """What a small JSON file holds. It is UTF-8, with or without a byte order mark, or CP949.

    Raises:
        InputError: it cannot be read, is too large, or is no JSON; the message has line and column.
    """
    return parse_json(decode_text(file.read(MAX_LABEL_BYTES), file.name), file.name)


def decode_text(content: bytes, where: str) -> str:
    """The text of a file in UTF-8, with or without a byte order mark, or in CP949.

    Raises:
        InputError: it is in neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return content.decode("cp949")
        except UnicodeDecodeError:
            byte = content[error.start]
            raise InputError(
                f"{where}: byte {error.start:,} is 0x{byte:02x}, neither UTF-8 nor CP949 text; save it as UTF-8"
            ) from error


def parse_json(text: str, where: str) -> Any:
    """`text` as JSON.

    Raises:
        InputError: it is none; the message has `where`, line and column.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # Some of the parser's messages end with "at" already.
        problem = f"{error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
        raise InputError(f"{where}: is no JSON ({problem}); download or export it again") from error
    except (ValueError, RecursionError) as error:  # A number of thousands of digits; brackets by the thousand.
        raise InputError(f"{where}: is no JSON that can be read ({error}); download or export it again") from error


def member(record: Any, keys: str | tuple[str, ...], kind: type[_Kind], where: str) -> _Kind:
    """The value of a key that must be there.

    Args:
        record: what should be an object with the key.
        keys: the key, or its variants; the first that is there counts.
        kind: what the value must be.
        where: what messages call the file and the place in it.

    Raises:
        InputError: no such key, or another kind of value; the message says what was found instead.
    """
    keys = (keys,) if isinstance(keys, str) else keys
    wanted = " or ".join(repr(key) for key in keys)
    if not isinstance(record, dict):
        raise InputError(f"{where}: expected an object with key {wanted}, found {_shown(record)}")
    for key in keys:
        if key in record:
            value = record[key]
            if isinstance(value, kind):
                return value
            raise InputError(f"{where}: key {key!r} should be {_KIND_NAMES[kind]}, found {_shown(value)}")
    raise InputError(f"{where}: expected key {wanted}, found {_shown(record)}")


def optional_text(record: Any, keys: str | tuple[str, ...]) -> str:
    """The text or number under the first of `keys` that is there; empty where there is none."""
    keys = (keys,) if isinstance(keys, str) else keys
    if not isinstance(record, dict):
        return ""
    return _name_text(next((record[key] for key in keys if key in record), "")) or ""


def group_text(record: Any, where: str) -> str:
    """The text or number under `group`, by which documents are kept together; empty where there is none.

    Tables write a number as 12.0 and a gap as NaN where a column has gaps.

    Raises:
        InputError: it is anything else; taken for none, it would part a document.
    """
    value = record.get("group") if isinstance(record, dict) else None
    text = _name_text(value)
    if text is None:
        raise InputError(f"{where}: key 'group' should be a text or a whole number, found {_shown(value)}")
    return text


def label_text(record: Any, keys: str | tuple[str, ...], where: str) -> str | None:
    """A label: a text, a number (some tools write 1994 without quotes) or None for null.

    Raises:
        InputError: the key is missing, or is neither of these.
    """
    value = member(record, keys, object, where)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{where}: the label should be a text, found {_shown(value)}")


def box_region(text: str | None, corners: Corners | None, *, drop_reason: str = "") -> Region:
    """A region with a box that may be malformed (None)."""
    if corners is None:
        return Region(text, None, drop_reason or MALFORMED_BOX)
    return Region(text, corners, drop_reason, looks_vertical(text, corners))


def corners_of_size(values: Any) -> Corners | None:
    """[x, y, width, height] as corners; None if it is not four numbers or encloses nothing."""
    numbers = finite_numbers(values, _CORNERS)
    if numbers is None:
        return None
    x, y, width, height = numbers
    return upright(x, y, x + width, y + height)


def corners_of_edges(values: Any) -> Corners | None:
    """[x0, y0, x1, y1] as corners; None if it is not four numbers or encloses nothing."""
    numbers = finite_numbers(values, _CORNERS)
    return None if numbers is None else upright(*numbers)


def upright(x0: float, y0: float, x1: float, y1: float) -> Corners | None:
    """The corners of an upright box; None if it encloses nothing."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1)) if x1 > x0 and y1 > y0 else None


def finite_numbers(values: Any, num: int) -> list[float] | None:
    """A list of `num` finite numbers, which may be written as texts; None if it is anything else."""
    if not isinstance(values, list) or len(values) != num:
        return None
    if not all(isinstance(value, int | float | str) and not isinstance(value, bool) for value in values):
        return None
    try:
        numbers = [float(value) for value in values]
    except (ValueError, OverflowError):
        return None
    return numbers if all(math.isfinite(number) for number in numbers) else None


def looks_vertical(text: str | None, corners: Corners, *, said: bool = False) -> bool:
    """Whether characters run from top to bottom.

    Args:
        text: what the box says; one character has no direction, and narrow ones such as `1.` may stand in a high box.
        corners: the box.
        said: the publisher says that the image's text is vertical; then a box higher than wide is enough.
    """
    width, height = math.dist(corners[0], corners[1]), math.dist(corners[0], corners[3])
    text = (text or "").replace(" ", "")
    if said:
        return len(text) > 1 and height > width
    return sum(character >= _FIRST_WIDE for character in text) > 1 and height > _VERTICAL_RATIO * width


def _name_text(value: Any) -> str | None:
    """A text, or a whole number as a text; empty for None and NaN, None for anything else."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _shown(value: Any) -> str:
    """A value in a message: keys for an object, the start of anything else."""
    if isinstance(value, dict):
        keys = ", ".join(repr(key) for key in list(value)[:8])
        return f"the keys {keys}" if keys else "an empty object"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004 - fits a line
