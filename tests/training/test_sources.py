"""Generated lines: the longer ones come when they should, and those to validate on are none to train on."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hunmin.data.loading.stream import MixedSource, SomeOf
from hunmin.spec import RecognizerSpec
from hunmin.synth.fonts.scan import scan_folder
from hunmin.synth.source import SynthSource
from hunmin.text.charset import korean
from hunmin.training.config import TrainConfig
from hunmin.training.prepare import prepare
from hunmin.training.sources import Curriculum, build_source, build_validation
from tests.synth.fonts_of_blocks import SYLLABLES, make_font_of_blocks
from tests.training.runs import config

SPEC = RecognizerSpec.for_charset(korean(), max_label_length=64)
RISING = ("trainer.max_steps=25", "data.batch_size=4", "data.curriculum_start_length=4", "data.curriculum_share=0.5")


def generated(folder: Path, sources: str, *more: str) -> TrainConfig:
    return config(folder, f"data.sources={sources}".replace("STORE", str(folder / "store")), *RISING, *more)


def longest(source: object, index: int) -> int:
    assert isinstance(source, SynthSource) and source._longest
    return source._longest(index)


@pytest.mark.parametrize(("num_processes", "num_lines"), [(1, 100), (4, 400)])
def test_generated_lines_reach_their_full_length_after_a_share_of_the_lines_of_all_processes(
    num_processes: int, num_lines: int, tmp_path: Path
) -> None:
    one = generated(tmp_path, "[{path: synth}]")
    source = build_source(one, SPEC, num_processes=num_processes)
    lengths = [longest(source, num_lines * percent // 100) for percent in (0, 25, 50, 100)]
    full = min(one.synth.max_length, SPEC.max_label_length)
    assert lengths == [4, round((4 + full) / 2), full, full]


def test_generated_lines_of_a_mix_rise_with_their_own_share_of_the_lines(tmp_path: Path) -> None:
    one = generated(tmp_path, "[{path: synth, weight: 1}, {path: STORE, weight: 3}]")
    mix = build_source(one, SPEC)
    assert isinstance(mix, MixedSource)
    full = min(one.synth.max_length, SPEC.max_label_length)
    assert longest(mix.sources[0], 12) < full == longest(mix.sources[0], 13), "25 of 100 lines, half of them rising"


def test_generated_lines_rise_to_the_longest_that_the_generator_may_draw(tmp_path: Path) -> None:
    source = build_source(generated(tmp_path, "[{path: synth}]", "synth.max_length=20"), SPEC)
    assert [longest(source, index) for index in (25, 50)] == [12, 20]


def test_generated_validation_lines_are_held_out_and_others_than_those_of_training(tmp_path: Path) -> None:
    one = generated(tmp_path, "[{path: synth}]", "data.validation=[synth]")
    validation = build_validation(one, SPEC)["held_out"].source
    assert isinstance(validation, SomeOf) and isinstance(validation.source, SynthSource)
    faces = validation.source._recipe.build()._faces
    assert faces and all(face.held_out for face in faces)
    # Also where training itself draws from what is held out.
    same = generated(
        tmp_path, "[{path: synth}]", "data.validation=[synth]", "synth.held_out=true", "synth.max_length=4"
    )
    training, validation = build_source(same, SPEC), build_validation(same, SPEC)["held_out"].source
    for index in range(3):
        ours, theirs = training.sample(0, index).image, validation.sample(0, index).image
        assert ours.shape != theirs.shape or not np.array_equal(ours, theirs)


def test_lines_grow_straight_from_the_start_length_to_the_longest_over_the_share() -> None:
    lengths = [Curriculum(1000, 8, 64, 0.5)(index) for index in range(0, 1001, 125)]
    assert lengths == [8, 22, 36, 50, 64, 64, 64, 64, 64]


@given(index=st.integers(0, 2000), share=st.floats(0, 1), start=st.integers(1, 64))
def test_a_line_is_never_shorter_than_the_start_nor_longer_than_the_longest(
    index: int, share: float, start: int
) -> None:
    assert start <= Curriculum(1000, start, 64, share)(index) <= 64


def test_no_share_or_no_samples_means_the_longest_lines_from_the_first_one_on() -> None:
    assert Curriculum(1000, 8, 64, 0.0)(0) == 64
    assert Curriculum(0, 8, 64, 0.5)(0) == 64


def test_own_fonts_are_measured_before_the_first_step_and_it_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fonts = tmp_path / "fonts"
    for name in ("one", "two"):
        make_font_of_blocks(fonts / f"{name}.ttf", name, SYLLABLES[:200])
    said = io.StringIO()
    prepare(generated(tmp_path, "[{path: synth}]", f"data.fonts=[{fonts}]"), Console(file=said, width=300))
    assert f"measuring the fonts in {fonts}: 2 of 2" in said.getvalue()
    measured: list[int] = []
    scan_folder(fonts, lambda _done, total: measured.append(total))
    assert not measured
