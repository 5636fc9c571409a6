"""Reading crops of single lines.

A crop is decoded, loses its wide blanks and is scaled (`load_line`); it is split where it is too wide; its pieces are put
into batches by width and go through the engine; tokens become text, by how Korean is written where the image leaves it open; a
piece that was read in doubt is read again in other views, one that holds more characters than the model can give is read in
halves; the texts of the pieces are joined, and each character is placed.

Legend: N batch, H W pixels, T label length with `<eos>`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from numbers import Integral
from pathlib import Path
from typing import Self

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from hunmin.errors import InputError, MismatchError
from hunmin.hub.pulled import pulled_model
from hunmin.image import ImageSource, preprocess
from hunmin.language.choose import LanguageChoice, choose_language
from hunmin.language.correct import Place
from hunmin.onnx_model.session import Engine, EngineOutput, load_engine
from hunmin.recognize import views
from hunmin.recognize.characters import Character, extents, likelihoods
from hunmin.recognize.language import with_language
from hunmin.recognize.line_image import LineImage, load_line
from hunmin.recognize.lone_glyph import told_by_shape
from hunmin.recognize.split import Piece, split_at_gaps
from hunmin.recognize.views import LineReading
from hunmin.spec import RecognizerSpec
from hunmin.text.canonical import canonical as to_canonical

BUNDLED_MODEL = Path(__file__).parents[1] / "weights" / "hunmin.onnx"
BUNDLED_MODELS = {"bundled": BUNDLED_MODEL, "bundled-int8": BUNDLED_MODEL.with_name("hunmin.int8.onnx")}
"""What may stand in place of a file: the model in 32 bits, and in 8."""

NARROWEST_CHARACTER = 1 / 16
"""Heights. A piece in which `max_label_length` characters would be narrower than this is not cut in halves: what is read
there without an end is no text."""
WINDOW_BATCHES = 16
"""Batches' worth of crops that are held in memory at once and sorted by width."""


@dataclass(frozen=True)
class Reading:
    """What a crop says."""

    text: str
    confidence: float
    """0 to 1. Of a calibrated model: how likely the whole line is right, spaces aside. Of any other: `mean_token_prob`. 0 where
    the crop is blank: the model was not asked, so nothing vouches for the empty text, which may as well be white on white; and
    whoever keeps the readings above a threshold keeps texts."""
    mean_token_prob: float = 1.0
    """0 to 1: the geometric mean of the probabilities of all tokens, every piece's `<eos>` included. It does not fall with the
    length of a line, so it can tell which of several readings of one crop is the surest."""
    truncated: bool = False
    """Whether the line may hold more than `text`: the model found no end to a piece too short to be cut further."""
    characters: tuple[Character, ...] = field(default=(), compare=False)
    """Those of `text`, with what else each may be and where it stands."""

    def __repr__(self) -> str:
        return f"Reading(text={self.text!r}, confidence={self.confidence:.4g})"


NOTHING = Reading("", 0.0, 0.0)
"""The reading of a blank crop, and of one that is no line of text."""


