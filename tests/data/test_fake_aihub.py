"""The fake sets are what they say: zip files that others open, labels on their ink, defects counted."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.data.fake_aihub import build, draw_pages
from tests.data.fake_trees import TREES


@pytest.mark.parametrize("source", sorted(TREES))
def test_every_archive_opens_and_its_names_are_cp949(source: str, tmp_path: Path) -> None:
    build(source, tmp_path, num_pages=5)
    archives = sorted(tmp_path.rglob("*.zip"))
    assert archives
    for path in archives:
        with zipfile.ZipFile(path, metadata_encoding="cp949") as archive:
            assert archive.testzip() is None
            for entry in archive.infolist():
                assert not entry.flag_bits & 0x800
                if entry.filename.endswith(".json"):
                    json.loads(archive.read(entry))


def test_volumes_joined_in_order_are_the_archive(tmp_path: Path) -> None:
    build("aihub-88", tmp_path / "whole", num_pages=3)
    build("aihub-88", tmp_path / "split", num_pages=3, num_volumes=3)
    whole = next((tmp_path / "whole").rglob("?원천?train.zip"))
    volumes = sorted((tmp_path / "split").rglob("?원천?train.zip.part*"))
    assert b"".join(volume.read_bytes() for volume in volumes) == whole.read_bytes()


def test_every_box_holds_the_ink_of_its_word() -> None:
    for page in draw_pages(2):
        pixels = cv2.imdecode(np.frombuffer(page.image or b"", np.uint8), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        for word in page.words or []:
            x, y, width, height = word.box or (0, 0, 0, 0)
            assert pixels[y : y + height, x : x + width].min() < 120, word
            pixels[y - 8 : y + height + 8, x - 8 : x + width + 8] = 255
        assert pixels.min() > 120  # JPEG's ringing stays close to the boxes


@pytest.mark.parametrize("source", sorted(TREES))
def test_twelve_kinds_of_defects_or_more_are_planted_and_counted(source: str, tmp_path: Path) -> None:
    fake = build(source, tmp_path, num_pages=7, defects=True)
    is_81, num_crops = source == "aihub-81", 7 if source in ("aihub-81", "aihub-91") else 0
    has_marks = is_81 or source.startswith("aihub-105")
    assert len(fake.dropped) == 12 + has_marks
    # Of 8 pages of 8 words, one has no labels and one damaged ones; 8 or 9 words are spoilt.
    assert fake.num_seen == 6 * 8 + 8 + has_marks + 2 + is_81 + num_crops == fake.num_kept + fake.dropped.total()
    assert fake.num_kept == 3 * 8 + num_crops
