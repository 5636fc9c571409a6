"""Texts: lines of the right length and characters, balanced, repeatable, and split into two halves."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.synth.recipe import corpus_files
from hunmin.synth.texts.corpus import KINDS, Corpus, load_corpus
from hunmin.synth.texts.lexicon import load_texts
from hunmin.synth.texts.templates import Templates
from hunmin.text.charset import korean, ksx1001_syllables

CHARSET = frozenset(korean().characters)


@pytest.fixture(scope="module", autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> object:
    """No installed sentences, whatever machine the tests run on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def corpus(empty_home: object) -> Corpus:
    return load_corpus(CHARSET)


def lines(corpus: Corpus, count: int, max_length: int = 60, seed: int = 0, held_out: bool = False) -> list[str]:
    rng = np.random.default_rng(seed)
    return [corpus.line(rng, KINDS[i % len(KINDS)], max_length, held_out) for i in range(count)]


@pytest.mark.parametrize("max_length", [1, 2, 5, 12, 25, 60])
@pytest.mark.parametrize("held_out", [False, True])
def test_lines_keep_to_length_charset_and_normal_form(corpus: Corpus, max_length: int, held_out: bool) -> None:
    for text in lines(corpus, 1500, max_length, held_out=held_out):
        assert 1 <= len(text) <= max_length
        assert CHARSET.issuperset(text)
        assert unicodedata.normalize("NFC", text) == text
        assert " ".join(text.split()) == text


@pytest.mark.parametrize(("low", "high"), [(3, 3), (8, 12), (30, 60)])
def test_lines_can_be_asked_to_have_a_least_length(corpus: Corpus, low: int, high: int) -> None:
    rng = np.random.default_rng(0)
    texts = [corpus.line(rng, kind, high, min_length=low) for kind in KINDS for _ in range(50)]
    assert all(low <= len(text) <= high for text in texts)


def test_the_same_seed_gives_the_same_lines(corpus: Corpus) -> None:
    assert lines(corpus, 300, seed=5) == lines(load_corpus(CHARSET), 300, seed=5)
    assert lines(corpus, 300, seed=5) != lines(corpus, 300, seed=6)


def test_about_a_third_of_the_lines_is_longer_than_twelve_characters(corpus: Corpus) -> None:
    lengths = np.array([len(text) for text in lines(corpus, 6000)])
    assert 0.25 < (lengths > 12).mean() < 0.42
    assert (lengths > 35).mean() > 0.01
    assert lengths.max() > 50


def test_the_rarest_ksx1001_syllable_is_drawn_five_times_in_a_hundred_thousand_lines(corpus: Corpus) -> None:
    count = Counter("".join(lines(corpus, 100_000)))
    assert min(count[char] for char in ksx1001_syllables()) >= 5


def test_two_or_three_lines_in_a_hundred_hold_a_syllable_outside_ksx1001(corpus: Corpus) -> None:
    frequent = set(ksx1001_syllables())
    share = np.mean(
        [any("가" <= char <= "힣" and char not in frequent for char in text) for text in lines(corpus, 8000)]
    )
    assert 0.015 < share < 0.04


def test_words_held_out_never_stand_in_a_line_for_training(corpus: Corpus) -> None:
    held_out = load_texts(CHARSET, [], reserved=()).held_out_words
    in_training = {word for text in lines(corpus, 20_000) for word in text.split()}
    in_validation = {word for text in lines(corpus, 5000, held_out=True) for word in text.split()}
    fixed = in_training & held_out
    # Words that templates are written with are never held out; `reserved=()` above counts them in.
    assert len(fixed) < 60
    assert len(in_validation & held_out) > 200
    assert not in_training & corpus.held_out_words


def test_sentences_are_held_out_too() -> None:
    texts = load_texts(CHARSET, [], reserved=())
    train, held_out = (set(half.prose.split(". ")) for half in (texts.train, texts.held_out))
    long_ones = {sentence for sentence in held_out if len(sentence) > 25}
    assert len(long_ones) > 100
    assert not long_ones & train


def test_each_kind_says_what_suits_it(corpus: Corpus) -> None:
    rng = np.random.default_rng(0)
    texts = {kind: [corpus.line(rng, kind, 60) for _ in range(3000)] for kind in KINDS}

    def share(kind: str, words: tuple[str, ...]) -> float:
        return float(np.mean([any(word in text for word in words) for text in texts[kind]]))

    assert share("receipt", ("합계", "승인", "금액", "카드")) > 4 * share("document", ("합계", "승인", "금액", "카드"))
    assert share("screen", ("ㅋㅋ", "ㅎㅎ", "ㅠㅠ")) > 0.004 > share("receipt", ("ㅋㅋ", "ㅎㅎ", "ㅠㅠ"))
    assert share("form", ("성명", "주소", "전화")) > 0.02
    assert share("document", ("다.", "다. ", "요.")) > 4 * share("sign", ("다.", "다. ", "요."))
    assert share("notes", ("에게", "올림", "먹었다", "축하", "답:")) > 0.02


