"""Statistics of a store."""

from collections import Counter

import pytest

from hunmin.data.inspect.stats import data_stats, percentile, script
from tests.data.lines import CHARSET, line


def test_counts_over_samples() -> None:
    stats = data_stats([line(0, width=48), line(1, text="가A 뷁뷁", width=96), line(2, text="", width=48)], CHARSET)
    assert stats.num_samples == 3
    assert stats.num_empty_labels == 1
    assert stats.label_lengths == {4: 1, 5: 1, 0: 1}
    assert stats.aspects == {2: 2, 4: 1}
    assert stats.widths_px == {48: 2, 96: 1}
    assert stats.pitches_px == {16: 1, 26: 1}
    assert stats.heights_px == {24: 3}
    assert stats.scripts == {"hangul": 5, "space": 2, "digit": 1, "latin": 1}
    assert stats.unknown_characters == {"뷁": 2, "A": 1}
    assert stats.num_samples_with_unknown == 1
    assert stats.kinds == {"document": 2, "sign": 1}


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("한", "hangul"), ("ㄱ", "jamo"), ("A", "latin"), ("Ａ", "latin"), ("漢", "cjk"), ("あ", "hiragana"),
        ("ア", "katakana"), ("Ω", "greek"), ("Я", "cyrillic"), ("７", "digit"), (" ", "space"), ("₩", "symbol"),
        ("①", "symbol"), ("\ue000", "symbol"),
    ],
)  # fmt: skip
def test_scripts_are_told_apart(character: str, name: str) -> None:
    assert script(character) == name


def test_a_percentile_is_a_value_that_was_counted() -> None:
    counts = Counter({1: 50, 7: 49, 100: 1})
    assert [percentile(counts, share) for share in (0.5, 0.51, 0.99, 1.0)] == [1, 7, 7, 100]
    assert percentile(Counter(), 0.5) == 0
