"""Write sentences that nobody wrote, sampled from the language model in the Apache-2.0 wheel kiwipiepy_model.

Usage: python recipes/texts/sentences.py OUT.gz COUNT SEED, in an environment with kiwipiepy (30 sentences a second).

The model knows a few words of context, so the text is fluent over short stretches and goes nowhere: what a line
recognizer needs, and free of anybody's copyright. Half of the sentences start from a noun drawn far down the frequency
list, because the model's own openings repeat themselves.
"""

import gzip
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
from kiwipiepy import Kiwi
from word_lists import OFFENSIVE, mecab_rows

from hunmin.files import write_bytes

CONTEXT, MAX_MORPHEMES, NUM_CANDIDATES, TAIL = 8, 36, 250, 0.95
QUESTION = re.compile(r"(까|가|니|냐|나요|까요|가요|죠|지)$")
NUMBER_RANGES = {
    "년": (1900, 2030),
    "월": (1, 12),
    "일": (1, 31),
    "시": (1, 24),
    "분": (0, 59),
    "세": (1, 99),
    "살": (1, 99),
}
LATIN = "AI IT PC TV CEO CD DVD GDP IMF UN EU FTA SNS KBS MBC DNA OECD WTO NGO IPTV MP3 R&D USB CCTV".split()
LATIN += "ATM NASA LED LCD".split()
# The same word three times, or one that nobody wants to find in a published file.
LAME = re.compile(rf"(\b\S+\b)( \1){{2}}|{OFFENSIVE.pattern}")
# Classes of morphemes that the model predicts without a form, and would only leave a hole.
HOLES = {
    "UN",
    "SH",
    "SW",
    "SB",
    "SO",
    "Z_CODA",
    "Z_SIOT",
    "W_URL",
    "W_EMAIL",
    "W_MENTION",
    "W_HASHTAG",
    "W_SERIAL",
    "W_EMOJI",
}


class Writer:
    """Samples sentences morpheme by morpheme."""

    def __init__(self, seed: int) -> None:
        """Load the model and rank its nouns."""
        self.kiwi = Kiwi(model_type="cong", num_workers=1)
        self.rng = np.random.default_rng(seed)
        self.people = people()
        nouns = [(number, self.kiwi.morpheme(number)) for number in range(96, 40_000)]
        nouns = [(number, m) for number, m in nouns if not self.names_a_person(m.form, m.tag)]
        self.openings = [number for number, m in nouns if m.tag in {"NNG", "NNP", "MAG"} and len(m.form) > 1]
        self.names = [m.form for number, m in nouns if m.tag == "NNP" and len(m.form) > 1]
        self.nouns = [m.form for number, m in nouns if m.tag == "NNG" and len(m.form) > 1]

    def sentence(self) -> str:
        """One sentence, or an empty string where the model lost its way."""
        ids, parts = [0], []
        if self.rng.random() < 0.6:  # noqa: PLR2004
            number = self.openings[int(len(self.openings) * self.rng.random() ** 1.6)]
            morpheme = self.kiwi.morpheme(number)
            ids.append(number)
            parts.append((morpheme.form, morpheme.tag))
        for _ in range(MAX_MORPHEMES):
            candidates = [
                c
                for c in self.kiwi.predict_next_morpheme(ids[-CONTEXT:], top_n=NUM_CANDIDATES)
                if c.tag not in HOLES and not self.names_a_person(c.form, c.tag)
            ]
            weights = np.exp([c.score for c in candidates]).cumsum()
            chosen = candidates[int(np.searchsorted(weights, self.rng.random() * TAIL * weights[-1]))]
            if chosen.tag == "SF":
                break
            ids.append(chosen.id)
            parts.append((chosen.form, chosen.tag))
            if chosen.tag == "EF" and self.rng.random() < 0.9:  # noqa: PLR2004
                break
        else:
            return ""
        return self.finish(parts)

    def names_a_person(self, form: str, tag: str) -> bool:
        """True for names of people: nonsense about somebody who exists has no place in a published file."""
        return tag == "NNP" and form in self.people

    def finish(self, parts: list[tuple[str, str]]) -> str:
        """Fill the classes without a form, join, punctuate."""
        filled = []
        for i, (form, tag) in enumerate(parts):
            following = parts[i + 1][0] if i + 1 < len(parts) else ""
            filled.append((form or self.fill(tag, following), tag))
        text = unicodedata.normalize("NFC", self.kiwi.join(filled, lm_search=False))
        end = "?" if QUESTION.search(text) and self.rng.random() < 0.7 else "."  # noqa: PLR2004
        if self.rng.random() < 0.03:  # noqa: PLR2004
            end = "!" if self.rng.random() < 0.7 else "..."  # noqa: PLR2004
        return tidy(text + end)

    def fill(self, tag: str, following: str) -> str:
        """A form for a class of morphemes."""
        if tag == "SN":
            low, high = NUMBER_RANGES.get(following, (1, 10 ** int(self.rng.integers(1, 5))))
            return str(self.rng.integers(low, high + 1))
        if tag == "SL":
            return LATIN[self.rng.integers(len(LATIN))]
        if tag in {"NNP", "NR"}:
            return self.names[self.rng.integers(len(self.names))]
        if tag == "NNG":
            return self.nouns[self.rng.integers(len(self.nouns))]
        return {"SP": ",", "SSO": "(", "SSC": ")", "SE": "..."}.get(tag, "")


def people() -> set[str]:
    """Names of people in MeCab-ko's dictionary that mean nothing else."""
    rows = list(mecab_rows())
    others = {word for _, kind, word in rows if kind != "인명"}
    return {word for _, kind, word in rows if kind == "인명"} - others


def tidy(text: str) -> str:
    """Remove unpaired quotes and brackets and doubled punctuation."""
    for mark in ('"', "'"):
        if text.count(mark) % 2:
            text = text.replace(mark, "")
    if not re.fullmatch(r"[^()]*(\([^()]+\)[^()]*)*", text):
        text = text.replace("(", "").replace(")", "")
    text = re.sub(r"([\"'])\s*\1", "", text)
    text = re.sub(r"\.{4,}", "...", text)
    text = re.sub(r"\s*,[,.\s]*", ", ", text)
    return re.sub(r"\s+", " ", text).strip(" ,").replace(" .", ".")


def main(out: Path, count: int, seed: int) -> None:
    """Write `count` different sentences of 6 to 90 characters."""
    writer, found = Writer(seed), dict[str, None]()
    while len(found) < count:
        text = writer.sentence()
        if 6 <= len(text) <= 90 and re.search("[가-힣]{2}", text) and not LAME.search(text):  # noqa: PLR2004
            found.setdefault(text)
            if len(found) % 1000 == 0:
                print(f"\r{len(found)} sentences", end="", flush=True)
    write_bytes(out, gzip.compress(("\n".join(found) + "\n").encode(), 9, mtime=0))
    print(f"\r{out.name}: {len(found)} lines, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
