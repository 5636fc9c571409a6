"""Collect the Korean sentences of documentation files into one local list.

Usage: python recipes/texts/document_sentences.py FOLDER…
Reads .html and .page files below a folder `ko`, and the message catalogues `ko/LC_MESSAGES/*.mo`.
"""

import gettext
import gzip
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from hunmin.files import write_bytes
from hunmin.text.normalize import normalize_label

TARGET = Path.home() / ".cache" / "hunmin" / "texts" / "sentences.txt.gz"
BLOCK = re.compile(r"<(?:p|h\d|li|td|th|title|desc|item)\b[^>]*>(.*?)</(?:p|h\d|li|td|th|title|desc|item)>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
SENTENCE = re.compile(r"(?<=[다요까오]\.)\s+|(?<=[?!])\s+")
# Placeholders, code words, accelerator marks: nothing that stands on paper.
UNFIT = re.compile(r"%[\w.\-]*|\$[\w{(]|\\[a-z]|[{}<>|_^~`@]|&\w+;|--\w|\w::|[一-鿿]")
ENOUGH_HANGUL = 0.4


def main(folders: list[Path]) -> None:
    """Write every fitting sentence once."""
    found: dict[str, None] = {}
    for folder in folders:
        for text in [*markup_texts(folder), *catalogue_texts(folder)]:
            for sentence in SENTENCE.split(normalize_label(text)):
                if fits(sentence):
                    found.setdefault(sentence)
    if not found:
        sys.exit(f"texts: no Korean sentence below {', '.join(map(str, folders))}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(TARGET, gzip.compress(("\n".join(found) + "\n").encode(), 9, mtime=0))
    print(f"{TARGET}: {len(found)} sentences")


def markup_texts(folder: Path) -> Iterator[str]:
    """The text of paragraphs, headings, table cells."""
    for path in sorted(folder.rglob("ko/**/*")):
        if path.suffix in {".html", ".page"} and path.is_file():
            for block in BLOCK.findall(path.read_text(encoding="utf-8", errors="replace")):
                yield html.unescape(TAG.sub("", block))


def catalogue_texts(folder: Path) -> Iterator[str]:
    """The translations in message catalogues."""
    for path in sorted(folder.rglob("ko/LC_MESSAGES/*.mo")):
        # Thousands of names of languages and regions, spelled in Hangul by rule: no text that anybody prints.
        if path.name.startswith("iso"):
            continue
        with path.open("rb") as file:
            try:
                catalogue = gettext.GNUTranslations(file)
            except (OSError, UnicodeDecodeError):
                print(f"skipped {path}: not a readable catalogue")
                continue
        # The standard library offers no public way to list the messages of a catalogue.
        messages = catalogue._catalog.values()  # type: ignore[attr-defined]
        for message in messages:
            yield from message.splitlines()


def fits(sentence: str) -> bool:
    """Long enough, mostly Hangul, and free of code."""
    num_hangul = sum("가" <= char <= "힣" for char in sentence)
    return 6 <= len(sentence) <= 120 and num_hangul >= ENOUGH_HANGUL * len(sentence) and not UNFIT.search(sentence)  # noqa: PLR2004


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
