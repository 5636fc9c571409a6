"""Texts to test on that a training on generated lines has never drawn, whatever the seeds."""

from dataclasses import replace
from pathlib import Path

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.checks.sets import validation_leak
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.synth.source import SynthSource
from hunmin.synth.store import write_lines
from hunmin.text.charset import ksx1001

CHARSET = frozenset(ksx1001().characters)
TRAINING = default_config()
HELD_OUT = replace(TRAINING, held_out=True)


def test_the_same_seed_gives_other_texts_for_training_and_for_testing() -> None:
    training, held_out = (Recipe(config, CHARSET).build() for config in (TRAINING, HELD_OUT))
    drawn = {training.sample(0, 0, index).text for index in range(100)}
    tested = [held_out.sample(0, 0, index).text for index in range(100)]
    # A lone sign or a short number may come twice by chance.
    assert [text for text in tested if text in drawn and len(text) > 6] == []
    assert sum(text in drawn for text in tested) <= 3


def test_pages_of_the_same_seed_have_other_texts_for_training_and_for_testing() -> None:
    configs = [replace(config, page_share=1.0) for config in (TRAINING, HELD_OUT)]
    training, held_out = (SynthSource(Recipe(config, CHARSET), seed=0) for config in configs)
    drawn = [training.sample(0, index) for index in range(12)]
    tested = [held_out.sample(0, index) for index in range(12)]
    assert not {one.text for one in drawn} & {one.text for one in tested if len(one.text) > 6}
    assert not {one.group for one in drawn} & {one.group for one in tested}


def test_a_sample_says_which_half_it_is_from() -> None:
    assert Recipe(TRAINING, CHARSET).build().sample(3, 0, 1).id == "synth/3/0/1"
    assert Recipe(HELD_OUT, CHARSET).build().sample(3, 0, 1).id == "synth/held_out/3/0/1"


def test_a_store_of_lines_that_the_training_draws_is_found_and_no_other(tmp_path: Path) -> None:
    write_lines(Recipe(TRAINING, CHARSET), tmp_path / "seen", num=4, seed=0, workers=1)
    write_lines(Recipe(HELD_OUT, CHARSET), tmp_path / "unseen", num=4, seed=0, workers=1)
    for store, status in (("seen", "failed"), ("unseen", "passed")):
        case = Case(["model=nano", "data=synth", "data.charset=ksx1001", f"data.validation=[{tmp_path / store}]"])
        finding = validation_leak(case)
        assert finding.status == status
        assert (finding.measured.startswith("100.0% of the lines of 'seen' are lines that")) == (status == "failed")


def test_a_stream_draws_anew_only_what_is_its_own() -> None:
    stream = SynthSource(Recipe(TRAINING, CHARSET), seed=0)
    first = stream.sample(0, 5)
    again = stream.redrawn(first.id)
    assert again is not None
    assert again.text == first.text
    for other in ("synth/1/0/5", "synth/held_out/0/0/5", "aihub/0/0/5", "synth/0/0/page/5"):
        assert stream.redrawn(other) is None
