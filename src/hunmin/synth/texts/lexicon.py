"""The words and sentences that lines are made of, in two halves that share nothing: for training and held out."""

import gzip
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from numpy.random import Generator as Rng

from hunmin.errors import InputError, reason_of
from hunmin.text.charset import ksx1001_syllables
from hunmin.text.hangul import is_syllable
from hunmin.text.normalize import fold_for_comparison, normalize_label

WORD_LISTS = ("common", "nouns", "places", "phrases", "verbs", "english")
LISTS = (*WORD_LISTS, "sentences")

# One text in fifty is held out, chosen by its own hash: stable when lists grow or are sorted anew.
_HELD_OUT_ONE_IN = 50
# The everyday words, most frequent first, stay in training: there is no prose without them.
_NUM_EVERYDAY_WORDS = 12_000
_NUM_EVERYDAY_ENGLISH = 4_000
_KSX1001 = frozenset(ksx1001_syllables())


@dataclass(frozen=True)
class Lexicon:
    """What one half of the texts holds. Every character is in the charset."""

    common: tuple[str, ...]
    """Everyday words, the most frequent first."""
    nouns: tuple[str, ...]
    places: tuple[str, ...]
    phrases: tuple[str, ...]
    """Titles and names of several words."""
    verbs: tuple[str, ...]
    """Conjugated verbs and adjectives."""
    english: tuple[str, ...]
    """English words and names, the usual ones first."""
    prose: str
    """All sentences, separated by spaces, in random order."""
    prose_characters: frozenset[str]
    """What `prose` is written with."""
    sentence_starts: tuple[int, ...]
    """Where in `prose` each sentence begins."""
    user_lines: tuple[tuple[str, ...], ...]
    """The lines of each of the user's corpus files."""
    frequent_syllables: str
    """The KS X 1001 syllables of the charset."""
    rare_syllables: str
    """The charset's other syllables."""
    symbols: str
    """What is neither syllable nor space, without the characters that look like another one (`fold_for_comparison`)."""
    words_with: dict[str, tuple[str, ...]]
    """Syllable → words that contain it."""

    def sentence_end_after(self, position: int) -> int:
        """Where the sentence at `position` of `prose` ends."""
        after = bisect_right(self.sentence_starts, position)
        return self.sentence_starts[after] - 1 if after < len(self.sentence_starts) else len(self.prose)


@dataclass(frozen=True)
class Texts:
    """Raw material, filtered by the charset and split."""

    train: Lexicon
    held_out: Lexicon
    held_out_words: frozenset[str]
    """Words that no line for training contains."""
    num_left_out: dict[str, int]
    """List → how many of its entries hold a character outside the charset."""


def load_texts(
    charset: frozenset[str], files: Sequence[Path], reserved: Iterable[str], folder: Path | None = None
) -> Texts:
    """Read the lists (`read_list`) and the user's files.

    Args:
        charset: what the lines may contain.
        files: the user's own texts, UTF-8, one line each.
        reserved: words that templates are built from, so never held out.
        folder: of lists that stand in for the bundled and installed ones.

    Raises:
        InputError: a file is missing, not UTF-8, or has no line inside the charset.
    """
    num_left_out: dict[str, int] = {}

    def fitting(name: str, lines: Iterable[str]) -> list[str]:
        lines = list(lines)
        kept = [line for line in lines if charset.issuperset(line)]
        num_left_out[name] = len(lines) - len(kept)
        return kept

    lists = {name: fitting(name, read_list(name, folder)) for name in WORD_LISTS}
    users = [fitting(str(path), read_user_lines(path)) for path in files]
    for path, lines in zip(files, users, strict=True):
        if not lines:
            raise InputError(f"{path}: no line of this corpus lies inside the charset of {len(charset)} characters.")

    everyday = {*lists["common"][:_NUM_EVERYDAY_WORDS], *lists["english"][:_NUM_EVERYDAY_ENGLISH]}
    held_out_words = _held_out_words(lists, everyday.union(reserved))
    train: list[str] = []
    held: list[str] = []
    for sentence in fitting("sentences", read_list("sentences", folder)):
        is_held = _is_held_out(sentence) or not held_out_words.isdisjoint(sentence.split(" "))
        (held if is_held else train).append(sentence)

    # Of a small charset some list may have nothing left; its characters then stand for words.
    alphabet = sorted(charset - {" "})

    def half(sentences: list[str], is_held: bool) -> Lexicon:
        words = {
            name: tuple([word for word in entries if _touches(word, held_out_words) is is_held] or alphabet)
            for name, entries in lists.items()
        }
        lines = tuple(tuple(line for line in user if _is_held_out(line) is is_held) for user in users)
        return _index(words, sentences or alphabet, lines, charset)

    return Texts(half(train, is_held=False), half(held, is_held=True), held_out_words, num_left_out)


