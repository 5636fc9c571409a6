"""The one normal form that labels are kept in, and the looser one that they are compared in."""

import re
import unicodedata

_WHITE_SPACE = re.compile(r"\s+")

_SAME_LOOK = {
    **dict.fromkeys("ㆍ・•∙‧･", "·"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("‘’`´′", "'"),
    **dict.fromkeys("–—−‐‑―", "-"),
    "〜": "~",
    "￦": "₩",
    "×": "x",
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width forms of ASCII
}
_FOLD = str.maketrans(_SAME_LOOK)


def normalize_label(text: str) -> str:
    """Bring a label into the form that models learn: NFC, each run of white space one space, none at the ends.

    Nothing else changes. In NFC a syllable is one character; macOS file names and some annotation tools deliver NFD, where 한 is
    three.
    """
    return _WHITE_SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def escape_lone_surrogates(text: str) -> str:
    r"""`text` with every half of a surrogate pair as an escape such as `\ud83d`; JSON may have one alone, UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


def fold_for_comparison(text: str) -> str:
    """Map characters that print alike (`ㆍ`·`•`, `“`·`"`, `－`·`-`, `￦`·`₩`, `×`·`x` …) to one of them, after `normalize_label`.

    For comparing predictions with labels, never for training labels: a model learns what is printed.
    """
    return normalize_label(unicodedata.normalize("NFC", text).translate(_FOLD))
