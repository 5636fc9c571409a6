"""Build the bundled language model: `language.py OUT.npz MORE.gz…`; the same texts give the same bytes.

MORE.gz are sentences that `sentences.py` wrote.
"""

import gzip
import sys
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from hunmin.language.build import build
from hunmin.language.file import save_language
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.synth.texts.lexicon import load_texts
from hunmin.text.charset import korean

TEMPLATES = (
    "receipt", "sign", "screen", "form", "note", "item", "price",
    "name", "address", "structured", "heading", "shop", "chat", "bullet", "latin",
)  # fmt: skip
NUM_OF_EACH = 3000
LEAST_COUNT = 2
"""Of n-grams that nothing followed; keeping all makes the file half again as large and reads no better."""


def template_lines(corpus: Corpus) -> list[str]:
    """What receipts, signs, forms and screens say, each text once."""
    lines = {corpus.fill(np.random.default_rng([6, i]), group) for group in TEMPLATES for i in range(NUM_OF_EACH)}
    return sorted(line for line in lines if corpus.held_out_words.isdisjoint(line.split()))


def main() -> None:
    """Build and write it."""
    charset = frozenset(korean().characters)
    texts = load_texts(charset, [], []).train
    starts = [*texts.sentence_starts, len(texts.prose) + 1]
    sentences = [texts.prose[start : end - 1] for start, end in pairwise(starts)]
    words = chain(texts.common, texts.nouns, texts.places, texts.phrases, texts.verbs)
    english = chain.from_iterable((word, word[:1].upper() + word[1:], word.upper()) for word in texts.english)
    more = (line for path in sys.argv[2:] for line in gzip.open(path, "rt", encoding="utf-8").read().splitlines())
    out = Path(sys.argv[1])
    lines = chain(sentences, more, words, english, template_lines(load_corpus(charset)))
    save_language(build(lines, least_count=LEAST_COUNT), out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
