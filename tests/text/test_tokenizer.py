"""The vocabulary: ids and their order, round trips, and the check of sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.errors import InputError, MismatchError
from hunmin.text.charset import Charset, korean
from hunmin.text.tokenizer import Tokenizer

KOREAN = Tokenizer(korean())
TINY = Tokenizer(Charset("tiny", "가나다 a"))


def test_eos_is_class_0_and_bos_and_pad_lie_beyond_the_classes_of_the_head() -> None:
    assert TINY.eos_id == 0
    assert (TINY.num_classes, TINY.vocab_size) == (6, 8)
    assert {TINY.bos_id, TINY.pad_id} == {6, 7}
    assert TINY.encode("가나다 a") == [1, 2, 3, 4, 5]


@given(st.text(korean().characters))
def test_decoding_gives_back_what_was_encoded(label: str) -> None:
    ids = KOREAN.encode(label)
    assert len(ids) == len(label)
    assert all(0 < token < KOREAN.num_classes for token in ids)
    assert KOREAN.decode([*ids, KOREAN.eos_id]) == label


@given(st.lists(st.text("가나다 a", max_size=9), max_size=5))
def test_a_batch_is_bos_characters_eos_and_padding(labels: list[str]) -> None:
    batch = TINY.encode_batch(labels)
    longest = max(map(len, labels), default=0)
    assert batch.shape == (len(labels), longest + 2)
    assert batch.dtype == np.int64
    for row, label in zip(batch.tolist(), labels, strict=True):
        padding = [TINY.pad_id] * (longest - len(label))
        assert row == [TINY.bos_id, *TINY.encode(label), TINY.eos_id, *padding]
        assert TINY.decode(row) == label


def test_text_ends_at_the_first_eos_and_special_tokens_leave_no_trace() -> None:
    assert TINY.decode([TINY.bos_id, 1, TINY.pad_id, 2, TINY.eos_id, 3]) == "가나"
    assert TINY.decode([]) == TINY.decode([TINY.eos_id, 1]) == ""


def test_unknown_characters_are_an_error_that_names_label_characters_and_charset() -> None:
    with pytest.raises(InputError) as refusal:
        TINY.encode("가힣나b힣")
    assert "label '가힣나b힣' has '힣b', not in charset 'tiny' (5 characters)" in str(refusal.value)


def test_a_table_for_100_entries_against_a_tokenizer_of_1027_is_refused_with_both_numbers_and_their_origin() -> None:
    tokenizer = Tokenizer(Charset("labels", korean().characters[:1024]))
    assert tokenizer.vocab_size == 1027
    with pytest.raises(MismatchError) as refusal:
        tokenizer.check_sizes(where="model 'mine'", vocab_size=100)
    assert "model 'mine' has 100 embedding rows, but the tokenizer has 1027 (charset 'labels', 1024 characters)" in str(
        refusal.value
    )
    with pytest.raises(MismatchError, match="has 98 head classes, but the tokenizer has 1025"):
        tokenizer.check_sizes(where="ONNX graph old.onnx", num_classes=98)


def test_sizes_that_fit_or_do_not_exist_pass() -> None:
    TINY.check_sizes(where="anything")
    TINY.check_sizes(where="anything", vocab_size=8, num_classes=6)
