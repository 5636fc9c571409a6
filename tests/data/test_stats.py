"""Statistics of a store."""

import pytest

from hunmin.data.stats import data_stats, script
from tests.data.lines import CHARSET, line


def test_counts_over_samples() -> None:
    stats = data_stats([line(0, width=48), line(1, text="가A 뷁뷁", width=96), line(2, text="", width=48)], CHARSET)
    assert stats.num_samples == 3
    assert stats.num_empty_labels == 1
    assert stats.label_lengths == {4: 1, 5: 1, 0: 1}
    assert stats.aspects == {2: 2, 4: 1}
    assert stats.widths_px == {48: 2, 96: 1}
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
