"""Write the bundled list of English words: `english_words.py OUT SCOWL`; the same lists give the same bytes.

SCOWL is Debian's folder of Kevin Atkinson's word lists (package `scowl`, /usr/share/dict/scowl). The most usual words come first,
then a part of the less usual ones and of names, each in random order.
"""

import gzip
import re
import sys
from pathlib import Path

import numpy as np

from hunmin.files import write_bytes

USUAL, LESS_USUAL, RARE = "english-words.10", "english-words.20", "english-words.35"
NAMES = ("english-proper-names.50", "english-upper.35", "american-words.10", "american-words.20")
NUM_RARE, NUM_NAMES = 12_000, 3_000
LONGEST = 14
OFFENSIVE = re.compile(
    r"fuck|shit|cunt|bitch|whore|slut|nigg|fagg|dyke|rape|raping|porn|penis|vagina|tits|titt|bastard|arse|asshole|piss|wank|turd|"
    r"\bkike|\bspic\b|chink|gook|wetback|faggot|pussy|dildo|masturb|orgasm|semen|scrotum|testicle|prostitut|nazi|coon|dago|honky",
    re.IGNORECASE,
)


def main(out: Path, folder: Path) -> None:
    """Write it."""
    rng = np.random.default_rng(20261130)
    usual, less_usual, rare = (words(folder, name) for name in (USUAL, LESS_USUAL, RARE))
    names = [word for name in NAMES for word in words(folder, name)]
    mixed = {*less_usual, *part(rng, rare, NUM_RARE), *part(rng, names, NUM_NAMES)} - set(usual)
    chosen = [*part(rng, usual, len(usual)), *part(rng, sorted(mixed), len(mixed))]
    write_bytes(out / "english.txt.gz", gzip.compress(("\n".join(chosen) + "\n").encode(), 9, mtime=0))
    print(f"{len(chosen)} words")


def words(folder: Path, name: str) -> list[str]:
    """The words of a list that are letters alone, but for offensive ones."""
    entries = (folder / name).read_text("latin-1").split()
    return [
        word
        for word in entries
        if word.isascii() and word.isalpha() and 1 < len(word) <= LONGEST and not OFFENSIVE.search(word)
    ]


def part(rng: np.random.Generator, entries: list[str], num: int) -> list[str]:
    """So many of them at most, in random order."""
    return [entries[i] for i in rng.permutation(len(entries))[:num]]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