class Recognizer:
    """Reads crops with one model.

    It can be pickled, for a pool of processes: what travels is the path of the model, and each process loads it.

    Example:
        >>> Recognizer().recognize(["line.png"])[0].text
    """

    def __init__(
        self,
        model: Path | str = "bundled",
        *,
        threads: int = 0,
        canonical: bool = True,
        language: LanguageChoice = "default",
    ) -> None:
        """Load an ONNX model.

        Args:
            model: a file that `hunmin export` wrote, `bundled`, or `bundled-int8`, which is faster and nearly as accurate on
                processors that multiply in 8 bits; or `organisation/name` or `organisation/name@revision` of the Hugging Face
                Hub, once it was pulled (`hunmin pull`): nothing is downloaded here.
            threads: threads for one run; 0 takes one for every core.
            canonical: whether texts have one code point for what prints alike (`hunmin.text.canonical`), such as ₩ for ￦;
                otherwise they are what the model says.
            language: what decides between syllables that the image leaves open: `default`; `off` or None for the image alone; or
                files of `hunmin language`, which are mixed with the default.

        Raises:
            InputError: no such file, no such model was pulled, or not a recognizer or language model of hunmin.
            MismatchError: the graph's classes do not fit its charset.
        """
        path = BUNDLED_MODELS.get(str(model)) or pulled_model(model) or Path(model)
        engine, spec = load_engine(path, threads)
        self._set_up(engine, spec, str(path), language, canonical=canonical)

    @classmethod
    def from_engine(
        cls, engine: Engine, spec: RecognizerSpec, *, canonical: bool = True, language: LanguageChoice = "default"
    ) -> Self:
        """A recognizer on any engine, such as a torch model in evaluation.

        Args:
            engine: (N, 3, H, W) float32, as `image.preprocess` gives them → tokens (N, T) int64 and their log-probabilities
                (N, T) float32, or an `EngineOutput`.
            spec: what the engine expects and delivers.
            canonical: as for a model from a file.
            language: as for a model from a file; without candidates in the engine's output it has nothing to decide.
        """
        recognizer = cls.__new__(cls)
        recognizer._set_up(engine, spec, "the engine", language, canonical=canonical)
        return recognizer

    def _set_up(
        self, engine: Engine, spec: RecognizerSpec, where: str, language: LanguageChoice, *, canonical: bool
    ) -> None:
        self.engine = engine
        self.spec = spec
        self.canonical = canonical
        self._tokenizer = spec.tokenizer()
        self._where = where
        self._language = choose_language(language)

    def __repr__(self) -> str:
        spec = self.spec
        known = f"charset {spec.charset_name} ({len(spec.characters):,} characters)"
        return f"<Recognizer of {self._where}: {known}, lines {spec.height_px} px high>"

    def recognize(self, images: Iterable[ImageSource], batch_size: int = 32) -> list[Reading]:
        """Read crops of one line each.

        Every crop is padded to its own width bucket and shares a batch only with crops of that bucket, so its text does
        not depend on what else is read; in 8 bits the crops of a batch share a scale, and a line in doubt can turn out
        otherwise beside others. A crop wider than the spec allows is read in pieces, cut at its widest gaps. One that was
        read in doubt is read up to twice more, larger, and the surest reading counts.

        Args:
            images: crops in a list, a generator or anything else to go through once, each a path, the bytes of a file, an
                open binary file, a Pillow image, or an array: (H, W), (H, W, 3) RGB or (H, W, 4) RGBA of dtype uint8,
                uint16 or bool. At most `batch_size` × `WINDOW_BATCHES` are taken at once.
            batch_size: the most crops the engine gets at once, 1 or more.

        Returns:
            One reading a crop, in the order of `images`; `NOTHING` for a blank one.

        Raises:
            ImageError: a crop cannot be decoded, is larger than `MAX_CROP_PIXELS`, or is far too wide for a line.
            InputError: one image, or nothing to go through, in place of a list; or a batch size below 1.
        """
        check_several(images, "recognize")
        if not isinstance(batch_size, Integral) or batch_size < 1:
            raise InputError(f"recognize: batch_size={batch_size!r}; give a whole number, 1 or more")
        readings: list[Reading] = []
        numbered = enumerate(images)
        while window := list(islice(numbered, batch_size * WINDOW_BATCHES)):
            lines = [
                load_line(source, self.spec, where=None if isinstance(source, (str, Path)) else f"image {number}")
                for number, source in window
            ]
            readings += self.read_lines(lines, batch_size)
        return readings

    def read_lines(self, lines: Sequence[LineImage], batch_size: int = 32) -> list[Reading]:
        """Read lines that `load_line` has prepared, all at once; otherwise as `recognize`.

        Args:
            lines: of the height of this recognizer's spec.
            batch_size: the most pieces the engine gets at once.

        Returns:
            One reading a line, in their order; `NOTHING` for a blank one.
        """
        pixels = [line.pixels for line in lines]
        pieces = self._read_pieces(pixels, [self.spec.max_width_px] * len(lines), batch_size)
        return [self._join(of_line, line) for of_line, line in zip(pieces, lines, strict=True)]

    def _read_pieces(
        self, lines: Sequence[NDArray[np.uint8]], widths_px: Sequence[int], batch_size: int
    ) -> list[list[tuple[Piece, LineReading]]]:
        """Read lines in pieces of at most a width each, and those that have no end in halves, again and again."""
        pieces = [split_at_gaps(line, width) if line.size else [] for line, width in zip(lines, widths_px, strict=True)]
        shown = [line[:, one.left : one.right] for line, some in zip(lines, pieces, strict=True) for one in some]
        readings = self._read_in_views(shown, batch_size)
        narrowest_px = NARROWEST_CHARACTER * self.spec.max_label_length * self.spec.height_px
        long = [
            index
            for index, reading in enumerate(readings)
            if not reading.ended and shown[index].shape[1] > narrowest_px
        ]
        widths = [math.ceil(shown[index].shape[1] * 2 / 3) for index in long]  # which gives two pieces, not three
        halves = dict(
            zip(long, self._read_pieces([shown[i] for i in long], widths, batch_size) if long else [], strict=True)
        )
        numbers = iter(range(len(shown)))
        read: list[list[tuple[Piece, LineReading]]] = []
        for of_line in pieces:
            read.append([])
            for piece in of_line:
                index = next(numbers)
                for number, (part, reading) in enumerate(halves.get(index, [])):
                    space_before = part.space_before if number else piece.space_before
                    read[-1].append((Piece(piece.left + part.left, piece.left + part.right, space_before), reading))
                if index not in halves:
                    read[-1].append((piece, readings[index]))
        return read

    def _read_in_views(self, lines: Sequence[NDArray[np.uint8]], batch_size: int) -> list[LineReading]:
        """Read lines that fit the model as they are, doubtful ones in other views as well: the surest reading counts."""
        readings = [[reading] for reading in self._read_batches(lines, batch_size)]
        for view in views.OTHER_VIEWS:
            doubtful = [index for index in range(len(lines)) if views.is_doubtful(readings[index])]
            shown = [view.of(lines[index], self.spec.max_width_px) for index in doubtful]
            for index, reading in zip(doubtful, self._read_batches(shown, batch_size), strict=True):
                readings[index].append(reading)
        return [views.surest(of_line) for of_line in readings]

    def _read_batches(self, lines: Sequence[NDArray[np.uint8]], batch_size: int) -> list[LineReading]:
        """Read lines that fit the model, each once, in batches of one width."""
        by_bucket: dict[int, list[int]] = defaultdict(list)
        for index, line in enumerate(lines):
            by_bucket[self.spec.bucket_width_px(line.shape[1])].append(index)
        readings: dict[int, LineReading] = {}
        for indices in by_bucket.values():
            for start in range(0, len(indices), batch_size):
                batch = indices[start : start + batch_size]
                output = EngineOutput(*self.engine(np.stack([preprocess(lines[index], self.spec) for index in batch])))
                for row, index in enumerate(batch):
                    reading = self._decode(output, row, lines[index].shape[1])
                    readings[index] = with_language(reading, self._language) if self._language else reading
        return [readings[index] for index in range(len(lines))]

    def _decode(self, output: EngineOutput, row: int, width_px: int) -> LineReading:
        """What one crop, `width_px` wide in its batch, says up to the first `<eos>`."""
        tokens, log_probs = output.tokens[row], output.log_probs[row]
        ends = np.flatnonzero(tokens == self._tokenizer.eos_id)
        num_tokens = int(ends[0]) + 1 if len(ends) else len(tokens)
        ids, total = tokens[:num_tokens].tolist(), float(log_probs[:num_tokens].sum())
        if not np.isfinite(total):
            raise InputError(f"{self._where} gives numbers that are not finite; train or export the model again")
        if not all(0 <= token < self._tokenizer.num_classes for token in ids):
            raise MismatchError(
                f"{self._where} gives token {max(ids)}, but its charset has {self._tokenizer.num_classes} classes; "
                "give it the charset that it was trained with"
            )
        text = self._tokenizer.decode(ids)
        middles: list[float] = []
        if output.centres is not None:
            padded = self.spec.bucket_width_px(width_px) / width_px
            middles = np.minimum(output.centres[row, : len(text)] * padded, 1.0).tolist()
        return LineReading(
            to_canonical(text) if self.canonical else text,
            total,
            num_tokens,
            ended=len(ends) > 0,
            places=self._places(output, row, text),
            middles=tuple(middles),
        )

    def _places(self, output: EngineOutput, row: int, text: str) -> tuple[Place, ...]:
        """What may stand at each place of a text, by the image."""
        log_probs = output.log_probs[row, : len(text)].tolist()
        places = [Place(character, (log_prob,)) for character, log_prob in zip(text, log_probs, strict=True)]
        if output.candidates is None or output.candidate_log_probs is None:
            return tuple(places)
        has_several = np.isfinite(output.candidate_log_probs[row, : len(text), 1:]).any(axis=1)
        for i in np.flatnonzero(has_several):
            tokens, shares = output.candidates[row, i].tolist(), output.candidate_log_probs[row, i].tolist()
            # Where a line may end, there is no character.
            kept = [k for k in range(len(tokens)) if tokens[k] > 0 and math.isfinite(shares[k])]
            characters = "".join(self.spec.characters[tokens[k] - 1] for k in kept)
            places[i] = Place(characters, tuple(shares[k] for k in kept))
        return tuple(places)

    def _join(self, pieces: Sequence[tuple[Piece, LineReading]], line: LineImage) -> Reading:
        """One reading of the pieces of a line."""
        if not pieces:
            return NOTHING
        text, characters = "", list[Character]()
        for piece, reading in pieces:
            found = self._characters(reading, line, piece)
            if piece.space_before and text and not text.endswith(" ") and not reading.text.startswith(" "):
                begins = found[0].left if found else characters[-1].right
                characters.append(Character(" ", 1.0, characters[-1].right, begins))
            characters += found
            text = "".join(character.text for character in characters)
        text = text.rstrip(" ")
        told = told_by_shape(text, line.pixels)
        if told != text:
            others = [(name, share) for name, share in characters[0].alternatives if name != told]
            characters = [replace(characters[0], text=told, alternatives=tuple(others)), *characters[1:]]
        log_prob = sum(reading.log_prob for _, reading in pieces)
        num_tokens = sum(reading.num_tokens for _, reading in pieces)
        return Reading(
            told,
            line_confidence(log_prob, num_tokens, self.spec.confidence_exponent),
            mean_token_prob=float(np.exp(log_prob / num_tokens)),
            truncated=not all(reading.ended for _, reading in pieces),
            characters=tuple(characters[: len(told)]),
        )

    def _characters(self, reading: LineReading, line: LineImage, piece: Piece) -> list[Character]:
        """The characters of a piece, placed in the crop of its line."""
        text = reading.text
        if not text:
            return []
        shown = line.pixels[:, piece.left : piece.right]
        edges = line.in_crop(piece.left + extents(shown, text, reading.middles)).tolist()
        likely = likelihoods(text, reading.places, canonical=self.canonical)
        return [
            Character(character, confidence, left, right, alternatives)
            for character, (left, right), (confidence, alternatives) in zip(text, edges, likely, strict=True)
        ]


def check_several(images: object, where: str) -> None:
    """Make sure that what is gone through as images is no single one: a path would be read letter by letter.

    Raises:
        InputError: it is one image, or nothing that can be gone through.
    """
    is_one = isinstance(images, (str, bytes, Path, np.ndarray, PIL.Image.Image)) or hasattr(images, "read")
    if is_one or not isinstance(images, Iterable):
        raise InputError(f"{where}: takes a list of images, not one {type(images).__name__}; give [image]")


def line_confidence(log_prob: float, num_tokens: int, exponent: float) -> float:
    """How sure a recognizer is of a line, 0 to 1.

    Args:
        log_prob: the log-probabilities of its tokens, summed.
        num_tokens: how many there are, `<eos>` included.
        exponent: `confidence_exponent` of the spec.
    """
    return float(np.exp(exponent * log_prob if exponent else log_prob / num_tokens))
