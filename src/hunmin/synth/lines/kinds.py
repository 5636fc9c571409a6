"""The kinds of line images, each a function from a line to its picture."""

from collections.abc import Callable, Mapping

from numpy.random import Generator as Rng

from hunmin.synth.lines.handwriting.config import HandsConfig
from hunmin.synth.lines.handwriting.mode import Handwriting
from hunmin.synth.lines.on_paper import document, form, receipt
from hunmin.synth.lines.on_screens import screen
from hunmin.synth.lines.on_signs import sign
from hunmin.synth.lines.picture import Line, Picture

Mode = Callable[[Line, Rng], Picture]

KINDS = ("document", "receipt", "sign", "screen", "form", "handwriting")


def modes(hands: HandsConfig) -> Mapping[str, Mode]:
    """Kind → what draws it, one of `KINDS` each.

    Raises:
        InputError: the settings of handwriting name a pen or a paper that does not exist.
    """
    return {
        "document": document,
        "receipt": receipt,
        "sign": sign,
        "screen": screen,
        "form": form,
        "handwriting": Handwriting(hands),
    }
