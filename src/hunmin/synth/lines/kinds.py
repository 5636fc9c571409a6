"""The kinds of line images, each a function from a line to its picture."""

from collections.abc import Callable

from numpy.random import Generator as Rng

from hunmin.synth.lines.on_paper import document, form, handwriting, receipt
from hunmin.synth.lines.on_screens import screen
from hunmin.synth.lines.on_signs import sign
from hunmin.synth.lines.picture import Line, Picture

MODES: dict[str, Callable[[Line, Rng], Picture]] = {
    "document": document,
    "receipt": receipt,
    "sign": sign,
    "screen": screen,
    "form": form,
    "handwriting": handwriting,
}
