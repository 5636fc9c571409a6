"""What the language model does to lines that it must not touch, to held-out lines and to real crops: right before and after.

    python benchmarks/bench_language.py [MODEL] [--num N] [--real FOLDER …] [--language FILE] [--changes FILE.tsv] [--out FILE.md]

The sets that it must not touch are written here, from seeds, and drawn in held-out faces: random syllables, codes, plate numbers,
names, amounts, addresses, words misspelt in print, English, source code. MODEL is an ONNX file or a checkpoint. Without fonts of
`make fonts` there is one held-out face.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

import cv2
from numpy.random import Generator as Rng

from hunmin.evaluation.labelled import LabelledCrop, labelled_crops
from hunmin.evaluation.predict import load_recognizer
from hunmin.evaluation.reliability import reliability
from hunmin.files import write_text
from hunmin.metrics import count_edits
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Generator
from hunmin.synth.random_draws import chance, pick, whole
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import ksx1001_syllables
from hunmin.text.hangul import JUNG, NUM_JONG, decompose, is_syllable

SYLLABLES = "".join(ksx1001_syllables())
FAMILY_NAMES = (
    "김이박최정강조윤장임한오서신권황안송류홍전고문손양배백허남심노하곽성차주우구나민진엄채원천방공현함변염여추도"
)
MISSPELT = (
    "어의없다 금새 왠일로 웬지 몇일 됬다 되요 안되 않돼 설겆이 찌게 김치찌게 육계장 오랫만에 희안하다 구지 어떻해 할께요 "
    "갈께 뵈요 역활 요세 바램 문안하다 일부로 들어나다 낳다 나았다 괜찬다 깨끗히 곰곰히 틈틈히 솔직이 가까히 일일히 훼방꾼 "
    "통털어 널부러진 짜집기 뒤치닥거리 닥달하다 건들이다 새벽녁 부억 콧털 헛점 전세집 셋방 갯수 댓가 촛점 싯가 인삿말 머릿말"
).split()
ENGLISH = (
    "the quick brown fox jumps over a lazy dog while rain keeps falling on Seoul station and every train is late by ten minutes "
    "please read all terms of service before you sign Wireless Charging Pad Made in Korea Best before end see lid Total due "
    "Thank you for shopping with us Open daily from nine until late Staff only Mind the step No parking at any time"
).split()
CODE = (
    "def {0}(self, {1}: int) -> str:", "    return self.{0}[{1}:]", "import {0} as {1}", "for {0} in range(len({1})):",
    "if ({0} != null) {{", "const {0} = {1}.map(x => x * 2);", "print(f'{{{0}!r}}: {{{1}}}')", "// {2}",
    "SELECT {0} FROM {1} WHERE id = 7;", "#include <{0}.h>", "{0}.append('{1}')", "while (i++ < {0}) {1}();",
    "raise ValueError('{0}')", "git commit -m '{0}'", "assert {0} == {1}, '{2}'", "# {2}: {0}",
)  # fmt: skip
IDENTIFIERS = (
    "items index values count line page reading charset width_px num_lines is_blank getName toString tmp".split()
)
CODES = (
    "AA99-9999", "가-9999-99", "99-힣힣-999", "A9A9A9A9", "제9999-서울-99호", "힣힣9999AA", "LOT 9999힣", "999-99-99999",
    "가9-나9 A9",
)  # fmt: skip
SIMILAR_VOWELS = dict(zip("ㅐㅔㅓㅗㅜㅛㅠㅡㅏㅣㅢㅚㅙㅕ", "ㅔㅐㅏㅜㅗㅠㅛㅜㅓㅢㅣㅙㅚㅖ", strict=True))


def random_syllables(rng: Rng, _: Corpus) -> str:
    """Syllables of KS X 1001 without meaning, in words of two to five."""
    words = ["".join(pick(rng, SYLLABLES) for _ in range(whole(rng, 2, 5))) for _ in range(whole(rng, 1, 4))]
    return " ".join(words)


def codes(rng: Rng, _: Corpus) -> str:
    """Serial, lot and order numbers, with single syllables in them."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    parts = {
        "A": lambda: pick(rng, letters),
        "9": lambda: str(whole(rng, 0, 9)),
        "가": lambda: pick(rng, "가나다라마바사아자차카타파하갑을병정무기경신임계"),
        "힣": lambda: pick(rng, SYLLABLES),
    }
    return "".join(parts[one]() if one in parts else one for one in pick(rng, CODES))


