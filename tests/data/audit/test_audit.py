"""Stores that the bundled model reads: what is wrong with them is found, and the list of corrections puts it right."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hunmin.data.audit.audit import Audit, audit_store
from hunmin.data.audit.corrections import corrections_list
from hunmin.data.audit.judge import Judged
from hunmin.data.audit.lines import ReadLine, choose_rows
from hunmin.data.audit.page import audit_page, what_is_wrong
from hunmin.data.audit.rows import LABELS_COMPARED, compared_labels
from hunmin.data.clean import Rules
from hunmin.data.corrections import Corrected, read_corrections
from hunmin.data.sample import Sample
from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.lmdb_store import read_lmdb
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.data.turns import TURNS, Turn, turned
from hunmin.recognize.recognizer import Recognizer
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import korean
from tests.data.audit.readings import audited, labels, lines_of
from tests.data.pages import NO_SPLIT, imported
from tests.data.store.test_lmdb_store import write_published

KOREAN = replace(NO_SPLIT, rules=Rules(RecognizerSpec.for_charset(korean())))

Damage = Callable[[list[Sample]], list[Sample]]


def audit_of(store: Path, reader: Recognizer, num: int = 0) -> Audit:
    return audit_store(open_store(store), reader.recognize, set(reader.spec.characters), num=num)


def shifted(samples: list[Sample]) -> list[Sample]:
    texts = [sample.text for sample in samples]
    return [replace(sample, text=text) for sample, text in zip(samples, [texts[-1], *texts[:-1]], strict=True)]


def backwards(samples: list[Sample]) -> list[Sample]:
    return [replace(sample, text=sample.text[::-1]) for sample in samples]


def upside_down(samples: list[Sample]) -> list[Sample]:
    return [replace(sample, image=turned(sample.image, "180")) for sample in samples]


def noisy(samples: list[Sample]) -> list[Sample]:
    return [replace(one, text="전혀 다른 글줄") if number % 5 == 0 else one for number, one in enumerate(samples)]


def test_a_healthy_store_is_left_alone(healthy_store: Path, reader: Recognizer) -> None:
    audit = audit_of(healthy_store, reader)
    assert audit.faults == ()
    assert audit.num_decided >= 0.9 * audit.num_lines
    assert audit.wrong.share < 0.01


@pytest.mark.parametrize(
    ("damage", "kind"),
    [(shifted, "shifted"), (backwards, "backwards"), (upside_down, "turned"), (noisy, "noise")],
    ids=["shifted", "backwards", "turned", "noise"],
)
def test_what_is_wrong_is_found_and_the_list_of_corrections_puts_it_right(
    damage: Damage, kind: str, printed: list[Sample], reader: Recognizer, tmp_path: Path
) -> None:
    write_store(damage(printed), tmp_path / "store")
    audit = audit_of(tmp_path / "store", reader)
    assert [fault.kind for fault in audit.faults] == [kind]
    listed = tmp_path / "list.tsv"
    listed.write_text(corrections_list(audit, open_store(tmp_path / "store")), encoding="utf-8")

    pages = Corrected(read_lmdb(open_files([tmp_path / "store"])), read_corrections(listed))
    done = imported(pages, tmp_path / "set", KOREAN)
    assert pages.unused == set()
    assert done.ledger.kept + done.ledger.dropped["left out by the list"] == len(printed)
    assert audit_of(tmp_path / "set" / "train", reader).faults == ()


@pytest.mark.parametrize("turn", TURNS)
def test_a_picture_that_stands_wrong_is_put_right_by_its_turn(
    turn: Turn, printed: list[Sample], reader: Recognizer, tmp_path: Path
) -> None:
    undo: dict[Turn, Turn] = {"left": "right", "right": "left"}
    wrong = [replace(one, image=turned(one.image, undo.get(turn, turn))) for one in printed[:12]]
    write_store(wrong, tmp_path / "store")
    audit = audit_of(tmp_path / "store", reader)
    assert [fault.kind for fault in audit.faults] == ["turned"]
    assert {one.turn for one in audit.judged if one.kind == "turned"} == {turn}


def test_labels_that_are_stored_as_jamo_are_told(reader: Recognizer, printed: list[Sample], tmp_path: Path) -> None:
    import unicodedata

    from hunmin.data.store.codec import encode_image

    pairs = {b"num-samples": b"12"}
    for number, one in enumerate(printed[:12], start=1):
        pairs[b"image-%09d" % number] = encode_image(one.image)
        pairs[b"label-%09d" % number] = unicodedata.normalize("NFD", one.text).encode()
    write_published(tmp_path / "set", pairs)
    audit = audit_of(tmp_path / "set", reader)
    assert [fault.kind for fault in audit.faults] == ["not NFC"]


def test_pictures_that_cannot_be_decoded_are_counted(reader: Recognizer, printed: list[Sample], tmp_path: Path) -> None:
    from hunmin.data.store.codec import encode_image

    image = encode_image(printed[0].image)
    pairs = {b"num-samples": b"2", b"image-000000001": image, b"image-000000002": image[:40]}
    pairs |= {b"label-000000001": printed[0].text.encode(), b"label-000000002": b"x"}
    write_published(tmp_path / "set", pairs)
    audit = audit_of(tmp_path / "set", reader)
    assert (len(audit.judged), audit.num_unreadable) == (1, 1)


def test_an_empty_store_has_no_faults(reader: Recognizer, tmp_path: Path) -> None:
    write_published(tmp_path / "set", {b"num-samples": b"0"})
    assert audit_of(tmp_path / "set", reader).faults == ()


def test_the_lines_are_drawn_by_lot_and_the_same_for_the_same_seed() -> None:
    assert choose_rows(1000, 50, 1) == choose_rows(1000, 50, 1) != choose_rows(1000, 50, 2)
    assert choose_rows(10, 50, 1) == choose_rows(10, 0, 1) == list(range(10))


def test_of_a_large_store_the_labels_near_the_lines_are_compared(healthy_store: Path) -> None:
    class Large(Store):
        """As if the store came again and again."""

        def __len__(self) -> int:
            return 10 * LABELS_COMPARED

        def note(self, index: int):  # type: ignore[no-untyped-def]
            return super().note(index % 40)

    compared = compared_labels(Large(healthy_store, open_store(healthy_store).manifest), [123_456], seed=0)
    assert 0.99 * LABELS_COMPARED < len(compared) <= LABELS_COMPARED
    assert set(range(123_456 - 50, 123_456 + 51)) <= compared.keys()


def test_what_is_wrong_with_a_line_is_told_in_words() -> None:
    line = ReadLine(11, "서울 시청", "부산 시청", 0.9)
    told = [
        what_is_wrong(Judged(line, "shifted", "부산 시청", 12)),
        what_is_wrong(Judged(line, "another row's", "부산 시청", 3)),
        what_is_wrong(Judged(line, "turned", turn="180")),
        what_is_wrong(Judged(line, "stripped", lost=("spaces", "signs"))),
        what_is_wrong(Judged(line, "another text")),
    ]
    assert told == [
        "looks like row 13 (+1)",
        "looks like row 4",
        "reads right upside down",
        "label without spaces, signs",
        "says something else",
    ]


def test_a_suspicious_line_has_its_label_its_reading_and_whose_label_it_looks_like_each_in_one_piece() -> None:
    texts = labels(60)
    lines = lines_of(texts, mistakes=0.0, unsure=0.0)
    page = audit_page("shifted", audited(lines, [texts[-1], *texts[:-1]]), {}, "")
    wrong = f"<dt>label</dt><dd>{texts[9]}</dd><dt>reading</dt><dd>{texts[10]}</dd><dt>row 12</dt><dd>{texts[10]}</dd>"
    assert f"<h3>looks like row 12 (+1)</h3><dl>{wrong}</dl>" in page
    cut = audit_page("cut", audited(lines, [text[:4] for text in texts]), {}, "")
    assert "marked is what the label lacks" in cut
    assert "marked is" not in page


def test_no_text_acts_on_the_page(healthy_store: Path, reader: Recognizer) -> None:
    audit = audit_of(healthy_store, reader)
    hostile = "<script>alert(1)</script>"
    judged = [replace(one, kind="another text", line=replace(one.line, label=hostile)) for one in audit.judged[:3]]
    store = open_store(healthy_store)
    pictures = {one.line.row: np.asarray(store.sample(one.line.row).image) for one in judged}
    page = audit_page(hostile, replace(audit, judged=tuple(judged)), pictures, hostile)
    assert "<script" not in page
    assert page.count("data:image/jpeg;base64,") == 3
