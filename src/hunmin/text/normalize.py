"""The one normal form that labels are kept in, and the looser one that they are compared in."""

import re
import unicodedata

from hunmin.text.canonical import canonical

_WHITE_SPACE = re.compile(r"\s+")
# What prints nothing and comes along from web pages and chat programs: soft hyphen, zero-width space and joiners, marks of
# direction, word joiner, variation selectors, a byte order mark in the middle of a file.
_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")

# Beyond what is canonical: these differ a little in print.
_NEARLY_ALIKE = str.maketrans({"•": "·", **dict.fromkeys("“”„", '"'), **dict.fromkeys("‘’`", "'"), "—": "-", "×": "x"})


def normalize_label(text: str) -> str:
    """Bring a label into the form that models learn: NFC, each run of white space one space, none at the ends.

    Characters that print nothing, such as zero-width spaces, are left out; nothing else changes. In NFC a syllable is one
    character; macOS file names and some annotation tools deliver NFD, where 한 is three.
    """
    return _WHITE_SPACE.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", text))).strip()


def escape_lone_surrogates(text: str) -> str:
    r"""`text` with every half of a surrogate pair as an escape such as `\ud83d`; JSON may have one alone, UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


def fold_for_comparison(text: str) -> str:
    """Map characters that print alike (`ㆍ`·`•`, `“`·`"`, `－`·`-`, `￦`·`₩`, `×`·`x` …) to one of them, after `normalize_label`.

    For comparing predictions with labels only. It goes further than `canonical`: quotes, dashes and bullets that differ a
    little in print count as equal, too.
    """
    return normalize_label(canonical(unicodedata.normalize("NFC", text)).translate(_NEARLY_ALIKE))
