"""The characters a recognizer can read, in a fixed order."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hunmin.errors import InputError, reason_of
from hunmin.text.hangul import FIRST_SYLLABLE, NUM_SYLLABLES
from hunmin.text.normalize import normalize_label

ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
COMPATIBILITY_JAMO = "".join(chr(code) for code in range(0x3131, 0x3164))
SYMBOLS = (
    "·ㆍ•…‥※†‡§¶°′″℃℉㎡㎥㎜㎝㎞㎎㎏㏄㎖ℓ㎍㎢Ω‰±×÷≠≤≥≒∞√∑∴∵"
    "₩￦¢£¥€ªº®©™№℡㈜㉿½⅓⅔¼¾¹²³⁴αβγδλμπσφωΔΣΩ"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳❶❷❸❹❺❻❼❽❾❿ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅰⅱⅲⅳⅴ㉠㉡㉢㉣㉤㉮㉯㉰㉱㉲"
    "○●◎◇◆□■△▲▽▼▷▶◁◀☆★♡♥♣♠♪♬☎☏☞☜✓✔✕✖☐☑☒→←↑↓↔⇒⇔↗↘▣▤"
    "「」『』【】〔〕〈〉《》“”‘’‹›«»–—―~～〜、。：，！？（）／－＋＝％＆＠＃＊［］｛｝｜＜＞_¦¡¿"
)


@dataclass(frozen=True)
class Charset:
    """An ordered set of characters; position in `characters` fixes the class a character gets.

    Raises:
        InputError: there is no character, or one stands twice, is not NFC, is a control character, or is white space
            other than the plain space.
    """

    name: str
    """What messages call it: `korean`, `ksx1001`, or the file it came from."""
    characters: str

    def __post_init__(self) -> None:
        if not self.characters:
            raise InputError(f"charset {self.name!r} is empty; give it at least one character")
        twice = [c for c, count in Counter(self.characters).items() if count > 1]
        if twice:
            raise InputError(f"charset {self.name!r} lists {''.join(twice[:10])!r} more than once; keep one of each")
        for character in self.characters:
            is_control = unicodedata.category(character) in ("Cc", "Cs")
            if is_control or (character != " " and normalize_label(character) != character):
                raise InputError(
                    f"charset {self.name!r} holds {character!r}, which no normalised label contains; take it out, or "
                    "write it in NFC"
                )

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: str) -> bool:
        return character in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """Character → its position."""
        return {character: position for position, character in enumerate(self.characters)}

    def missing(self, text: str) -> list[str]:
        """The characters of `text` that the charset lacks, in order of appearance, each once."""
        return [character for character in dict.fromkeys(text) if character not in self.index]


def korean() -> Charset:
    """All 11,172 modern syllables, compatibility jamo, ASCII, and the symbols that Korean print uses."""
    syllables = "".join(chr(FIRST_SYLLABLE + i) for i in range(NUM_SYLLABLES))
    return Charset("korean", _distinct(ASCII + SYMBOLS + COMPATIBILITY_JAMO + syllables))


def ksx1001() -> Charset:
    """The 2,350 syllables of KS X 1001 with the same jamo, ASCII and symbols as `korean`."""
    return Charset("ksx1001", _distinct(ASCII + SYMBOLS + COMPATIBILITY_JAMO + ksx1001_syllables()))


def ksx1001_syllables() -> str:
    """The 2,350 syllables of KS X 1001, in code order: rows 0xB0 to 0xC8 of its EUC-KR form."""
    rows = bytes(byte for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    return rows.decode("euc_kr")


def charset_from_file(path: Path) -> Charset:
    """Read a UTF-8 file with one character a line; an empty line stands for the space.

    A file that is one long line counts as the characters in it. Jamo that make up a syllable are one character, and one that
    stands twice counts once. The space comes first, and is added when it is missing: hunmin never drops it.

    Raises:
        InputError: no such file, not UTF-8, empty, a line with several characters, or one that `Charset` refuses.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a path with a NUL byte is a ValueError too
        raise InputError(
            f"charset {str(path)!r} is neither one of {', '.join(CHARSETS)} nor a file that can be read ({reason_of(error)}); "
            "give a UTF-8 text file"
        ) from error
    if not text.strip():
        raise InputError(f"{path}: is empty; write one character a line")
    # Line by line: jamo of neighbouring lines are characters of their own.
    lines = [unicodedata.normalize("NFC", line) for line in text.splitlines()]
    for number, line in enumerate(lines, start=1):
        if len(lines) > 1 and len(line) > 1:
            raise InputError(f"{path}, line {number}: {line!r} is more than one character; write one character a line")
    return Charset(str(path), _distinct(" " + "".join(line or " " for line in lines)))


CHARSETS = {"korean": korean, "ksx1001": ksx1001}


def load_charset(name: str) -> Charset:
    """A charset by its name (`korean`, `ksx1001`) or from the file of that name.

    Raises:
        InputError: neither a known name nor a file that holds a charset.
    """
    return CHARSETS[name]() if name in CHARSETS else charset_from_file(Path(name))


def _distinct(characters: str) -> str:
    return "".join(dict.fromkeys(unicodedata.normalize("NFC", character) for character in characters))