def plate_numbers(rng: Rng, _: Corpus) -> str:
    """Vehicle plates, old and new."""
    letter = pick(rng, "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배아바사자")
    region = pick(rng, ("", "", "서울 ", "경기 ", "부산", "인천 ", "제주", "충남 "))
    return f"{region}{whole(rng, 10, 699 if not region else 99)}{letter} {whole(rng, 1000, 9999)}"


def names(rng: Rng, corpus: Corpus) -> str:
    """Names of people as lists and forms have them."""
    is_invented = chance(rng, 0.3)
    given = "".join(pick(rng, SYLLABLES) for _ in range(2)) if is_invented else corpus.fill(rng, "person", True)[1:]
    name = pick(rng, FAMILY_NAMES) + given.replace(" ", "")
    return pick(rng, ("{0}", "성명: {0}", "{0} 귀하", "대표 {0}", "{0}({1})", "담당자 {0} {1}")).format(
        name, whole(rng, 10, 99)
    )


def amounts(rng: Rng, _: Corpus) -> str:
    """Sums of money, in digits and spelt out."""
    number = f"{whole(rng, 1, 99_999_999):,}"
    units = [unit for unit in "억천백십만천백십" if chance(rng, 0.5)] or ["만"]
    spelt = "".join(pick(rng, "일이삼사오육칠팔구") + unit for unit in units)
    forms = (f"{number}원", f"₩{number}", f"합계 {number}", f"일금 {spelt}원정", f"금 {spelt} 원", f"{number}원/월")
    return pick(rng, forms)


def addresses(rng: Rng, corpus: Corpus) -> str:
    """Addresses with held-out and invented names of places."""
    if chance(rng, 0.5):
        return corpus.fill(rng, "address", True)[:40]
    invented = "".join(pick(rng, SYLLABLES) for _ in range(2))
    number = f"{whole(rng, 1, 400)}-{whole(rng, 1, 30)}"
    return f"{invented}{pick(rng, ('동', '리', '읍', '면'))} {invented}{pick(rng, ('로', '길'))} {number}"


def misspelt(rng: Rng, corpus: Corpus) -> str:
    """Words printed with a mistake: common ones, and held-out text with one vowel changed for a similar one."""
    if chance(rng, 0.3):
        return " ".join(pick(rng, MISSPELT) for _ in range(whole(rng, 1, 3)))
    text = corpus.prose(rng, 24, held_out=True).strip() or "가나"
    places = [i for i, one in enumerate(text) if is_syllable(one) and JUNG[decompose(one).jung] in SIMILAR_VOWELS]
    if not places:
        return text
    place = pick(rng, places)
    jung = decompose(text[place]).jung
    other = JUNG.index(SIMILAR_VOWELS[JUNG[jung]])
    return text[:place] + chr(ord(text[place]) + (other - jung) * NUM_JONG) + text[place + 1 :]


def english(rng: Rng, _: Corpus) -> str:
    """English words in a row."""
    start = whole(rng, 0, len(ENGLISH) - 6)
    return " ".join(ENGLISH[start : start + whole(rng, 1, 5)])


def source_code(rng: Rng, corpus: Corpus) -> str:
    """Lines of programs, some with a Korean remark."""
    remark = corpus.prose(rng, 10, held_out=True).strip()
    return pick(rng, CODE).format(pick(rng, IDENTIFIERS), pick(rng, IDENTIFIERS), remark).strip()


SETS: dict[str, tuple[Callable[[Rng, Corpus], str], str]] = {
    "random syllables": (random_syllables, "sign"),
    "codes": (codes, "form"),
    "plate numbers": (plate_numbers, "sign"),
    "names": (names, "form"),
    "amounts": (amounts, "receipt"),
    "addresses": (addresses, "form"),
    "misspelt": (misspelt, "document"),
    "English": (english, "screen"),
    "source code": (source_code, "screen"),
}
"""What must not change: who writes it, and as which kind of line it is drawn."""


class WrittenHere(Corpus):
    """A corpus whose lines one of `SETS` writes."""

    def __init__(self, corpus: Corpus, write: Callable[[Rng, Corpus], str]) -> None:
        """Write with `write`, which may ask `corpus` for held-out words."""
        self.__dict__.update(corpus.__dict__)
        self._write, self._words = write, corpus

    def line(self, rng: Rng, kind: str, max_length: int, held_out: bool = False, min_length: int = 1) -> str:
        """As `Corpus.line`."""
        while True:
            text = " ".join(self._write(rng, self._words).split())[:max_length].strip()
            if len(text) >= min_length and self.can_write(text):
                return text


