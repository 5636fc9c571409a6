"""One code point for what prints alike.

Unicode has several characters for one printed sign: nobody can tell from a picture whether ₩ was typed as U+20A9 or as the
full-width U+FFE6, or a middle dot as U+00B7 or as the Korean arae-a U+318D. A model that learns all of them picks one at random,
and whoever searches its text finds half of it. So labels are made canonical before a model learns them, and readings are made
canonical before they are returned (`Recognizer(canonical=False)` returns what the model said).

Every variant maps to exactly one character, so boxes and lengths stay. Signs that differ in print keep their own code point,
however small the difference: curly and straight quotes, · and •, × and x, — and -, ○ and O.
"""

from typing import Final

VARIANTS: Final[dict[str, str]] = {
    "·": "\u318d\u30fb\u2219\u2027\u22c5\uff65\u119e",  # ㆍ ・ ∙ ‧ ⋅ ･ and the jamo arae-a
    "…": "\u22ef",  # ⋯
    "-": "\u2010\u2011\u2012\u2013\u2212\ufe63",  # ‐ ‑ ‒ – − ﹣
    "—": "\u2015",  # ―
    "~": "\u301c\u223c\u02dc",  # 〜 ∼ ˜
    "₩": "\uffe6",
    "'": "\u00b4\u2032\u02b9",  # ´ ′ ʹ
    '"': "\u2033",  # ″
    "°": "\u00ba\u02da",  # º ˚
    "○": "\u3007\u25ef",  # 〇 ◯
    "μ": "\u00b5",  # the micro sign; the other is Greek
    "I": "\u2160",
    "V": "\u2164",
    "X": "\u2169",
    "i": "\u2170",
    "v": "\u2174",
    "x": "\u2179",
    "「": "\uff62",
    "」": "\uff63",
    "、": "\uff64",
    "。": "\uff61",
    "《": "\u226a",
    "》": "\u226b",
    "¢": "\uffe0",
    "£": "\uffe1",
    "¥": "\uffe5",
    "¦": "\uffe4",
}
"""Canonical character → the variants that print like it. The full-width forms of ASCII (U+FF01 to U+FF5E) come on top."""

_FULL_WIDTH: Final = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
TO_CANONICAL: Final[dict[str, str]] = {
    **{variant: one for one, variants in VARIANTS.items() for variant in variants},
    **_FULL_WIDTH,
}
"""Variant → canonical character; what is not in it is canonical already."""
_TABLE: Final = str.maketrans(TO_CANONICAL)


def canonical(text: str) -> str:
    """`text` with one code point for what prints alike; as long as before."""
    return text.translate(_TABLE)
