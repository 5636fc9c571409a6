"""What a language model knows after counting."""

from pathlib import Path

import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.language import build as building
from hunmin.language.build import build, read_texts
from hunmin.language.model import ORDER, Language, codes, follow, histories_of, start
from tests.language.texts import SENTENCES


@pytest.fixture(scope="module")
def language() -> Language:
    return build(SENTENCES)


def probability(language: Language, before: str, character: str) -> float:
    line = before + character
    return float(language(histories_of(codes(line))[-1:], codes(character))[0, 0])


def test_probabilities_after_any_history_sum_to_one(language: Language) -> None:
    every = codes("".join(map(chr, range(0xAC00, 0xD7A4))) + " ")
    for before in ("", "나라의 ", "말", "힣힣힣힣", "사람"):
        total = float(language(histories_of(codes(f"{before}가"))[-1:], every).sum())
        assert 0.9 < total <= 1.01, before


def test_what_was_read_often_is_likely_and_the_longest_history_tells_most(language: Language) -> None:
    assert probability(language, "나라의 말", "이") > 0.3
    assert probability(language, "나라의 말", "하") < probability(language, "백성이 말", "하")
    assert probability(language, "힣힣힣힣", "이") < 0.1


def test_an_unseen_character_is_unlikely_but_not_impossible(language: Language) -> None:
    assert 0 < probability(language, "나라의 말", "뷁") < 1e-3


def test_the_probability_is_that_of_witten_and_bell() -> None:
    """Two words, by hand: after the space both 가 and 나 were seen once, so half of the mass is left to shorter histories."""
    language = build(["가", "나"])
    single = (1 + 3 / 11_547) / (
        4 + 3
    )  # of 가: one of four characters (가, 나 and two spaces), three of them different
    assert probability(language, "", "가") == pytest.approx((1 + 2 * single) / (2 + 2), rel=1e-3)


def test_digits_count_as_one_character() -> None:
    assert codes("7가z").tolist() == codes("0가z").tolist()
    language = build(["제12조 1항"])
    assert probability(language, "제98", "조") == probability(language, "제12", "조") > 0.3


def test_histories_are_the_same_all_at_once_and_one_after_the_other() -> None:
    line = codes("가나다라마바")
    history, rows = start(), []
    for character in line:
        rows.append(history[0])
        history = follow(history, character[None])
    assert histories_of(line).shape == (6, ORDER)
    np.testing.assert_array_equal(histories_of(line), rows)


def test_no_n_gram_reaches_from_one_text_into_the_next() -> None:
    language = build(["가나", "다라"])
    assert probability(language, "가나 ", "다") == pytest.approx(probability(language, "힣힣 ", "다"))


def test_counting_in_chunks_gives_the_same_as_counting_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = build(SENTENCES)
    monkeypatch.setattr(building, "CHUNK", 10)
    in_chunks = build(SENTENCES)
    for one, other in (
        (at_once.keys, in_chunks.keys),
        (at_once.counts, in_chunks.counts),
        (at_once.num_followers, in_chunks.num_followers),
    ):
        np.testing.assert_array_equal(one, other)


def test_rare_n_grams_that_nothing_followed_can_be_left_out() -> None:
    whole, pruned = build(SENTENCES), build(SENTENCES, least_count=2)
    assert len(pruned.keys) < 0.8 * len(whole.keys)
    assert np.isin(pruned.keys, whole.keys).all()
    assert probability(pruned, "나라", "의") == pytest.approx(probability(whole, "나라", "의"), rel=0.5)


def test_without_a_text_there_is_no_language(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n  \n", encoding="utf-8")
    with pytest.raises(InputError, match="no text to learn from"):
        build(read_texts([tmp_path / "empty.txt"]))


def test_texts_are_read_line_by_line_in_the_form_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeff가  나\n\n\u1112\u1161\u11ab \n".encode())
    assert list(read_texts([path])) == ["가 나", "한"]
    path.write_bytes("가".encode("cp949"))
    with pytest.raises(InputError, match=r"texts\.txt: is no UTF-8 text"):
        list(read_texts([path]))
