"""Stores whose labels are right, of every kind, and their readings; and what goes wrong with labels and pictures."""

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
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.synth.config import SynthConfig, default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import korean
from hunmin.text.hangul import to_jamo
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

    def audited(self, labels: Sequence[str], turns: Sequence[Turn | None] = ()) -> Audit:
        """The audit of this store with other labels, normalised as a store does it, and with pictures turned.

        Rows are counted as the labels stand; a picture that is turned is read as it then is.
        """
        labels = [normalize_label(label) for label in labels]
        whole = len(self.lines) == len(labels)
        lines, origin, standing = [], {}, {}
        for place, line in enumerate(self.lines):
            row = place if whole else line.row
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
    """Some rows of a store, read, or as they were read before."""
    store, noted = open_store(path), path / f"readings-{len(rows)}.json"
    if noted.exists():
        lines = [ReadLine(**values) for values in json.loads(noted.read_text(encoding="utf-8"))]
    else:
        lines, _ = read_lines(store, rows, reader().recognize, lambda _done, _total: None)
        write_text(noted, json.dumps([asdict(line) for line in lines], ensure_ascii=False))
    return Lines(store, lines, list(store.labels()), {})


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


Labels = list[str]
Damage = Callable[[Labels, Rng], Labels]


@dataclass(frozen=True)
class LabelFault:
    """Something that goes wrong with all labels or all pictures, and what the audit has to call it."""

    name: str
    kind: str
    damage: Damage = lambda labels, rng: list(labels)
    turn: Turn | None = None
    turned_share: float = 1.0
    words: str = ""
    """What the finding must say beside its kind."""


def shuffled(labels: Labels, rng: Rng) -> Labels:
    """All dealt out anew."""
    return [labels[place] for place in rng.permutation(len(labels))]


def shuffled_among_equals(labels: Labels, rng: Rng) -> Labels:
    """Dealt out among those of one length."""
    dealt = list(labels)
    for length in {len(label) for label in labels}:
        places = [place for place, label in enumerate(labels) if len(label) == length]
        for place, other in zip(places, rng.permutation(places), strict=True):
            dealt[place] = labels[other]
    return dealt


def shifted(by: int, begin: float = 0.0) -> Damage:
    """Every label `by` rows later, from a share of the rows on."""

    def damage(labels: Labels, rng: Rng) -> Labels:
        first, num = int(begin * len(labels)), len(labels)
        return [label if place < first else labels[(place - by) % num] for place, label in enumerate(labels)]

    return damage


def each(change: Callable[[str], str]) -> Damage:
    """Every label changed."""
    return lambda labels, rng: [change(label) for label in labels]


def noise(share: float, elsewhere: Sequence[str] = ()) -> Damage:
    """A share of the labels, to the line, replaced by other lines' labels or by texts from elsewhere that differ from them."""

    def damage(labels: Labels, rng: Rng) -> Labels:
        wrong = rng.permutation(len(labels))[: round(share * len(labels))]
        texts, spoiled = list(elsewhere or labels), list(labels)
        for place in wrong:
            other = labels[place]
            while other == labels[place]:
                other = texts[int(rng.integers(len(texts)))]
            spoiled[place] = other
        return spoiled

    return damage


def without_signs(text: str) -> str:
    """Letters, digits and spaces alone."""
    return "".join(one for one in text if one.isalnum() or one == " ")


LABEL_FAULTS = [
    LabelFault("shuffled", "shuffled", shuffled),
    LabelFault("shuffled among equal lengths", "shuffled", shuffled_among_equals),
    LabelFault("shifted by a row", "shifted", shifted(1), words="1 row later"),
    LabelFault("shifted by three rows", "shifted", shifted(3), words="3 rows later"),
    LabelFault("shifted by two rows, the other way", "shifted", shifted(-2), words="2 rows earlier"),
    LabelFault("shifted by a row from the middle on", "shifted", shifted(1, 0.5), words="1 row later"),
    LabelFault("backwards", "backwards", each(lambda text: text[::-1])),
    LabelFault("words backwards", "words backwards", each(lambda text: " ".join(reversed(text.split())))),
    LabelFault("spaces taken out", "stripped", each(lambda text: text.replace(" ", "")), words="spaces"),
    LabelFault("signs taken out", "stripped", each(without_signs), words="signs"),
    LabelFault("small letters only", "stripped", each(str.lower), words="capitals"),
    LabelFault("spelled in jamo", "stripped", each(to_jamo), words="syllables"),
    LabelFault(
        "brought to ASCII", "stripped", each(lambda text: text.encode("ascii", "ignore").decode()), words="Hangul"
    ),
    LabelFault("cut at 10 characters", "cut", each(lambda text: text[:10]), words="at 10 characters"),
    LabelFault("cut at 25 characters", "cut", each(lambda text: text[:25]), words="at 25 characters"),
    LabelFault("upside down", "turned", turn="180", words="upside down"),
    LabelFault("a fifth upside down", "turned", turn="180", turned_share=0.2, words="upside down"),
    LabelFault("on the left side", "turned", turn="left", words="left side"),
    LabelFault("mirrored", "turned", turn="mirror", words="left for right"),
    LabelFault("top for bottom", "turned", turn="flip", words="top for bottom"),
    LabelFault("translated", "another language", each(lambda text: f"the line {len(text)} in words {hash(text) % 97}")),
]
