"""One code point for what prints alike."""

import unicodedata

import pytest

from hunmin.text.canonical import TO_CANONICAL, canonical
from hunmin.text.charset import korean
from hunmin.text.normalize import fold_for_comparison


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ("₩￦", "₩₩"),
        ("V\u2164", "VV"),
        ("~～〜∼", "~~~~"),
        ("·ㆍ・･‧∙", "······"),
        ("-‐‑–−", "-----"),
        ("１２：００（월）", "12:00(월)"),
        ("—―", "——"),
    ],
)
def test_what_prints_alike_becomes_one_code_point(variants: str, expected: str) -> None:
    assert canonical(variants) == expected


@pytest.mark.parametrize("text", ["한글 ABC 0O○ㅇ", "“가” ‘나’", "가—나-다", "3×4 x", "• 첫째 · 둘째", "Ⅱ Ⅲ Ⅳ", "①※★*"])
def test_what_differs_in_print_stays(text: str) -> None:
    assert canonical(text) == text


def test_every_canonical_character_is_canonical_itself_and_nfc() -> None:
    for one in TO_CANONICAL.values():
        assert canonical(one) == one
        assert unicodedata.normalize("NFC", one) == one


def test_lengths_stay_so_that_boxes_stay() -> None:
    text = korean().characters + "".join(TO_CANONICAL)
    assert len(canonical(text)) == len(text)


def test_the_charset_can_write_every_canonical_character() -> None:
    assert not [one for one in TO_CANONICAL.values() if one not in korean()]


def test_comparison_folds_at_least_what_is_canonical() -> None:
    for variant, one in TO_CANONICAL.items():
        assert fold_for_comparison(f"가{variant}나") == fold_for_comparison(f"가{one}나")
