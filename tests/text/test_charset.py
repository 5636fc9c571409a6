"""Charsets: the built-in ones, from files, from labels."""

import unicodedata
from pathlib import Path

import pytest

from hunmin.errors import InputError
from hunmin.text.charset import (
    Charset,
    charset_from_file,
    korean,
    ksx1001,
    ksx1001_syllables,
    load_charset,
)
from hunmin.text.hangul import FIRST_SYLLABLE, NUM_SYLLABLES, is_syllable

WANTED_SYMBOLS = "₩※·○●□■△▲▶①℃㎡㈜「」…"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_korean_holds_all_syllables_jamo_ascii_and_the_symbols_of_korean_print() -> None:
    charset = korean()
    assert sum(map(is_syllable, charset.characters)) == 11_172
    assert not charset.missing("".join(chr(FIRST_SYLLABLE + i) for i in range(NUM_SYLLABLES)))
    assert not charset.missing("".join(map(chr, range(0x20, 0x7F))))
    assert not charset.missing("ㄱㅎㅏㅣㄳㅄ")
    assert not charset.missing(WANTED_SYMBOLS)


def test_ksx1001_has_exactly_its_2350_syllables_and_the_same_other_characters() -> None:
    charset = ksx1001()
    assert len(ksx1001_syllables()) == sum(map(is_syllable, charset.characters)) == 2350
    assert charset.missing("가힝똠") == ["똠"]
    others = [character for character in korean().characters if not is_syllable(character)]
    assert [character for character in charset.characters if not is_syllable(character)] == others


@pytest.mark.parametrize("charset", [korean(), ksx1001()])
def test_in_the_built_in_charsets_syllables_come_last_in_unicode_order(charset: Charset) -> None:
    # The factored head then neither picks nor moves a class.
    first = next(i for i, character in enumerate(charset.characters) if is_syllable(character))
    assert all(map(is_syllable, charset.characters[first:]))
    assert list(charset.characters[first:]) == sorted(charset.characters[first:])


def test_a_charset_knows_its_members_and_names_what_it_lacks_once_and_in_order() -> None:
    charset = Charset("few", "가나 ")
    assert "가" in charset
    assert "다" not in charset
    assert len(charset) == 3
    assert charset.index == {"가": 0, "나": 1, " ": 2}
    assert charset.missing("다가라 다") == ["다", "라"]


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        ("", "is empty"),
        ("가나가", "lists '가' more than once"),
        ("가\t", r"holds '\\t'"),
        ("가\u3000", r"holds '\\u3000'"),
        ("가\u2126", "NFC"),
        ("가\x1b", r"holds '\\x1b'"),
        ("가\ud800", r"holds '\\ud800'"),
    ],
)
def test_a_charset_refuses_what_no_label_can_hold(characters: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Charset("mine", characters)


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("가\n나\n다\n", " 가나다"),
        ("가나다", " 가나다"),
        ("가나다\n", " 가나다"),
        ("가\r\n나\r\n", " 가나"),
        ("가\n\n나\n", " 가나"),
        ("가\n \n나\n", " 가나"),
        ("\ufeff가\n나", " 가나"),
        ("가\n나\n가\n", " 가나"),
        ("가나가", " 가나"),
        ("a 가", " a가"),
        ("가", " 가"),
    ],
)
def test_a_file_gives_each_of_its_characters_once_with_the_space_first(
    text: str, characters: str, tmp_path: Path
) -> None:
    assert charset_from_file(write(tmp_path / "charset.txt", text)).characters == characters


@pytest.mark.parametrize("text", ["한\n글\n", "한글"])
def test_decomposed_jamo_in_a_file_are_the_syllables_that_they_make_up(text: str, tmp_path: Path) -> None:
    path = write(tmp_path / "charset.txt", unicodedata.normalize("NFD", text))
    assert charset_from_file(path).characters == " 한글"


def test_jamo_of_neighbouring_lines_stay_characters_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "charset.txt", "\u1112\n\u1161\n가\n")
    assert charset_from_file(path).characters == " \u1112\u1161가"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("가\n나다\n라", "line 2: '나다' is more than one character"),
        ("가\n나 \n", "line 2: '나 ' is more than one character"),
        ("가\t나", r"holds '\\t'"),
        ("가\n\t\n나", r"holds '\\t'"),
        ("가\n\u3000\n나", r"holds '\\u3000'"),
        ("", "is empty"),
        ("\n \n", "is empty"),
    ],
)
def test_a_file_that_is_no_charset_is_refused_by_name_and_nothing_in_it_is_dropped(
    text: str, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "charset.txt", text)
    with pytest.raises(InputError, match=message) as refusal:
        charset_from_file(path)
    assert str(path) in str(refusal.value)


def test_a_file_in_another_encoding_or_no_file_at_all_is_named(tmp_path: Path) -> None:
    for path in (write(tmp_path / "cp949.txt", "가\n나\n", "cp949"), tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="korean, ksx1001") as refusal:
            load_charset(str(path))
        assert str(path) in str(refusal.value)


@pytest.mark.parametrize("name", ["koraen", "가" * 500, "nul\x00", ""])
def test_an_unknown_name_is_refused_with_the_names_that_there_are(name: str) -> None:
    with pytest.raises(InputError, match="neither one of korean, ksx1001 nor a file"):
        load_charset(name)


def test_a_charset_loads_by_name_or_from_a_file(tmp_path: Path) -> None:
    assert load_charset("ksx1001") == ksx1001()
    path = write(tmp_path / "mine.txt", "가나")
    assert load_charset(str(path)) == Charset(str(path), " 가나")
