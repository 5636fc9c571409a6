"""What pages are written with: the faces and texts of one half, for training or held out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from numpy.random import Generator as Rng

from hunmin.errors import InputError
from hunmin.font_manifest import Face
from hunmin.synth.lines.render import GlyphCache
from hunmin.synth.random_draws import chance, pick, weighted, whole
from hunmin.synth.texts.corpus import Corpus

# A page is set in faces that have what nearly every text needs; a face without ₩ or ① leaves single texts to another.
_NEEDED = frozenset("가나다라0123456789.,()ABCabc")
_FACE_ATTEMPTS = 8
_REFERENCE_SHARE = 0.25
"""Of paragraphs."""


class Materials:
    """Faces by style, texts by kind, and the glyphs drawn so far."""

    def __init__(self, faces: Sequence[Face], corpus: Corpus, cache: GlyphCache, *, held_out: bool) -> None:
        """Keep the faces of one half.

        Raises:
            InputError: no face of that half has Hangul, digits and Latin letters.
        """
        self.cache = cache
        self.corpus = corpus
        self.held_out = held_out
        self._faces = [face for face in faces if face.held_out == held_out and face.coverage >= _NEEDED]
        if not self._faces:
            raise InputError(
                f"Among {len(faces)} faces none of the {'held-out' if held_out else 'training'} half has Hangul, digits "
                "and Latin letters, so no page can be set. Run `make fonts`, or set fonts=[DIR]."
            )
        by_style: dict[str, dict[str, list[Face]]] = defaultdict(lambda: defaultdict(list))
        for face in self._faces:
            by_style[face.style][face.family].append(face)
        self._families = {style: list(families.values()) for style, families in by_style.items()}

    def face(self, rng: Rng, styles: Mapping[str, float]) -> Face:
        """A face in one of the styles, by their weights; of any style where there is none."""
        present = {style: weight for style, weight in styles.items() if style in self._families}
        if not present:
            return pick(rng, self._faces)
        return pick(rng, pick(rng, self._families[weighted(rng, list(present), list(present.values()))]))

    def covering(self, face: Face, text: str, rng: Rng) -> Face | None:
        """`face` if it draws all of `text`, else another one that does, of its style if possible."""
        needed = frozenset(text) - {" "}
        if needed <= face.coverage:
            return face
        families = self._families[face.style]
        for _ in range(_FACE_ATTEMPTS):
            other = pick(rng, pick(rng, families))
            if needed <= other.coverage:
                return other
        covering = [other for other in self._faces if needed <= other.coverage]
        return pick(rng, covering) if covering else None

    def line(self, rng: Rng, kind: str, max_length: int = 40) -> str:
        """A line of text as single lines have it (`Corpus.line`)."""
        return self.corpus.line(rng, kind, max_length, self.held_out)

    def prose(self, rng: Rng, length: int) -> str:
        """Running text of about `length` characters; some refers to a section, a figure or a file, or has a term in Latin."""
        text = self.corpus.prose(rng, length, self.held_out)
        if chance(rng, _REFERENCE_SHARE) and " " in text:
            words = text.split(" ")
            place, reference = whole(rng, 1, len(words)), self.fill(rng, "reference")
            if reference:  # none where the charset has no digits
                words.insert(place, reference)
            text = " ".join(words)
        return text

    def fill(self, rng: Rng, group: str) -> str:
        """A text of a group of templates."""
        return self.corpus.fill(rng, group, self.held_out)