@dataclass(frozen=True)
class Row:
    """One set, read by the image alone and with the language."""

    name: str
    num: int
    num_right: tuple[int, int]
    """Off and on, spaces aside."""
    num_lost: int
    """Right by the image alone, wrong with the language."""
    num_won: int
    ece: tuple[float | None, float | None]
    seconds: tuple[float, float]

    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        right, eces = (
            [100 * one / self.num for one in self.num_right],
            ["" if one is None else f"{one:.3f}" for one in self.ece],
        )
        return (
            self.name, f"{self.num:,}", f"{right[0]:.1f}", f"{right[1]:.1f}", f"{right[1] - right[0]:+.1f}",
            str(self.num_lost), str(self.num_won), *eces, f"{self.seconds[1] / self.seconds[0]:.2f}",
        )  # fmt: skip


HEADINGS = ("set", "lines", "right off", "right on", "change", "lost", "won", "ECE off", "ECE on", "time")


def untouchable(characters: str, num: int, seed: int) -> Iterator[tuple[str, list[LabelledCrop]]]:
    """Each of `SETS`, drawn in held-out faces."""
    corpus, faces = load_corpus(frozenset(characters)), load_faces()
    for name, (write, kind) in SETS.items():
        config = replace(default_config(), held_out=True, kinds={kind: 1.0})
        yield name, drawn(Generator(faces, WrittenHere(corpus, write), config), num, seed)


def drawn(generator: Generator, num: int, seed: int) -> list[LabelledCrop]:
    """The first samples of a generator."""
    samples = [generator.sample(seed, 0, index) for index in range(num)]
    return [LabelledCrop(sample.id, sample.text, sample.kind, sample.image) for sample in samples]


def compare(
    name: str, off: Recognizer, on: Recognizer, crops: Sequence[LabelledCrop], changes: list[tuple[str, ...]]
) -> Row:
    """Read crops with both, in turns of 50, so that a busy moment of the machine meets both."""
    seconds = [0.0, 0.0]
    readings: tuple[list[Reading], list[Reading]] = ([], [])
    for start in range(0, len(crops), 50):
        images = [crop.image for crop in crops[start : start + 50]]
        for which, recognizer in enumerate((off, on)):
            started = time.perf_counter()
            readings[which].extend(recognizer.recognize(images))
            seconds[which] += time.perf_counter() - started
    right = [
        [
            count_edits(one.text, crop.label, spaces=False, fold=True).num_edits == 0
            for one, crop in zip(of_one, crops, strict=True)
        ]
        for of_one in readings
    ]
    for crop, before, after in zip(crops, *readings, strict=True):
        if before.text != after.text:
            changes.append((name, crop.label, before.text, after.text))
    trust = [reliability([one.confidence for one in of_one], ok) for of_one, ok in zip(readings, right, strict=True)]
    pairs = Counter(zip(*right, strict=True))
    return Row(
        name, len(crops), (sum(right[0]), sum(right[1])), pairs[True, False], pairs[False, True],
        (trust[0].ece if trust[0] else None, trust[1].ece if trust[1] else None), (seconds[0], seconds[1]),
    )  # fmt: skip


def main() -> None:
    """Print the table, and write it and what changed where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="bundled")
    parser.add_argument("--num", type=int, default=500, help="lines of each set")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument(
        "--real", type=Path, nargs="*", default=[], help="folders of labelled crops, a row for each kind"
    )
    parser.add_argument("--language", default="default", help="a file of hunmin language")
    parser.add_argument("--changes", type=Path, help="write what was read otherwise as TSV: set, label, off, on")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    off, on = (load_recognizer(options.model, 1, language) for language in ("off", options.language))
    held_out = Generator(
        load_faces(), load_corpus(frozenset(off.spec.characters)), replace(default_config(), held_out=True)
    )
    sets = chain(
        ((f"{folder.name}: {kind}", list(crops)) for folder in options.real for kind, crops in by_kind(folder)),
        [("held-out lines", drawn(held_out, options.num, options.seed))],
        untouchable(off.spec.characters, options.num, options.seed),
    )
    changes: list[tuple[str, ...]] = []
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    print("\n".join(lines))
    for name, crops in sets:
        lines.append("| " + " | ".join(compare(name, off, on, crops, changes).cells()) + " |")
        print(lines[-1], flush=True)
    if options.out:
        write_text(options.out, "\n".join(lines) + "\n")
    if options.changes:
        write_text(options.changes, "".join("\t".join(change) + "\n" for change in changes))


def by_kind(folder: Path) -> Iterator[tuple[str, Iterator[LabelledCrop]]]:
    """The labelled crops of a folder, kind by kind."""
    crops = sorted(labelled_crops(folder), key=lambda crop: crop.kind)
    return groupby(crops, key=lambda crop: crop.kind)


if __name__ == "__main__":
    main()
