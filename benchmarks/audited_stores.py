"""Stores whose labels are right, of every kind, and what the bundled model reads there."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.data.audit.audit import Audit, judge
from hunmin.data.audit.lines import ReadLine, images_of, read_lines
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.data.turns import TURNS, Turn
from hunmin.files import write_text
from hunmin.recognize.recognizer import BUNDLED_MODEL, Reading, Recognizer
from hunmin.synth.config import SynthConfig, default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import korean
from hunmin.text.normalize import normalize_label

KINDS = ("document", "receipt", "sign", "screen", "form", "handwriting")
STYLES = ("gothic", "myeongjo", "mono", "display", "handwriting", "brush", "typewriter", "bitmap")
FORM_WORDS = "성명 주소 연락처 생년월일 합계 금액 비고 날짜 서명 확인 담당 품목 수량 단가 전화번호 이메일".split()


@cache
def reader() -> Recognizer:
    """The bundled model, on one core."""
    return Recognizer(threads=1)


@dataclass
class Lines:
    """A store with right labels, all of it read, or some rows of it; pictures are read again, turned, when that is asked."""

    store: Store
    lines: list[ReadLine]
    labels: list[str]
    _turned: dict[tuple[int, str], Reading]
    places: list[int] | None = None
    """Rows of `labels` that the lines stand in, where these are of a larger store."""

    def reread(self, lines: Sequence[ReadLine], turn: str) -> list[Reading]:
        """As `judge` wants it; each picture is read once as it stands after a turn, one of `STANDINGS`."""
        new = [line.row for line in lines if (line.row, turn) not in self._turned]
        images = [np.ascontiguousarray(STANDINGS[turn](image)) for image in images_of(self.store, new)]
        self._turned |= {(row, turn): one for row, one in zip(new, reader().recognize(images), strict=True)}
        return [self._turned[line.row, turn] for line in lines]

    def some(self, rows: Sequence[int]) -> "Lines":
        """A store of these rows, in this order."""
        chosen = [self.lines[row] for row in rows]
        return Lines(self.store, chosen, [line.label for line in chosen], self._turned)

    def among(self, labels: Sequence[str], rows: Sequence[int]) -> "Lines":
        """These lines, at `rows` of a larger store with otherwise these labels."""
        all_labels = list(labels)
        for row, line in zip(rows, self.lines, strict=True):
            all_labels[row] = line.label
        return Lines(self.store, self.lines, all_labels, self._turned, list(rows))

    def audited(self, labels: Sequence[str], turns: Sequence[Turn | None] = ()) -> Audit:
        """The audit of this store with other labels, normalised as a store does it, and with pictures turned, one turn a line.

        Rows are counted as the labels stand; a picture that is turned is read as it then is.
        """
        labels = [normalize_label(label) for label in labels]
        whole = len(self.lines) == len(labels)
        for one in {turn for turn in turns if turn}:
            self.reread([line for line, turn in zip(self.lines, turns, strict=True) if turn == one], one)
        lines, origin, standing = [], {}, {}
        for place, line in enumerate(self.lines):
            row = self.places[place] if self.places else place if whole else line.row
            origin[row], standing[row] = line, (turns[place] if turns else None) or "as it is"
            changed = replace(line, row=row, label=labels[row])
            turn = turns[place] if turns else None
            if turn:
                (reading,) = self.reread([line], turn)
                changed = replace(changed, text=reading.text, confidence=reading.confidence)
            lines.append(changed)

        def reread(some: Sequence[ReadLine], turn: Turn) -> list[Reading]:
            """Read what stands turned already and is turned again."""
            standings = [after(standing[line.row], turn) for line in some]
            groups = {
                one: [line for line, other in zip(some, standings, strict=True) if other == one] for one in standings
            }
            readings = {
                line.row: reading
                for standing, group in groups.items()
                for line, reading in zip(
                    group, self.reread([origin[line.row] for line in group], standing), strict=True
                )
            }
            return [readings[line.row] for line in some]

        return judge(lines, dict(enumerate(labels)), len(labels), set(reader().spec.characters), reread)


STANDINGS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as it is": lambda image: image,
    **dict(TURNS.items()),
    "swapped axes": lambda image: np.swapaxes(image, 0, 1),
    "swapped axes, 180": lambda image: np.rot90(np.swapaxes(image, 0, 1), 2),
}
"""All ways in which a picture can stand."""


@cache
def after(first: str, second: str) -> str:
    """How a picture stands after two turns."""
    probe = np.arange(6, dtype=np.uint8).reshape(2, 3)
    both = STANDINGS[second](STANDINGS[first](probe))
    return next(name for name, stand in STANDINGS.items() if np.array_equal(stand(probe), both))


def stored(folder: Path, name: str, config: SynthConfig, num: int, seed: int, texts: Sequence[str] = ()) -> Lines:
    """Generated lines in a store, all of them read."""
    return read_store(write(folder, name, config, num, seed, texts), range(num))


def write(folder: Path, name: str, config: SynthConfig, num: int, seed: int, texts: Sequence[str] = ()) -> Path:
    """A store of generated lines, unless it is there; with `texts`, of those and no others."""
    path, listed = folder / f"{name}-{num}", folder / f"{name}.txt"
    if not path.exists():
        listed.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        files = ((listed, 1e6),) if texts else ()
        generator = Recipe(config, frozenset(korean().characters), files=files).build()
        samples = (replace(generator.sample(seed, 0, index), boxes=None) for index in range(num))
        write_store(samples, path, jpeg_quality=92)
    return path


def read_store(path: Path, rows: Sequence[int]) -> Lines:
    """Some rows of a store, read, or as the same model read them before."""
    weights = hashlib.sha256(BUNDLED_MODEL.read_bytes()).hexdigest()[:8]
    store, noted = open_store(path), path / f"readings-{len(rows)}-{weights}.json"
    if noted.exists():
        lines = [ReadLine(**values) for values in json.loads(noted.read_text(encoding="utf-8"))]
    else:
        lines, _ = read_lines(store, rows, reader().recognize, lambda _done, _total: None)
        write_text(noted, json.dumps([asdict(line) for line in lines], ensure_ascii=False))
    known = {(line.row, "as it is"): Reading(line.text, line.confidence) for line in lines}
    return Lines(store, lines, list(store.labels()), known)


def of_kinds(*kinds: str) -> SynthConfig:
    """Lines of these kinds alone, in faces and texts that the bundled model was not trained on."""
    return replace(default_config(), kinds={kind: float(kind in kinds) for kind in KINDS}, held_out=True)


def of_style(style: str) -> SynthConfig:
    """Documents in faces of one style; held-out ones where there are some."""
    config = of_kinds("document")
    held_out = style in ("gothic", "myeongjo", "handwriting")
    return replace(config, styles={**config.styles, "document": {style: 1.0}}, held_out=held_out)


def healthy(folder: Path, num: int) -> Iterator[tuple[str, Lines]]:
    """Stores with right labels, of every kind."""
    rng = np.random.default_rng(0)
    for kind in KINDS:
        yield kind, stored(folder, kind, of_kinds(kind), num, 11)
    yield "all kinds", stored(folder, "all", replace(default_config(), held_out=True), num, 12)
    for style in STYLES:
        yield f"{style} faces", stored(folder, f"faces-{style}", of_style(style), num, 13)
    hard = replace(of_kinds("handwriting"), mild_share=0.0)
    yield "handwriting, all degraded", stored(folder, "hard", hard, num, 14)
    degraded = replace(of_kinds("document", "receipt", "sign"), mild_share=0.0)
    yield "print, all degraded", stored(folder, "degraded", degraded, num, 15)
    short = replace(default_config(), max_length=3, held_out=True)
    yield "up to 3 characters", stored(folder, "short", short, num, 16)
    long = replace(of_kinds("document"), min_length=30, held_out=True)
    yield "30 characters and more", stored(folder, "long", long, num, 17)
    pages = replace(default_config(), page_share=1.0, held_out=True)
    yield "crops of pages", stored(folder, "pages", pages, num, 18)
    plain = of_kinds("document")
    prices = [f"{value:,}원" for value in rng.integers(1, 9000, 3000) * 100]
    yield "prices", stored(folder, "prices", plain, num, 19, prices)
    yield "form words", stored(folder, "words", plain, num, 20, FORM_WORDS)
    yield "form words by hand", stored(folder, "hand", of_kinds("handwriting"), num, 21, FORM_WORDS)
    yield "codes", stored(folder, "codes", plain, num, 22, [code(rng) for _ in range(3000)])
    syllables = [one for one in korean().characters if "가" <= one <= "힣"]
    yield "single syllables", stored(folder, "syllables", plain, num, 23, rng.permutation(syllables)[:3000].tolist())


def code(rng: Rng) -> str:
    """Capitals, digits and hyphens, as on a label."""
    letters = "".join(rng.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), 3))
    return f"{letters}-{rng.integers(1000, 9999)}-{rng.integers(10, 99)}"
