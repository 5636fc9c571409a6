"""Lines that were read by nobody: labels, and what a reader of a given quality would make of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hunmin.data.audit.audit import Audit, judge
from hunmin.data.audit.lines import ReadLine
from hunmin.data.turns import Turn
from hunmin.recognize.recognizer import Reading
from hunmin.text.charset import korean

WORDS = (
    "서울 부산 대전 광주 시청 구청 학교 도서관 우체국 병원 아침 점심 저녁 사과 바나나 포도 커피 우유 빵집 식당 "
    "버스 기차 지하철 비행기 자전거 공원 바다 강물 산길 나무 꽃밭 하늘 구름 바람 눈꽃 이름 주소 전화 합계 금액"
).split()
KNOWN = frozenset(korean().characters)


def labels(num: int, seed: int = 0) -> list[str]:
    """Two to four words, a figure now and then, all of them different."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < num:
        words = rng.choice(WORDS, rng.integers(2, 5)).tolist()
        if rng.random() < 0.4:
            words.append(f"{rng.integers(1, 999)}-{rng.integers(1, 99)}")
        if rng.random() < 0.3:
            words.append(str(rng.choice(["Hotel A", "No.1", "COEX", "(주)"])))
        found[" ".join(words)] = None
    return list(found)


def read(label: str, rng: np.random.Generator, mistakes: float) -> str:
    """What a reader makes of a line that says `label`: each character is another one with probability `mistakes`."""
    return "".join(
        one if one == " " or rng.random() >= mistakes else chr(int(rng.integers(0xAC00, 0xD7A4))) for one in label
    )


def lines_of(texts: Sequence[str], *, mistakes: float = 0.02, unsure: float = 0.1, seed: int = 0) -> list[ReadLine]:
    """Lines with right labels; a share of them is read in doubt, and half of their characters wrong."""
    rng = np.random.default_rng([seed, 1])
    found = []
    for row, text in enumerate(texts):
        is_unsure = rng.random() < unsure
        reading = read(text, rng, 0.5 if is_unsure else mistakes)
        found.append(ReadLine(row, text, reading, 0.2 if is_unsure else 0.95, f"line/{row}", f"page {row // 20}"))
    return found


def nothing_turned(lines: Sequence[ReadLine], turn: Turn) -> list[Reading]:
    """Pictures that say nothing, however they are turned."""
    return [Reading("", 0.0) for _ in lines]


def audited(
    lines: Sequence[ReadLine],
    texts: Sequence[str],
    reread: Callable[[Sequence[ReadLine], Turn], list[Reading]] = nothing_turned,
) -> Audit:
    """The audit of lines whose labels are now `texts`."""
    changed = [replace(line, label=text) for line, text in zip(lines, texts, strict=True)]
    return judge(changed, dict(enumerate(texts)), len(texts), KNOWN, reread)
