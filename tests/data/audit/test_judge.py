"""Each fault of labels is found and named, from readings alone; what is merely read badly is no fault."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from hunmin.data.audit.audit import Audit
from hunmin.data.audit.lines import ReadLine
from hunmin.data.turns import Turn
from hunmin.recognize.recognizer import Reading
from hunmin.text.hangul import to_jamo
from tests.data.audit.readings import audited, labels, lines_of

NUM = 120
TEXTS = labels(NUM)
LINES = lines_of(TEXTS)


def shuffled(texts: list[str]) -> list[str]:
    return [texts[place] for place in np.random.default_rng(3).permutation(len(texts))]


def told(audit: Audit) -> dict[str, str]:
    return {fault.kind: fault.told for fault in audit.faults}


@pytest.mark.parametrize(
    ("damage", "kind", "words"),
    [
        (shuffled, "shuffled", "shuffled"),
        (lambda texts: [texts[-1], *texts[:-1]], "shifted", "1 row later"),
        (lambda texts: [*texts[3:], *texts[:3]], "shifted", "3 rows earlier"),
        (lambda texts: [*texts[:60], texts[-1], *texts[60:-1]], "shifted", "between rows 61 and 119"),
        (lambda texts: [text[::-1] for text in texts], "backwards", "characters"),
        (lambda texts: [" ".join(reversed(text.split())) for text in texts], "words backwards", "words"),
        (lambda texts: [text.replace(" ", "") for text in texts], "stripped", "spaces"),
        (lambda texts: [text.lower() for text in texts], "stripped", "capitals"),
        (
            lambda texts: ["".join(one for one in text if one.isalnum() or one == " ") for text in texts],
            "stripped",
            "signs",
        ),
        (lambda texts: [to_jamo(text) for text in texts], "stripped", "syllables"),
        (lambda texts: [text.encode("ascii", "ignore").decode().strip() for text in texts], "stripped", "Hangul"),
        (lambda texts: [text[:8].strip() for text in texts], "cut", "at 8 characters"),
        (lambda texts: [f"line number {place}" for place in range(len(texts))], "another language", "script"),
        (lambda texts: ["Это строка текста"] * len(texts), "unknown characters", "does not know"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_of_all_labels_is_named_and_nothing_else(
    damage: Callable[[list[str]], list[str]], kind: str, words: str
) -> None:
    found = told(audited(LINES, damage(TEXTS)))
    assert list(found) == [kind]
    assert words in found[kind]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("num", "unsure"), [(50, 0.1), (120, 0.9)])
def test_right_labels_are_left_alone_however_badly_they_are_read(num: int, unsure: float, seed: int) -> None:
    texts = labels(num, seed)
    audit = audited(lines_of(texts, unsure=unsure, seed=seed), texts)
    assert audit.faults == ()
    assert audit.wrong.low < 0.01


def test_a_reader_that_is_never_sure_says_nothing() -> None:
    audit = audited([ReadLine(line.row, line.label, "뷁쉛", 0.1) for line in LINES], shuffled(TEXTS))
    assert audit.says_nothing
    assert audit.faults == ()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.5])
def test_the_share_of_wrong_labels_is_estimated_within_three_points(share: float) -> None:
    texts = labels(400)
    lines = lines_of(texts)
    wrong = np.random.default_rng(5).permutation(400)[: round(400 * share)]
    others = labels(800, seed=9)[400:]
    spoiled = [others[place] if place in set(wrong.tolist()) else text for place, text in enumerate(texts)]
    audit = audited(lines, spoiled)
    assert list(told(audit)) == ["noise"]
    assert abs(audit.wrong.share - share) <= 0.03
    assert audit.wrong.low <= share <= audit.wrong.high


def test_wrong_labels_are_told_by_document_the_worst_first() -> None:
    spoiled = [f"다른 글 {place * 7}" if 40 <= place < 55 else text for place, text in enumerate(TEXTS)]
    groups = audited(LINES, spoiled).groups
    assert next(iter(groups)) == "page 2"
    assert groups["page 2"].share > 0.6
    assert groups["page 0"].share < 0.1


def test_pictures_that_say_their_labels_when_turned_are_turned() -> None:
    texts = {line.row: line.label for line in LINES}
    garbage = [ReadLine(line.row, line.label, "뷁쉛", 0.1) for line in LINES]

    def reread(lines: Sequence[ReadLine], turn: Turn) -> list[Reading]:
        return [Reading(texts[line.row] if turn == "mirror" else "뷁", 0.5) for line in lines]

    audit = audited(garbage, TEXTS, reread)
    assert list(told(audit)) == ["turned"]
    assert "mirrored, left for right" in told(audit)["turned"]
    assert {one.turn for one in audit.judged} == {"mirror"}


def test_labels_much_alike_are_told_apart_all_the_same() -> None:
    prices = [f"{1000 + 100 * number:,}원" for number in range(NUM)]
    assert audited(lines_of(prices, mistakes=0.0), prices).faults == ()
    found = audited(lines_of(prices, mistakes=0.0), shuffled(prices))
    assert [fault.kind for fault in found.faults] == ["shuffled"]


def test_lone_syllables_that_are_read_for_similar_ones_are_no_fault() -> None:
    syllables = [chr(0xAC00 + 28 * row) for row in range(200)]
    misread = [chr(ord(one) + 28) if row % 20 == 0 else one for row, one in enumerate(syllables)]
    lines = [ReadLine(row, one, text, 0.95) for row, (one, text) in enumerate(zip(syllables, misread, strict=True))]
    assert audited(lines, syllables).faults == ()


def test_a_form_whose_words_come_again_and_again_is_shifted_all_the_same() -> None:
    texts = [
        ("성명", "주소", "전화번호", "생년월일")[number % 4] if number % 3 else TEXTS[number] for number in range(NUM)
    ]
    found = audited(lines_of(texts), [texts[-1], *texts[:-1]])
    assert [fault.kind for fault in found.faults] == ["shifted"]


def test_the_surest_of_the_suspicious_lines_come_first_and_say_whose_label_they_look_like() -> None:
    audit = audited(LINES, [TEXTS[-1], *TEXTS[:-1]])
    first = audit.suspicious[0]
    assert first.row == first.line.row + 1
    assert first.text == TEXTS[first.line.row]
    distances = [one.line.distance for one in audit.suspicious]
    assert distances == sorted(distances, reverse=True)
