"""The words of a line, and where they stand."""

import math
from dataclasses import dataclass

from hunmin.pages.line import Box, Line
from hunmin.recognize.characters import Character, advance


@dataclass(frozen=True)
class Word:
    """A run of characters without a space."""

    text: str
    box: Box
    """Its corners, as those of a `Line`."""
    confidence: float
    """0 to 1: how likely all of its characters are right."""


def line_words(line: Line) -> tuple[Word, ...]:
    """The words of a line, with their boxes.

    Where nobody knows where its characters stand, they divide the line by how wide they usually are.

    Args:
        line: its text is parted at spaces.

    Returns:
        From left to right as the text runs; none for a line without text.
    """
    words: list[list[Character]] = [[]]
    for character in line.characters or _usual(line):
        if character.text.isspace():
            words.append([])
        else:
            words[-1].append(character)
    return tuple(
        Word(
            "".join(character.text for character in word),
            line.part(word[0].left, word[-1].right),
            math.prod(character.confidence for character in word) if line.characters else line.confidence,
        )
        for word in words
        if word
    )


def _usual(line: Line) -> list[Character]:
    """Characters of usual widths that fill a line."""
    widths = [advance(character) for character in line.text.strip()]
    characters, left = [], 0.0
    for character, width in zip(line.text.strip(), widths, strict=True):
        right = left + width / sum(widths)
        characters.append(Character(character, line.confidence, left, right))
        left = right
    return characters