def test_english_is_written_in_many_words(corpus: Corpus) -> None:
    """A reader that has seen two hundred English words reads the others letter by letter, and badly."""
    rng = np.random.default_rng(0)
    texts = [corpus.fill(rng, "latin") for _ in range(4000)]
    count = Counter(word for text in texts for word in re.findall("[A-Za-z]{3,}", text))
    assert len(count) > 3500
    assert max(count.values()) < 0.03 * count.total()
    held_out = {word for _ in range(2000) for word in re.findall("[a-z]{5,}", corpus.fill(rng, "latin", held_out=True))}
    assert len(held_out & corpus.held_out_words) > 100


def test_what_hands_write_reserves_no_word(corpus: Corpus) -> None:
    """Else other kinds of line would change with every letter and diary that is written for this one."""
    assert "이만" in corpus.held_out_words
    held_out = np.random.default_rng(0)
    assert any("이만 줄일게" in corpus.line(held_out, "notes", 60, held_out=True) for _ in range(10_000))


def test_a_small_charset_is_never_left(empty_home: object) -> None:
    charset = frozenset("0123456789원,.- 가나다라")
    small = load_corpus(charset)
    texts = lines(small, 500, 12)
    assert charset.issuperset("".join(texts))
    assert small.num_left_out["nouns"] > 10_000


def test_a_charset_without_hangul_still_gives_lines() -> None:
    digits = load_corpus(frozenset("0123456789"))
    assert all(text.isdigit() for text in lines(digits, 200, 8))


def test_a_users_file_is_mixed_in_by_its_weight(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(f"우리집가훈{i}" for i in range(200)), encoding="utf-8")
    mixed = load_corpus(CHARSET, [(path, 0.25)])
    share = np.mean(["우리집가훈" in text for text in lines(mixed, 4000)])
    assert 0.16 < share < 0.24
    train = {text for text in lines(mixed, 4000) if "우리집가훈" in text}
    assert not train & set(lines(mixed, 4000, held_out=True))


def test_lines_of_a_users_file_outside_the_charset_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("좋은 줄\nplain\n漢字\n", encoding="utf-8")
    assert load_corpus(CHARSET, [(path, 1.0)]).num_left_out[str(path)] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty corpus"),
        (b" \n\n", "empty corpus"),
        (b"\xff\xfe\xb0", "UTF-8"),
        ("漢字".encode(), "inside the charset"),
    ],
)
def test_an_unusable_corpus_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"mine\.txt.*{message}"):
        load_corpus(CHARSET, [(path, 1.0)])


def test_mistakes_are_named(corpus: Corpus, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"nowhere\.txt: no such corpus file"):
        load_corpus(CHARSET, [(tmp_path / "nowhere.txt", 1.0)])
    with pytest.raises(InputError, match=r"weight 0"):
        load_corpus(CHARSET, [(tmp_path / "any.txt", 0)])
    with pytest.raises(InputError, match=r"no character to write with"):
        load_corpus(frozenset(" "))
    with pytest.raises(InputError, match=r"'poem' is none of document, receipt"):
        corpus.line(rng, "poem", 10)
    with pytest.raises(InputError, match=r"from 5 to 4"):
        corpus.line(rng, "sign", 4, min_length=5)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"a": ["{nothing}"]}, "unknown field '{nothing}'"),
        ({"a": ["{digits}"]}, "unknown field '{digits}'"),
        ({"a": ["{noun|sideways}"]}, "unknown filter 'sideways'"),
        ({"a": ["{b}"], "b": ["{a}"]}, "refers to itself through a → b"),
    ],
)
def test_a_mistake_in_a_template_is_named(groups: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("{", r"\{").replace("}", r"\}")):
        Templates(groups, {})


def test_labels_have_one_code_point_for_what_prints_alike_as_far_as_the_charset_has_it() -> None:
    assert load_corpus(frozenset(" 가나~～-–")).label("가～나–가") == "가~나-가"
    assert load_corpus(frozenset(" 가나～")).label("가～나") == "가～나", (
        "a charset of one's own may know the other one alone"
    )


def test_a_files_name_may_hold_a_colon_and_a_weight_is_above_0(tmp_path: Path) -> None:
    path = tmp_path / "a:3.txt"
    path.write_text("가\n", encoding="utf-8")
    assert corpus_files([str(path), f"{path}:2"]) == ((path, 1.0), (path, 2.0))
    for weight in ("0", "-1", "nan", "inf", "viel"):
        with pytest.raises(InputError, match=f"'{weight}' is no weight above 0"):
            corpus_files([f"{path}:{weight}"])
