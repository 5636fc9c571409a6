"""What if a function that a check calls is itself wrong? Then a check says so, or the function has a test of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from hunmin import image
from hunmin.data.sample import Sample
from hunmin.data.store.codec import decode_image
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.checks import short_run
from hunmin.diagnosis.examine import CHECKS, examine
from hunmin.diagnosis.measure.overfit import Attempt, Sweep
from hunmin.model import permutations
from hunmin.model.decode import Decoded
from hunmin.spec import RecognizerSpec
from hunmin.text import normalize
from hunmin.text.tokenizer import Tokenizer
from hunmin.training import step as training
from tests.diagnosis import healthy
from tests.diagnosis.calls import functions_behind

TESTS = Path(__file__).parents[1]
SAMPLE = Store.sample


def pixels_of_255(*given: Any) -> Any:
    """Nothing is divided by 255."""
    return (image.preprocess(*given) + 1) * 127.5


def mirrored(picture: Any, *given: Any) -> Any:
    return image.preprocess(picture[:, ::-1], *given)


def colours_reversed(picture: Any, *given: Any) -> Any:
    return image.preprocess(picture[..., ::-1] if picture.ndim == 3 else picture, *given)


def decoded_mirrored(*given: Any, **named: Any) -> Any:
    return np.ascontiguousarray(decode_image(*given, **named)[:, ::-1])


def of_the_next_row(store: Store, row: int) -> Sample:
    """The picture of a row, the label of the next one."""
    return replace(SAMPLE(store, row), text=store.note((row + 1) % len(store)).text)


def one_size(picture: Any, *given: Any) -> Any:
    return image.preprocess(cv2.resize(picture, (32, 128), interpolation=cv2.INTER_AREA), *given)


def another_order(encode: Callable[[Tokenizer, str], list[int]]) -> Callable[[Tokenizer, str], list[int]]:
    return lambda tokenizer, label: [tokenizer.num_classes - one for one in encode(tokenizer, label)]


def read_in_another_order(
    decode: Callable[[Tokenizer, list[int]], str],
) -> Callable[[Tokenizer, list[int]], str]:
    """The same mistake the other way, so that texts come out as they went in."""

    def wrong(tokenizer: Tokenizer, ids: list[int]) -> str:
        return decode(
            tokenizer, [tokenizer.num_classes - one if 0 < one < tokenizer.num_classes else one for one in ids]
        )

    return wrong


@dataclass(frozen=True)
class Wrong:
    """A function that is wrong, and the check that says so."""

    name: str
    """What checks import, or what what they import calls."""
    target: str
    """Where it is looked up."""
    put_in: Any
    found_by: str


WRONG = [
    Wrong("preprocess", "hunmin.data.loading.batch.preprocess", pixels_of_255, "batch_statistics"),
    Wrong("preprocess", "hunmin.data.loading.batch.preprocess", mirrored, "batch_readable"),
    Wrong("preprocess", "hunmin.data.loading.batch.preprocess", mirrored, "golden_image"),
    Wrong("preprocess", "hunmin.data.loading.batch.preprocess", colours_reversed, "golden_image"),
    Wrong("preprocess", "hunmin.data.loading.batch.preprocess", one_size, "golden_image"),
    Wrong("decode_image", "hunmin.data.store.lmdb_store.decode_image", decoded_mirrored, "turned_images"),
    Wrong("sample", "hunmin.data.store.lmdb_store.Store.sample", of_the_next_row, "wrong_labels"),
    Wrong("scaled_width_px", "hunmin.spec.RecognizerSpec.scaled_width_px", lambda *_: 96, "golden_image"),
    Wrong("encode", "hunmin.text.tokenizer.Tokenizer.encode", another_order(Tokenizer.encode), "golden_image"),
    Wrong("encode", "hunmin.text.tokenizer.Tokenizer.encode", another_order(Tokenizer.encode), "targets"),
    Wrong(
        "query_masks",
        "hunmin.training.step.query_masks",
        lambda orders: torch.zeros_like(permutations.query_masks(orders)),
        "no_peeking",
    ),
    Wrong(
        "query_masks",
        "hunmin.training.step.query_masks",
        lambda orders: permutations.query_masks(orders).roll(1, dims=1),
        "no_peeking",
    ),
    Wrong(
        "one_pass_mask",
        "hunmin.diagnosis.checks.vocabulary.one_pass_mask",
        lambda length: torch.zeros(length + 1, length + 1, dtype=torch.bool),
        "no_peeking",
    ),
    Wrong(
        "causal_mask",
        "hunmin.diagnosis.checks.vocabulary.causal_mask",
        lambda length: torch.zeros(length + 1, length + 1, dtype=torch.bool),
        "no_peeking",
    ),
    Wrong(
        "training_step",
        "hunmin.diagnosis.checks.encoder.training_step",
        lambda *given, **named: replace(
            done := training.training_step(*given, **named), total=done.total.detach().requires_grad_(True)
        ),
        "gradients",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.name}-{wrong.found_by}")
def test_a_wrong_function_is_found(wrong: Wrong, stores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong.name == "encode":
        monkeypatch.setattr(Tokenizer, "decode", read_in_another_order(Tokenizer.decode))
    monkeypatch.setattr(wrong.target, wrong.put_in)
    case = healthy.case(stores)
    case.num_audited = 1  # as few as it reads
    (finding,) = examine(case, [wrong.found_by])
    assert finding.status == "failed", finding


def test_labels_that_lose_their_spaces_when_they_are_read_are_found(
    stores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, right = open_store(stores / "training"), normalize.normalize_label
    write_store((replace(good.sample(row), boxes=None) for row in range(80)), tmp_path / "lines")
    monkeypatch.setattr("hunmin.data.store.lmdb_store.normalize_label", lambda text: right(text).replace(" ", ""))
    case = healthy.case(stores, f"data.sources=[{{path: {tmp_path / 'lines'}}}]", "data.validation=[]")
    (finding,) = examine(case, ["spaces"])
    assert finding.status == "failed", finding


def swept(stores: Path, loss: float) -> Case:
    """A short run that ended at `loss`, whatever it did."""
    case = healthy.case(stores)
    case.sweep = Sweep(case.short_batch, (Attempt(3e-3, (loss,) * 10),), case.model)
    return case


def test_an_entropy_that_is_far_too_high_does_not_make_everything_learned(
    stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_run, "label_entropy", lambda labels: 100.0)
    (finding,) = examine(swept(stores, 3.0), ["learns_by_heart"])
    assert finding.status == "failed", finding


def test_decoding_that_ends_at_once_is_found(stores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(model: Any, images: torch.Tensor) -> Decoded:
        return Decoded(torch.zeros(len(images), 1, dtype=torch.int64), torch.zeros(len(images), 1))

    monkeypatch.setattr(short_run, "decode_autoregressive", nothing)
    (finding,) = examine(swept(stores, 0.01), ["predictions"])
    assert finding.status == "failed", finding


OWN_TESTS = {
    # What stands behind checks → the test file that holds it.
    "PARSeq": "model/test_parseq.py",
    "ReadLine": "data/audit/test_judge.py",
    "Recognizer": "recognize/test_recognizer.py",
    "Rules": "data/test_clean.py",
    "audit_store": "data/audit/test_audit.py",
    "bigram_entropy": "test_metrics.py",
    "build_optimizer": "training/test_optimizer.py",
    "build_source": "training/test_sources.py",
    "build_spec": "training/test_run.py",
    "build_validation": "training/test_sources.py",
    "bundled_faces": "synth/test_fonts.py",
    "choose_machine": "training/resources/test_device.py",
    "collate": "data/loading/test_batch.py",
    "decompose": "text/test_hangul.py",
    "fastest_precision": "training/resources/test_device.py",
    "find_resume_point": "training/test_run.py",
    "find_shared": "data/inspect/test_leaks.py",
    "initial_weights": "training/test_run.py",
    "is_syllable": "text/test_hangul.py",
    "judge": "data/audit/test_judge.py",
    "korean": "text/test_charset.py",
    "load_config": "test_compose.py",
    "load_model": "model/test_checkpoint.py",
    "memory_bytes": "training/resources/test_device.py",
    "num_cores": "training/resources/test_auto_settings.py",
    "open_store": "data/store/test_lmdb_store.py",
    "points_over_powers": "html/test_elements.py",
    "prepare_lines": "training/resources/test_auto_settings.py",
    "step_memory": "training/resources/test_memory.py",
    "time_steps": "training/resources/test_throughput.py",
    "transfer_weights": "model/test_transfer.py",
    "turned": "data/audit/test_audit.py",
    "what_is_wrong": "data/audit/test_audit.py",
}
FOUND_HERE = {wrong.name for wrong in WRONG} | {"label_entropy", "decode_autoregressive", "order_masks"}
VALUES = {"Batch", "InputError", "KeyValue", "Memory", "Sample"}
"""They hold something and compute nothing."""


@pytest.mark.parametrize("name", CHECKS)
def test_whatever_a_check_calls_is_found_wrong_by_a_check_or_has_a_test_of_its_own(name: str) -> None:
    behind = functions_behind(CHECKS[name])
    assert behind, "a check that calls nothing looks at nothing"
    assert behind - FOUND_HERE - VALUES - OWN_TESTS.keys() == set()


def test_the_tests_that_are_named_hold_what_they_are_named_for() -> None:
    missing = [name for name, path in OWN_TESTS.items() if name not in (TESTS / path).read_text("utf-8")]
    assert missing == []
    behind = {one for check in CHECKS.values() for one in functions_behind(check)}
    assert OWN_TESTS.keys() - behind == set()


def test_the_stored_picture_is_not_made_by_what_it_checks() -> None:
    # Red on a shaded ground, so that no exchange of colours, sides or ends leaves it as it was.
    from hunmin.diagnosis.checks.entering import GOLDEN_SPEC, golden_pictures

    crop, prepared = golden_pictures()
    assert prepared.shape == (48, 240, 3)
    assert isinstance(GOLDEN_SPEC, RecognizerSpec)
    for changed in (prepared[..., ::-1], prepared[::-1], prepared[:, ::-1], 255 - prepared):
        assert np.abs(changed.astype(float) - prepared).mean() > 10
    assert crop.shape[0] != 48
