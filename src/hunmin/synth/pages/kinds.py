"""The types of pages, each a function that writes one, and the kind of crops that each gives."""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator as Rng

from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.types.displays import label, menu, poster, slide
from hunmin.synth.pages.types.forms import form, invoice
from hunmin.synth.pages.types.office import certificate, contract, letter, report
from hunmin.synth.pages.types.printed import book, exam, newspaper
from hunmin.synth.pages.types.receipts import receipt
from hunmin.synth.pages.types.screens import app, chat


@dataclass(frozen=True, slots=True)
class PageType:
    """How a page comes about."""

    write: Callable[[Materials, Rng], Sheet]
    """Writes a part of such a page."""
    crop_kind: str
    """`Sample.kind` of its crops."""


PAGE_TYPES: dict[str, PageType] = {
    "report": PageType(report, "document"),
    "letter": PageType(letter, "document"),
    "contract": PageType(contract, "document"),
    "certificate": PageType(certificate, "document"),
    "exam": PageType(exam, "document"),
    "book": PageType(book, "document"),
    "newspaper": PageType(newspaper, "document"),
    "form": PageType(form, "form"),
    "invoice": PageType(invoice, "form"),
    "receipt": PageType(receipt, "receipt"),
    "menu": PageType(menu, "sign"),
    "poster": PageType(poster, "sign"),
    "label": PageType(label, "sign"),
    "slide": PageType(slide, "screen"),
    "chat": PageType(chat, "screen"),
    "app": PageType(app, "screen"),
}
