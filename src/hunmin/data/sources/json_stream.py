"""The elements of one array in a JSON file of any size, one at a time.

Python's own parser reads each element; only the text between two of them is held.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn, Protocol

from hunmin.errors import InputError

MAX_STREAM_BYTES: Final = 4 << 30
"""The largest file that is read so. The label files of AI Hub 81 have a few hundred MB."""
MAX_ELEMENT_CHARACTERS: Final = 16 << 20
"""The longest element of an array, and the longest other value beside it."""

_LEAST_CHARACTERS: Final = 1 << 16
_OF_NUMBERS: Final = frozenset("0123456789.eE+-")
_LONGEST_NUMBER: Final = 64
_SPACE: Final = " \t\r\n"


class Chunked(Protocol):
    """A file that comes in pieces."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def chunks(self, max_bytes: int) -> Iterator[bytes]:
        """Its content, as far as it has no more than `max_bytes`."""


def stream_array(file: Chunked, key: str) -> Iterator[Any]:
    """The elements of the array under `key` of the file's top object. What comes behind the array is not read.

    Raises:
        InputError: the file is no JSON object, is damaged, or has no array of that name; the message says where.
    """
    text = _Text(file)
    if text.peek() != "{":
        raise InputError(f"{file.name}: should be an object with a list {key!r}, found {text.peek()!r} …")
    text.expect("{", "an object")
    found: list[str] = []
    while text.peek() != "}":
        name = text.value()
        text.expect(":", "':' behind a key")
        if text.peek() == "[":
            elements = _elements(text)
            if name == key:
                yield from elements
                return
            for _ in elements:
                pass
        elif name == key:
            raise InputError(f"{file.name}: key {key!r} should be a list, found {text.peek()!r} …")
        else:
            text.value()
        found.append(str(name))
        if text.peek() == ",":
            text.expect(",", "','")
    raise InputError(f"{file.name}: expected key {key!r}, found the keys {', '.join(map(repr, found[:8])) or 'none'}")


def stream_elements(file: Chunked) -> Iterator[Any]:
    """The elements of a file that is one array.

    Raises:
        InputError: it is none, or damaged; the message says where.
    """
    text = _Text(file)
    if text.peek() != "[":
        raise InputError(f"{file.name}: should be a list, found {text.peek()!r} …")
    return _elements(text)


def _elements(text: "_Text") -> Iterator[Any]:
    text.expect("[", "a list")
    if text.peek() == "]":
        text.expect("]", "the end of the list")
        return
    while True:
        yield text.value()
        if text.peek() == "]":
            text.expect("]", "the end of the list")
            return
        text.expect(",", "',' or the end of the list")


class _Text:
    """A file's text, of which a window is held."""

    def __init__(self, file: Chunked) -> None:
        self._file = file
        self._chunks = file.chunks(MAX_STREAM_BYTES)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._parser = json.JSONDecoder()
        self._window, self._position, self._characters_before, self._bytes_read = "", 0, 0, 0
        self._is_over = False

    def peek(self) -> str:
        """The next character that is no white space."""
        while True:
            while self._position < len(self._window) and self._window[self._position] in _SPACE:
                self._position += 1
            if self._position < len(self._window):
                return self._window[self._position]
            if not self._read_on():
                self._fail("the file ends in the middle")

    def expect(self, character: str, what: str) -> None:
        """Step over the next character.

        Raises:
            InputError: it is another one.
        """
        if self.peek() != character:
            self._fail(f"expected {what}, found {self._window[self._position]!r}")
        self._position += 1

    def value(self) -> Any:
        """Step over the next value and return it."""
        self.peek()
        while True:
            try:
                value, end = self._parser.raw_decode(self._window, self._position)
            except json.JSONDecodeError as error:
                # Cut by the end of the window, or wrong: more text tells.
                if len(self._window) - self._position > MAX_ELEMENT_CHARACTERS or not self._read_on():
                    self._position = error.pos
                    self._fail(error.msg.removesuffix(" at"))  # which some of the parser's messages end with
                continue
            except (ValueError, RecursionError) as error:
                self._fail(str(error))
            if isinstance(value, int | float) and self._may_go_on(end) and self._read_on():
                continue
            self._position = end
            return value

    def _may_go_on(self, end: int) -> bool:
        """Whether a number that ends here may be the start of a longer one: of -1.5e10 the window may hold -1. alone."""
        return all(character in _OF_NUMBERS for character in self._window[end : end + _LONGEST_NUMBER])

    def _read_on(self) -> bool:
        """Let the window start at the position and hold at least twice as much; False at the end of the file."""
        if self._is_over:
            return False
        self._characters_before += self._position
        self._window, self._position = self._window[self._position :], 0
        wanted = max(2 * len(self._window), _LEAST_CHARACTERS)
        pieces, num_characters = [self._window], len(self._window)
        while num_characters < wanted:
            chunk = next(self._chunks, b"")
            self._is_over = not chunk
            try:
                pieces.append(self._decoder.decode(chunk, final=not chunk))
            except UnicodeDecodeError as error:
                place = f"near byte {self._bytes_read + error.start:,}"
                raise InputError(f"{self._file.name}: is no UTF-8 text {place}; save it as UTF-8") from error
            self._bytes_read += len(chunk)
            num_characters += len(pieces[-1])
            if self._is_over:
                break
        self._window = "".join(pieces)
        return num_characters > len(pieces[0]) or not self._is_over

    def _fail(self, problem: str) -> NoReturn:
        place = f"character {self._characters_before + self._position + 1:,}"
        raise InputError(f"{self._file.name}: is no JSON ({problem} at {place}); download it again")
