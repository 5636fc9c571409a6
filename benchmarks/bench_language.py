"""What the language model does to lines that it must not touch, to held-out lines and to real crops: right before and after.

    python benchmarks/bench_language.py [MODEL] [--num N] [--real FOLDER …] [--language FILE] [--changes FILE.tsv] [--out FILE.md]

The sets that it must not touch are written here, from seeds, and drawn in held-out faces: random syllables, codes, plate numbers,
names, amounts, addresses, words misspelt in print, English, source code. MODEL is an ONNX file or a checkpoint. Without fonts of
`make fonts` there is one held-out face.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.evaluation.labelled import labelled_crops
from hunmin.evaluation.predict import load_recognizer
from hunmin.evaluation.reliability import reliability
from hunmin.files import write_text
from hunmin.metrics import count_edits
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Generator, Recipe
from hunmin.synth.random_draws import pick, whole
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import ksx1001_syllables
from hunmin.text.hangul import NUM_JONG, decompose, is_syllable

SYLLABLES = "".join(ksx1001_syllables())
MISSPELT = (
    "어의없다 금새 왠일로 웬지 몇일 됬다 되요 안되 않돼 설겆이 찌게 김치찌게 육계장 오랫만에 희안하다 구지 어떻해 할께요 "
    "갈께 뵈요 역활 요세 바램 문안하다 일부로 들어나다 낳다 나았다 괜찬다 깨끗히 곰곰히 틈틈히 솔직이 가까히 일일히 훼방꾼 "
    "통털어 널부러진 짜집기 뒤치닥거리 닥달하다 건들이다 새벽녁 부억 콧털 헛점 전세집 셋방 갯수 댓가 촛점 싯가 인삿말 머릿말"
).split()
ENGLISH = (
    "the quick brown fox jumps over a lazy dog while rain keeps falling on Seoul station and every train is late by ten minutes "
    "please read all terms of service before you sign Wireless Charging Pad Made in Korea Best before end see lid Total amount due "
    "Thank you for shopping with us Open daily from nine until late Staff only Mind the step No parking at any time"
).split()
CODE = (
    "def {0}(self, {1}: int) -> str:", "    return self.{0}[{1}:]", "import {0} as {1}", "for {0} in range(len({1})):", "if ({0} != null) {{",
    "const {0} = {1}.map(x => x * 2);", "print(f'{{{0}!r}}: {{{1}}}')", "SELECT {0} FROM {1} WHERE id = 7;", "#include <{0}.h>",
    "{0}.append('{1}')", "while (i++ < {0}) {1}();", "raise ValueError('{0}')", "git commit -m '{0}'", "assert {0} == {1}, '{2}'", "# {2}: {0}", "// {2}",
)  # fmt: skip
IDENTIFIERS = "items index value count line text page reading charset width_px num_lines is_blank getName toString fooBar tmp buf".split()
SIMILAR_VOWELS = {1: 5, 5: 1, 3: 7, 11: 15, 15: 11, 10: 11, 18: 13, 13: 18, 8: 13, 4: 8, 0: 4, 2: 0, 6: 4, 20: 19, 19: 20}


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
    patterns = ("AA99-9999", "가-9999-99", "99-힣힣-999", "A9A9A9A9", "제9999-서울-99호", "힣힣9999AA", "LOT 9999힣", "999-99-99999", "가9-나9 A9")
    return "".join(parts[one]() if one in parts else one for one in pick(rng, patterns))


def plate_numbers(rng: Rng, _: Corpus) -> str:
    """Vehicle plates, old and new."""
    letter = pick(rng, "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배아바사자")
    region = pick(rng, ("", "", "서울 ", "경기 ", "부산", "인천 ", "제주", "충남 "))
    return f"{region}{whole(rng, 10, 699 if not region else 99)}{letter} {whole(rng, 1000, 9999)}"


def names(rng: Rng, corpus: Corpus) -> str:
    """Names of people as lists and forms have them."""
    family = pick(rng, "김이박최정강조윤장임한오서신권황안송류홍전고문손양배백허남심노하곽성차주우구나민진엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용")
    given = "".join(pick(rng, SYLLABLES) for _ in range(2)) if rng.random() < 0.3 else corpus.fill(rng, "person", True)[1:]  # noqa: PLR2004
    name = family + given.replace(" ", "")
    return pick(rng, ("{0}", "성명: {0}", "{0} 귀하", "대표 {0}", "{0}({1})", "담당자 {0} {1}")).format(name, whole(rng, 10, 99))


def amounts(rng: Rng, _: Corpus) -> str:
    """Sums of money, in digits and spelt out."""
    number = f"{whole(rng, 1, 99_999_999):,}"
    spelt = "".join(pick(rng, "일이삼사오육칠팔구") + unit for unit in ("억", "천", "백", "십", "만", "천", "백", "십") if rng.random() < 0.5)  # noqa: PLR2004
    return pick(rng, (f"{number}원", f"₩{number}", f"합계 {number}", f"일금 {spelt or '오만'}원정", f"금 {spelt or '삼백'} 원", f"{number}원/월"))


def addresses(rng: Rng, corpus: Corpus) -> str:
    """Addresses with held-out and invented names of places."""
    if rng.random() < 0.5:  # noqa: PLR2004
        return corpus.fill(rng, "address", True)[:40]
    invented = "".join(pick(rng, SYLLABLES) for _ in range(2))
    return f"{invented}{pick(rng, ('동', '리', '읍', '면'))} {invented}{pick(rng, ('로', '길'))} {whole(rng, 1, 400)}-{whole(rng, 1, 30)}"


def misspelt(rng: Rng, corpus: Corpus) -> str:
    """Words printed with a mistake: common ones, and held-out text with one vowel changed for a similar one."""
    if rng.random() < 0.3:  # noqa: PLR2004
        return " ".join(pick(rng, MISSPELT) for _ in range(whole(rng, 1, 3)))
    text = corpus.prose(rng, 24, held_out=True).strip() or "가나"
    places = [i for i, one in enumerate(text) if is_syllable(one) and decompose(one).jung in SIMILAR_VOWELS]
    if not places:
        return text
    place = pick(rng, places)
    jung = decompose(text[place]).jung
    return text[:place] + chr(ord(text[place]) + (SIMILAR_VOWELS[jung] - jung) * NUM_JONG) + text[place + 1 :]


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
class Crop:
    """A crop and what stands there."""

    image: NDArray[np.uint8]
    label: str


def untouchable(characters: str, num: int, seed: int = 20) -> Iterator[tuple[str, list[Crop]]]:
    """Each of `SETS`, drawn in held-out faces."""
    corpus, faces = load_corpus(frozenset(characters)), load_faces()
    for name, (write, kind) in SETS.items():
        config = replace(default_config(), held_out=True, kinds={kind: 1.0})
        generator = Generator(faces, WrittenHere(corpus, write), config)
        samples = [generator.sample(seed, 0, index) for index in range(num)]
        yield name, [Crop(sample.image, sample.text) for sample in samples]
