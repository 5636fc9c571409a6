"""Language models in files."""

from pathlib import Path

import numpy as np
import pytest

from hunmin.errors import InputError
from hunmin.language.build import build
from hunmin.language.choose import KOREAN, choose_language
from hunmin.language.file import load_language, save_language
from hunmin.language.model import codes, histories_of
from tests.language.texts import SENTENCES


def test_a_file_gives_back_the_keys_and_counts_within_a_few_percent(tmp_path: Path) -> None:
    language = build([*SENTENCES, *SENTENCES[:2] * 40])
    save_language(language, tmp_path / "mine.npz")
    loaded = load_language(tmp_path / "mine.npz")
    np.testing.assert_array_equal(loaded.keys, language.keys)
    np.testing.assert_allclose(loaded.counts, language.counts, rtol=0.05)
    np.testing.assert_allclose(loaded.num_followers, language.num_followers, rtol=0.05)
    assert loaded.counts.max() > 40
    assert (loaded.num_followers[language.num_followers == 0] == 0).all()


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.npz", "other.npz"):
        save_language(build(SENTENCES), tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\x00" * 40])
def test_what_is_no_language_model_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"odd\.npz: not a language model of hunmin"):
        load_language(path)


def test_a_damaged_or_foreign_or_newer_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    save_language(build(SENTENCES), path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"mine\.npz: not a language model"):
        load_language(path)
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(InputError, match=r"mine\.npz: not a language model"):
        load_language(path)
    np.savez(path, version=np.array(3))
    with pytest.raises(InputError, match=r"of version 3, this hunmin knows 2; build it again"):
        load_language(path)
    with pytest.raises(InputError, match=r"nowhere\.npz: no such language model; build one: hunmin language"):
        load_language(tmp_path / "nowhere.npz")


def test_a_pickle_in_a_language_model_is_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "odd.npz", version=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="not a language model"):
        load_language(tmp_path / "odd.npz")


def test_the_bundled_language_is_small_and_knows_korean() -> None:
    assert KOREAN.stat().st_size < 4_000_000
    language = load_language(KOREAN)
    before = histories_of(codes("설명으"))[-1:]
    assert language(before, codes("으"))[0, 0] > 50 * language(before, codes("오"))[0, 0]


def test_off_is_no_language_and_a_file_is_mixed_with_the_bundled_one(tmp_path: Path) -> None:
    assert choose_language("off") is None
    assert choose_language(None) is None
    save_language(build(["트라마돌염산염"] * 3), tmp_path / "drugs.npz")
    general, mixed = choose_language("default"), choose_language(tmp_path / "drugs.npz")
    assert general is not None and mixed is not None
    before, wanted = histories_of(codes("트라마돌"))[-1:], codes("돌")
    assert mixed(before, wanted)[0, 0] > 10 * general(before, wanted)[0, 0]
    before, wanted = histories_of(codes("설명으"))[-1:], codes("으")
    assert mixed(before, wanted)[0, 0] > 0.4 * general(before, wanted)[0, 0]


def test_a_language_beside_off_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="off stands beside a language"):
        choose_language(["off", "default"])
    with pytest.raises(InputError, match="no such language model"):
        choose_language([tmp_path / "nowhere.npz"])
