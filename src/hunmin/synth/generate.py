"""The stream of synthetic lines: sample i of an epoch is the same in every process, whatever was drawn before it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
from numpy.random import Generator as Rng

from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.font_manifest import Face
from hunmin.synth.config import SynthConfig
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.lines.degrade import legibility
from hunmin.synth.lines.kinds import KINDS, modes
from hunmin.synth.lines.picture import Line, UnreadableError
from hunmin.synth.lines.render import BlankGlyphError, GlyphCache
from hunmin.synth.pages.materials import Materials
from hunmin.synth.random_draws import between, chance, pick, rng_of, sample_prefix, weighted, whole
from hunmin.synth.texts.corpus import Corpus, load_corpus

_MOST_ATTEMPTS = 60
_FACE_ATTEMPTS = 6
# Texts that are put one after the other until they are as long as the line whose neighbour they make.
_MOST_NEIGHBOURS = 3


class Generator:
    """Draws samples. Not shared between processes: give each its own, built from a `Recipe`.

    Attributes:
        counts: what had to be drawn anew and why: `uncovered` (no face drawn for the text covered it), `blank_glyph`,
            `too_wide`, `unreadable`; `samples` is the number of samples returned.
    """

    def __init__(
        self, faces: Sequence[Face], corpus: Corpus, config: SynthConfig, cache: GlyphCache | None = None
    ) -> None:
        """Sort the faces by style and family; glyphs are drawn when they are first needed.

        Args:
            faces: to draw with; only those on the side of `config.held_out` are used.
            corpus: where texts come from.
            config: what lines are made of.
            cache: glyphs shared with another generator of this process; None = its own.

        Raises:
            InputError: there is no face to draw with, or a kind is unknown.
        """
        unknown = sorted(set(config.kinds) - set(KINDS))
        if unknown:
            raise InputError(f"synth.kinds has {unknown[0]!r}; the kinds are {', '.join(KINDS)}.")
        self.counts: Counter[str] = Counter()
        self._config = config
        self._modes = modes(config.hands)
        self._corpus = corpus
        self._cache = cache or GlyphCache()
        self._faces = [face for face in faces if face.held_out == config.held_out]
        if not self._faces:
            wanted = "held-out face" if config.held_out else "face for training"
            raise InputError(f"Among {len(faces)} faces there is no {wanted}. Run `make fonts`, or set fonts=DIR.")
        by_style: dict[str, dict[str, list[Face]]] = defaultdict(lambda: defaultdict(list))
        for face in self._faces:
            by_style[face.style][face.family].append(face)
        # Families first: a family with nine weights is no more likely than one with a single face.
        self._families = {style: list(families.values()) for style, families in by_style.items()}

    @property
    def num_left_out(self) -> Mapping[str, int]:
        """List or file → how many of its entries hold a character outside the charset, and are never drawn."""
        return self._corpus.num_left_out

    def materials(self) -> Materials:
        """The same faces, texts and glyphs, for pages."""
        return Materials(self._faces, self._corpus, self._cache, held_out=self._config.held_out)

    def sample(self, seed: int, epoch: int, index: int, *, max_length: int | None = None) -> Sample:
        """Sample `index` of an epoch.

        Args:
            seed: of the stream.
            epoch: from 0.
            index: from 0.
            max_length: fewer characters than the config allows, for short lines first.

        Returns:
            A sample whose boxes are one for each character.

        Raises:
            InputError: no face can draw what the corpus offers.
        """
        config = self._config
        rng = rng_of((seed, epoch, index), held_out=config.held_out)
        kind = weighted(rng, list(config.kinds), list(config.kinds.values()))
        longest = min(max_length or config.max_length, config.max_length)
        for _ in range(_MOST_ATTEMPTS):
            notes = kind == "handwriting" and chance(rng, config.hands.notes_share)
            text = self._corpus.line(
                rng, "notes" if notes else kind, longest, config.held_out, min(config.min_length, longest)
            )
            runs = self._runs(text, kind, rng)
            if runs is None:
                self.counts["uncovered"] += 1
                continue
            height_px = whole(rng, *config.height_px)
            low, high = (0.0, 0.35) if chance(rng, config.mild_share) else (0.35, 1.0)
            another = partial(self._another, runs[-1][0] if kind == "handwriting" else runs[0][0], kind, len(text))
            line = Line(self._cache, runs, height_px, config.strength * between(rng, low, high), another)
            try:
                picture = self._modes[kind](line, rng)
            except BlankGlyphError:
                self.counts["blank_glyph"] += 1
                continue
            except UnreadableError:
                self.counts["unreadable"] += 1
                continue
            height, width = picture.image.shape[:2]
            if width > config.max_aspect * height:
                self.counts["too_wide"] += 1
                longest = max(int(len(text) * 0.9 * config.max_aspect * height / width), 1)
                continue
            if legibility(picture.image, picture.ink.mask, picture.ink.boxes) < config.least_contrast:
                self.counts["unreadable"] += 1
                continue
            self.counts["samples"] += 1
            label = self._corpus.label(text) if config.canonical else text
            id_ = f"{sample_prefix(held_out=config.held_out)}{seed}/{epoch}/{index}"
            return Sample(picture.image, label, id_, kind, picture.ink.boxes)
        raise InputError(
            f"No {kind} line could be drawn in {_MOST_ATTEMPTS} attempts ({dict(self.counts)}), last {text!r}. "
            "Take fonts that cover the corpus (`make fonts`), or lower synth.least_contrast."
        )

    def _runs(self, text: str, kind: str, rng: Rng) -> list[tuple[Face, str]] | None:
        """The text in one face, or its label and the rest in two; None where no face covers it."""
        label_end = text.find(":") + 1 or text.find(" ") + 1
        if kind == "form" and 1 < label_end < len(text):
            label = self._face(text[:label_end], "form", rng)
            value = self._face(text[label_end:], "form_value", rng)
            return [(label, text[:label_end]), (value, text[label_end:])] if label and value else None
        colon = text.find(":")
        # 12:30 is written by one hand.
        if (
            kind == "handwriting"
            and 0 < colon < len(text) - 1
            and not text[colon - 1].isdigit()
            and chance(rng, self._config.hands.print_share)
        ):
            label, value = self._face(text[: colon + 1], "form", rng), self._face(text[colon + 1 :], kind, rng)
            return [(label, text[: colon + 1]), (value, text[colon + 1 :])] if label and value else None
        face = self._face(text, "form_value" if kind == "form" else kind, rng)
        if face is None:
            return None
        if kind in ("document", "screen", "sign") and 1 < label_end < len(text) and chance(rng, 0.12):
            other = self._face(text[label_end:], kind, rng) or face
            return [(face, text[:label_end]), (other, text[label_end:])]
        return [(face, text)]

    def _another(self, face: Face, kind: str, length: int, rng: Rng) -> list[tuple[Face, str]]:
        """A line at least about as long in the same face, of the words that it has; never empty."""
        words: list[str] = []
        for _ in range(_MOST_NEIGHBOURS):
            text = self._corpus.line(rng, kind, self._config.max_length, self._config.held_out)
            words += [word for word in text.split() if face.coverage.issuperset(word)]
            if sum(map(len, words)) >= length:
                break
        return [(face, " ".join(words) or min(face.coverage - {" "}))]

    def _face(self, text: str, kind: str, rng: Rng) -> Face | None:
        """A face in one of the kind's styles that covers the text; in any style if there is none, None if no face does."""
        styles = {style: weight for style, weight in self._config.styles[kind].items() if style in self._families}
        needed = text.replace(" ", "")
        if styles:
            for _ in range(_FACE_ATTEMPTS):
                style = weighted(rng, list(styles), list(styles.values()))
                face = pick(rng, pick(rng, self._families[style]))
                if face.coverage.issuperset(needed):
                    return face
        covering = [face for face in self._faces if face.coverage.issuperset(needed)]
        suited = [face for face in covering if face.style in styles]
        return pick(rng, suited or covering) if covering else None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a worker process needs to build its own generator; pickles, opens nothing until `build`."""

    config: SynthConfig
    """What lines are made of."""
    charset: frozenset[str]
    """Characters that labels may hold."""
    manifest: Path | None = None
    """Font manifest; None = the installed one, else the bundled fonts."""
    folders: tuple[Path, ...] = ()
    """Folders of the user's own fonts."""
    files: tuple[tuple[Path, float], ...] = ()
    """The user's own texts and their weights."""
    texts: Path | None = None
    """A pack's folder of text lists; None = the bundled and installed ones."""

    def __post_init__(self) -> None:
        assert self.texts or not self.config.pack, "a pack is opened before its recipe is made"

    def build(self) -> Generator:
        """A generator for this process, which from now on keeps OpenCV to one thread: a line is too small to share."""
        cv2.setNumThreads(1)
        corpus = load_corpus(self.charset, self.files, self.texts)
        return Generator(load_faces(self.manifest, self.folders), corpus, self.config)
