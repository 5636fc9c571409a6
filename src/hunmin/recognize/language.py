"""A reading weighed with how Korean is written, where the image leaves several open."""

import math
from dataclasses import replace

from hunmin.language.correct import SURE, correct
from hunmin.language.model import Probabilities
from hunmin.recognize.views import LineReading


def with_language(reading: LineReading, language: Probabilities) -> LineReading:
    """The reading with doubtful characters replaced, and as sure of it as image and language are together.

    Args:
        reading: of the image alone. Without alternatives, as of files exported before there were any, nothing changes.
        language: how likely characters are after others.
    """
    if not any(place.log_probs[0] < math.log(SURE) for place in reading.places):
        return reading
    found = correct(reading.places, language)
    if found is None:
        return reading
    # What was not replaced stays as it was written, whatever the text was brought into since.
    text = "".join(
        after.characters[0] if after.characters[0] != place.characters[0] else before
        for before, after, place in zip(reading.text, found.places, reading.places, strict=True)
    )
    return replace(reading, text=text, places=found.places, log_prob=min(reading.log_prob + found.gain, 0.0))
