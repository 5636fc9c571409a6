"""A list of corrections is read as a spreadsheet may have saved it, and changes just the texts that it names."""

from pathlib import Path

import numpy as np
import pytest

from hunmin.data.corrections import Corrected, Correction, read_corrections
from hunmin.data.sources.page import Region
from hunmin.data.store.codec import decode_image, encode_image
from hunmin.data.store.lmdb_store import open_store
from hunmin.errors import InputError
from tests.data.pages import NO_SPLIT, box, crop_page, imported, page


def test_texts_are_replaced_left_out_and_turned_and_the_rest_stays(tmp_path: Path) -> None:
    pixels = np.zeros((24, 60), dtype=np.uint8)
    pixels[:8, :20] = 255
    pages = [crop_page(number, image=encode_image(np.roll(pixels, number))) for number in range(4)]
    corrections = {
        "crop-0": Correction("다라"),
        "crop-1": Correction(""),
        "crop-2": Correction("마바", "180"),
        "crop-9": Correction("사"),
    }
    corrected = Corrected(pages, corrections)
    done = imported(corrected, tmp_path / "set", NO_SPLIT)
    store = open_store(tmp_path / "set" / "train")
    assert [store.note(row).text for row in range(3)] == ["다라", "마바", "가나"]
    assert dict(done.ledger.dropped) == {"left out by the list": 1}
    assert corrected.unused == {"crop-9"}
    image = decode_image(store.encoded_image(1), where="")
    assert np.abs(image.astype(int) - np.rot90(np.roll(pixels, 2), 2)).mean() < 3


def test_a_text_of_a_page_is_named_by_its_number() -> None:
    (changed,) = Corrected([page(0)], {"page-0#2": Correction("라")})
    assert [region.text for region in changed.regions] == ["한글 0", "한글 0", "라", *["한글 0"] * 3]


def test_the_boxes_of_characters_go_with_the_old_text() -> None:
    region = Region("가나", box(0, 0, 20, 10), boxes=((0, 0, 10, 10), (10, 0, 20, 10)))
    (changed,) = Corrected([page(0, region)], {"page-0#6": Correction("다라")})
    assert changed.regions[6].boxes is None


def test_a_list_may_have_more_columns_quotes_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "list.tsv"
    path.write_text('\ufeffrow\ttext\tid\r\n1\t"say ""no"""\tb/1\r\n2\t\tb/2\r\n', encoding="utf-8", newline="")
    assert read_corrections(path) == {"b/1": Correction('say "no"'), "b/2": Correction("")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id\tlabel\n", "has no column text"),
        ("id\ttext\nx\n", "line 2: has 1 cells, its header 2"),
        ("id\ttext\tturn\nx\t가\tupside\n", "line 2: turn 'upside' is none of 180, left"),
        ("id\ttext\nx\t가\nx\t나\n", "line 3: corrects 'x' a second time"),
        (b"\xff\xfe\xfd", "cannot be read"),
        ('id\ttext\nx\t"say ""no"""\ny\t그는 "네" 했다\n', r'line 2: "say ""no""" may be meant with or without'),
    ],
)
def test_mistakes_are_named_with_their_line(content: str | bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "list.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=told):
        read_corrections(path)
