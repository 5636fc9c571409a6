"""Text as HTML in which every character can be seen."""

from collections.abc import Callable
from html import escape

from hunmin.drawing import code_point, gothic


def shown(text: str) -> str:
    """`text` escaped, and with a framed code point for each character that the page's font lacks."""
    return _replaced(text, lambda character: f'<span class="cp">{code_point(character)}</span>')


def shown_plainly(text: str) -> str:
    """`text` for a place that takes no elements, such as a title: as `shown`, its code points without a frame."""
    return _replaced(text, code_point)


def _replaced(text: str, missing: Callable[[str], str]) -> str:
    coverage = gothic().coverage
    return "".join(escape(character) if character in coverage else missing(character) for character in text)
