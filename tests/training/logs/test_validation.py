"""What a validation leaves behind: panels one can read, tables, pages."""

import csv
import io
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from hunmin.evaluation.peers import read_with_tesseract
from hunmin.evaluation.report import Prediction, build_report
from hunmin.evaluation.web_page import NUM_WORST
from hunmin.image import preprocess
from hunmin.training.logs.callbacks import validation_line
from hunmin.training.logs.panels import (
    DELETED,
    INSERTED,
    MARGIN_PX,
    PICTURE_HEIGHT_PX,
    SUBSTITUTED,
    draw_panel,
    to_pixels,
)
from hunmin.training.logs.validation import Validation, write_validation
from hunmin.training.run import run
from tests.data.lines import SPEC
from tests.training.runs import config

PICTURE = np.full((32, 120, 3), 128, dtype=np.uint8)


def colours(image: Image.Image) -> set[tuple[int, int, int]]:
    return {(red, green, blue) for red, green, blue in np.asarray(image).reshape(-1, 3)[::7].tolist()}


def test_what_the_model_sees_is_the_picture_again() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 70, 3), dtype=np.uint8)
    pixels = to_pixels(torch.from_numpy(preprocess(picture, SPEC)), 70, SPEC)
    assert np.array_equal(pixels, picture)


@pytest.mark.parametrize(
    ("label", "text", "tint"),
    [("가나다", "가너다", SUBSTITUTED), ("가나다", "가다", DELETED), ("가다", "가나다", INSERTED)],
)
def test_what_differs_is_tinted_by_its_kind_and_nothing_else_is(
    label: str, text: str, tint: tuple[tuple[int, int, int], tuple[int, int, int]]
) -> None:
    panel = draw_panel("val", build_report([Prediction(label, text, 0.5)]), {0: PICTURE})
    tints = {kind[0] for kind in (SUBSTITUTED, DELETED, INSERTED)}
    assert colours(panel.image) & tints == {tint[0]}
    right = draw_panel("val", build_report([Prediction(label, label, 0.5)]), {0: PICTURE})
    assert not colours(right.image) & tints


def test_glyphs_that_are_missing_are_counted_in_labels_and_readings() -> None:
    report = build_report([Prediction("漢字 가", "가\U0001f600", 0.5), Prediction("가", "가", 0.5)])
    assert draw_panel("val", report, {}).num_missing_glyphs == 3


@pytest.mark.parametrize("num", [0, 1, 200])
def test_a_panel_is_a_panel_for_any_number_of_lines_of_any_length(num: int) -> None:
    report = build_report([Prediction("가" * index, "나" * (index % 90), 0.5) for index in range(num)])
    panel = draw_panel("val", report, {index: PICTURE for index in range(num)})
    assert panel.image.width == 1400
    assert 100 < panel.image.height < 24 * 200


def test_only_the_worst_pictures_are_kept_and_they_are_those_of_the_report() -> None:
    rng = np.random.default_rng(0)
    validation = Validation("val")
    num = 3 * NUM_WORST
    for index in range(num):
        text = "나" * int(rng.integers(0, 9)) + "가" * 9
        if validation.add(Prediction("가" * 9, text, float(rng.random()), path=str(index))):
            validation.add_picture(np.full((2, 2, 3), index, dtype=np.uint8))
    assert len(validation.predictions) == num
    assert sorted(validation.pictures) == sorted(validation.report().worst(NUM_WORST))
    assert all(int(picture[0, 0, 0]) == index for index, picture in validation.pictures.items())


@pytest.mark.parametrize(("name", "shown"), [("held_out", "held_out"), ("train", "train_set"), ("speed", "speed_set")])
def test_no_set_is_mistaken_for_the_figures_of_training(name: str, shown: str) -> None:
    assert Validation(name).name == shown


def test_the_table_of_mistakes_holds_no_formula(tmp_path: Path) -> None:
    report = build_report([Prediction("=1+1", "-1+1", 0.5), Prediction("가", "가나", 0.5)])
    write_validation(tmp_path / "step", "val", 8, report, {})
    with (tmp_path / "step" / "val_confusions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["there"], row["read"], row["times"]) for row in rows} == {("'=", "'-", "1"), ("", "나", "1")}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@")]
    assert sorted(path.name for path in (tmp_path / "step").iterdir()) == ["val.html", "val.png", "val_confusions.csv"]


def test_a_validation_is_one_line_of_figures() -> None:
    line = validation_line(build_report([Prediction("가 나", "가나", 0.9), Prediction("한글", "힌글", 0.5)]))
    assert line.startswith("exact 0.0% (ns 50.0%)  cer 40.0% (ns 25.0%)  1-ned ")
    assert "\n" not in line


def test_a_validation_set_that_cannot_be_drawn_does_not_end_the_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "validation").write_text("in the way")
    out = Console(file=io.StringIO(), width=300)
    assert run(config(tmp_path, "trainer.max_steps=1"), out).is_file()
    assert isinstance(out.file, io.StringIO)
    assert "its pictures could not be written" in out.file.getvalue()


@pytest.fixture
def page_of_lines() -> tuple[list[Prediction], dict[int, NDArray[np.uint8]]]:
    texts = ["서울특별시 종로구", "영수증 합계 금액", "도서관 이용 안내", "주차장 출입구"]
    predictions = [Prediction(text, f"{text[:-1]}강", 0.5 + index / 10) for index, text in enumerate(texts)]
    return predictions, {index: PICTURE for index in range(len(texts))}


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_another_program_reads_label_and_reading_off_a_panel(
    page_of_lines: tuple[list[Prediction], dict[int, NDArray[np.uint8]]], tmp_path: Path
) -> None:
    predictions, pictures = page_of_lines
    report = build_report(predictions)
    panel = np.asarray(Image.open(write_validation(tmp_path / "step", "val", 8, report, pictures)))
    read = tesseract_lines(panel)
    for prediction in predictions:
        for text in (prediction.label, prediction.text):
            assert squeezed(text) in read, f"{text!r} not found in {read!r}"


def test_an_offline_run_of_wandb_holds_the_panel_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    run(config(tmp_path, "logger=wandb", "trainer.max_steps=1"), Console(file=io.StringIO()))
    (logged,) = (tmp_path / "run" / "wandb").rglob("*.png")
    (written,) = (tmp_path / "run" / "validation").rglob("*.png")
    assert logged.read_bytes() == written.read_bytes()
    assert logged.is_relative_to(tmp_path / "run")


def tesseract_lines(picture: NDArray[np.uint8]) -> str:
    """What `tesseract` reads in the lines of a panel, right of the pictures, without spaces."""
    texts = picture[:, MARGIN_PX + round(PICTURE.shape[1] * PICTURE_HEIGHT_PX / PICTURE.shape[0]) :]
    ink = (texts < 128).any(axis=(1, 2))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], ink, [False])).astype(int)))
    strips = [texts[top - 6 : bottom + 6] for top, bottom in edges.reshape(-1, 2) if bottom - top > 12]
    strips = [cv2.resize(strip, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.uint8) for strip in strips]
    return " ".join(squeezed(reading.text) for reading in read_with_tesseract(strips, "kor", threads=1))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
