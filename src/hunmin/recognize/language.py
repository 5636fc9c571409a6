"""A reading weighed with how Korean is written, where the image leaves several open."""

import math
from dataclasses import replace

import numpy as np

from hunmin.language.correct import SURE, Place, correct
from hunmin.language.model import Probabilities
from hunmin.onnx_model.session import EngineOutput
from hunmin.recognize.views import LineReading


def with_language(
    reading: LineReading, output: EngineOutput, row: int, characters: str, language: Probabilities
) -> LineReading:
    """The reading with doubtful characters replaced, and as sure of it as image and language are together.

    Args:
        reading: of the image alone; its text has one character for each token.
        output: of the engine. Without candidates, as of files exported before there were any, nothing changes.
        row: of this line in `output`.
        characters: of the charset; token i is character i - 1.
        language: how likely characters are after others.
    """
    num = len(reading.text)
    if output.candidates is None or output.candidate_log_probs is None:
        return reading
    if not (output.log_probs[row, :num] < math.log(SURE)).any():
        return reading
    line = []
    for tokens, log_probs in zip(output.candidates[row, :num], output.candidate_log_probs[row, :num], strict=True):
        kept = [i for i in range(len(tokens)) if tokens[i] > 0 and np.isfinite(log_probs[i])]
        line.append(Place("".join(characters[tokens[i] - 1] for i in kept), tuple(float(log_probs[i]) for i in kept)))
    found = correct(line, language)
    if found is None:
        return reading
    # What was not replaced stays as it was written, whatever the text was brought into since.
    text = "".join(
        after if after != place.characters[0] else before
        for before, after, place in zip(reading.text, found.text, line, strict=True)
    )
    return replace(reading, text=text, log_prob=min(reading.log_prob + found.gain, 0.0))
