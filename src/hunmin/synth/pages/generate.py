"""The stream of crops of pages: crop i of an epoch is the same in every process, whatever was drawn before it."""

from collections import Counter, OrderedDict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.synth.config import SynthConfig
from hunmin.synth.devices.kinds import DEVICES
from hunmin.synth.pages.crops import choose_span, cut, legible
from hunmin.synth.pages.kinds import PAGE_TYPES
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import between, chance, rng_of, sample_prefix, weighted

# What random numbers are for goes into their seed; three numbers are the stream of single lines.
_PAGE, _ORDER, _CROP = range(1, 4)
_CROP_ATTEMPTS, _PAGE_ATTEMPTS = 30, 8
_KEPT_PAGES = 4
_MOST_DOTS = 6


class PageGenerator:
    """Writes pages and cuts crops from them. Not shared between processes.

    Attributes:
        counts: spans that were passed over and why: `outside_charset`, `too_small_or_outside`, `held_out_word`, `unreadable`;
            `pages` is the number of pages written and `samples` that of crops returned.
    """

    def __init__(self, materials: Materials, config: SynthConfig) -> None:
        """Nothing is written before the first crop.

        Raises:
            InputError: the settings name a type of page or a device that does not exist, or leave none.
        """
        pages = config.pages
        for kind in (*pages.types, *pages.devices):
            if kind not in PAGE_TYPES:
                raise InputError(f"synth.pages has the type {kind!r}; the types are {', '.join(PAGE_TYPES)}.")
        for kind, weight in pages.types.items():
            if weight and not sum(pages.devices.get(kind, {}).values()) > 0:
                raise InputError(f"synth.pages.devices.{kind} gives no device a weight; give one of them more than 0.")
            for device in pages.devices.get(kind, {}):
                if device not in DEVICES:
                    raise InputError(
                        f"synth.pages.devices.{kind} has {device!r}; the devices are {', '.join(DEVICES)}."
                    )
        if not sum(pages.types.values()) > 0:
            raise InputError("synth.pages.types gives every type the weight 0; give one of them more.")
        self.counts: Counter[str] = Counter()
        self._materials = materials
        self._config = config
        self._pages: OrderedDict[tuple[int, ...], tuple[Page, float, NDArray[np.int64]]] = OrderedDict()

    def page(self, seed: int, epoch: int, number: int, attempt: int = 0) -> Page:
        """Page `number` of an epoch, as its device delivers it."""
        return self._finished(seed, epoch, number, attempt)[0]

    def sample(self, seed: int, epoch: int, index: int, *, max_length: int | None = None) -> Sample:
        """Crop `index` of an epoch.

        Args:
            seed: of the stream.
            epoch: from 0.
            index: from 0; `crops_per_page` consecutive ones are of one page.
            max_length: fewer characters than the config allows.

        Returns:
            A sample with a box for each character; `group` names its page.

        Raises:
            InputError: page after page has nothing that can be cut out.
        """
        config, pages = self._config, self._config.pages
        longest = min(max_length or config.max_length, config.max_length)
        number, turn = divmod(index, pages.crops_per_page)
        rng = rng_of((seed, epoch, index, _CROP), held_out=config.held_out)
        for attempt in range(_PAGE_ATTEMPTS):
            page, strength, order = self._finished(seed, epoch, number, attempt)
            for step in range(_CROP_ATTEMPTS if page.lines else 0):
                line = int(order[(turn + step) % len(order)])
                span = choose_span(page, line, rng, pages, longest, config.max_aspect)
                text = page.lines[line].text[span.start : span.end]
                if len(text) < min(config.min_length, longest) or _is_leader(text):
                    continue
                if not self._materials.corpus.can_write(text):
                    self.counts["outside_charset"] += 1
                    continue
                if not config.held_out and not self._materials.corpus.held_out_words.isdisjoint(text.split(" ")):
                    self.counts["held_out_word"] += 1
                    continue
                crop = cut(page, span, rng, pages, strength)
                if crop is None or crop.image.shape[1] > config.max_aspect * crop.image.shape[0]:
                    self.counts["too_small_or_outside"] += 1
                    continue
                if not legible(crop, config.least_contrast):
                    self.counts["unreadable"] += 1
                    continue
                self.counts["samples"] += 1
                kind = PAGE_TYPES[page.kind].crop_kind
                group = f"{'held_out/' if config.held_out else ''}page/{seed}/{epoch}/{number}/{attempt}"
                label = self._materials.corpus.label(crop.text) if config.canonical else crop.text
                id_ = f"{sample_prefix(held_out=config.held_out)}{seed}/{epoch}/page/{index}"
                return Sample(crop.image, label, id_, kind, crop.boxes, group)
        raise InputError(
            f"No crop could be cut from {_PAGE_ATTEMPTS} pages ({dict(self.counts)}), last of type {page.kind}. Take fonts "
            "that cover the corpus (`make fonts`), or lower synth.least_contrast or synth.pages.least_em_px."
        )

    def _finished(self, seed: int, epoch: int, number: int, attempt: int) -> tuple[Page, float, NDArray[np.int64]]:
        """A page, how badly it was degraded, and the order in which its lines are cut out."""
        key = (seed, epoch, number, attempt)
        known = self._pages.get(key)
        if known is None:
            rng = rng_of((*key, _PAGE), held_out=self._config.held_out)
            pages = self._config.pages
            kind = weighted(rng, list(pages.types), list(pages.types.values()))
            page = PAGE_TYPES[kind].write(self._materials, rng).finish()
            low, high = (0.0, 0.35) if chance(rng, self._config.mild_share) else (0.35, 1.0)
            strength = self._config.strength * between(rng, low, high)
            device = weighted(rng, list(pages.devices[kind]), list(pages.devices[kind].values()))
            page = replace(DEVICES[device](page, rng, strength), device=device)
            order = rng_of((*key, _ORDER), held_out=self._config.held_out).permutation(len(page.lines))
            self.counts["pages"] += 1
            if len(self._pages) >= _KEPT_PAGES:
                self._pages.popitem(last=False)
            known = self._pages[key] = page, strength, order
        return known


def _is_leader(text: str) -> bool:
    """Whether a crop shows nothing but the dots or strokes of a leader, whose number nobody would count."""
    return len(text) > _MOST_DOTS and not any(char.isalnum() for char in text)
