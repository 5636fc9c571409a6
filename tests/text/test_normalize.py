"""The normal form of labels, and the one for comparing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.text.normalize import fold_for_comparison, normalize_label


def test_decomposed_jamo_become_syllables() -> None:
    decomposed = unicodedata.normalize("NFD", "훈민정음 café")
    assert len(decomposed) > len("훈민정음 café")
    assert normalize_label(decomposed) == "훈민정음 café"


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("  가 나  ", "가 나"),
        ("가\t나\r\n다", "가 나 다"),
        ("가\u3000나", "가 나"),
        ("가\u00a0\u2003나\u2028", "가 나"),
        ("\n", ""),
        ("", ""),
    ],
)
def test_any_run_of_white_space_is_one_plain_space_and_none_stands_at_the_ends(written: str, label: str) -> None:
    assert normalize_label(written) == label


@pytest.mark.parametrize("label", ["ＡＢＣ１２３", "①②③", "㎡ ㈜ ℃", "“따옴표”…", "ㅋㅋㅋ", "₩1,000"])
def test_nothing_else_changes(label: str) -> None:
    assert normalize_label(label) == label


@given(st.text())
def test_a_normalised_label_stays_as_it_is(text: str) -> None:
    label = normalize_label(text)
    assert normalize_label(label) == label
    assert unicodedata.is_normalized("NFC", label)


@given(st.text())
def test_labels_that_differ_in_normal_form_alone_are_equal_after_it(text: str) -> None:
    decomposed, composed = (normalize_label(unicodedata.normalize(form, text)) for form in ("NFD", "NFC"))
    assert decomposed == composed


@pytest.mark.parametrize(
    "group",
    ["·ㆍ・•", '“”"„', "‘’'", "-–—－−", "~～〜", "₩￦", "x×ｘ", "(（", ")）", ":：", "%％", "/／", "AＡ"],
)
def test_characters_that_print_alike_compare_as_one(group: str) -> None:
    assert len({fold_for_comparison(character) for character in group}) == 1


def test_folding_keeps_what_prints_differently() -> None:
    for text in ("가나다", "①②", "ㄱㄴ", "「」『』", "○●", "℃㎡"):
        assert fold_for_comparison(text) == text


@given(st.text())
def test_folding_twice_is_folding_once_and_ends_in_normal_form(text: str) -> None:
    folded = fold_for_comparison(text)
    assert fold_for_comparison(folded) == folded
    assert normalize_label(folded) == folded