def _index(
    words: dict[str, tuple[str, ...]],
    sentences: list[str],
    user_lines: tuple[tuple[str, ...], ...],
    charset: frozenset[str],
) -> Lexicon:
    """Put the lists of one half together with what speeds up drawing from them."""
    sentences = sorted(sentences, key=lambda sentence: zlib.crc32(sentence.encode()))
    starts, position = [], 0
    for sentence in sentences:
        starts.append(position)
        position += len(sentence) + 1
    syllables = sorted(filter(is_syllable, charset))
    words_with: defaultdict[str, list[str]] = defaultdict(list)
    for name in ("common", "nouns", "verbs", "places"):
        for word in words[name]:
            for char in word:
                words_with[char].append(word)
    return Lexicon(
        **words,
        prose=" ".join(sentences),
        prose_characters=frozenset().union(*sentences),
        sentence_starts=tuple(starts),
        user_lines=user_lines,
        frequent_syllables="".join(char for char in syllables if char in _KSX1001),
        rare_syllables="".join(char for char in syllables if char not in _KSX1001),
        symbols="".join(sorted(char for char in charset if _is_symbol(char))),
        words_with={char: tuple(entries) for char, entries in words_with.items()},
    )


def _held_out_words(lists: dict[str, list[str]], kept: set[str]) -> frozenset[str]:
    entries = [word for name in WORD_LISTS for word in lists[name] if _is_held_out(word)]
    return frozenset(entry for entry in entries if entry not in kept)


def _touches(entry: str, held_out_words: frozenset[str]) -> bool:
    """True where the entry, or a word of it, is held out."""
    return entry in held_out_words or not held_out_words.isdisjoint(entry.split(" "))


def _is_held_out(text: str) -> bool:
    return zlib.crc32(text.encode()) % _HELD_OUT_ONE_IN == 0


def _is_symbol(char: str) -> bool:
    return char != " " and not is_syllable(char) and fold_for_comparison(char) == char


def read_list(name: str, folder: Path | None = None) -> list[str]:
    """One of `LISTS`, an entry a line.

    Args:
        name: of the list.
        folder: where it lies as NAME.txt; None = the bundled list, and to `sentences` those that `make texts` took from
            documents on this machine, if that was run.
    """
    if folder:
        return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    lines = _unzipped(Path(str(resources.files("hunmin") / "synth" / "texts" / f"{name}.txt.gz")))
    installed = Path.home() / ".cache" / "hunmin" / "texts" / "sentences.txt.gz"
    return lines + _unzipped(installed) if name == "sentences" and installed.exists() else lines


def _unzipped(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()


def read_user_lines(path: Path) -> list[str]:
    """The lines of a user's text, normalised, without the empty ones.

    Raises:
        InputError: the file is missing, not UTF-8, or empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such corpus file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({reason_of(error)}).") from error
    lines = [line for line in map(normalize_label, text.splitlines()) if line]
    if not lines:
        raise InputError(f"{path}: empty corpus. Write one text a line.")
    return lines


def pick_common(rng: Rng, words: Sequence[str]) -> str:
    """A word of a list sorted by frequency: the first tenth as often as the rest together."""
    return words[int(len(words) * rng.random() ** 3.3)]
