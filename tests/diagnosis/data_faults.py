"""Faults of a configuration, of data and of labels."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import lmdb
import numpy as np

from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import open_store, write_store
from hunmin.data.turns import turned
from hunmin.text.charset import korean, ksx1001
from tests.diagnosis.fault import Data, Fault

OUTSIDE = sorted(set(korean().characters) - set(ksx1001().characters))
"""Syllables that KS X 1001 lacks."""

Spoil = Callable[[int, Sample], Sample]


def spoiled(spoil: Spoil) -> Data:
    """The training set with every line brought through `spoil`."""

    def write(stores: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "spoiled"
        if not path.exists():
            good = open_store(stores / "training")
            write_store((spoil(i, replace(good.sample(i), boxes=None)) for i in range(len(good))), path)
        return (f"data.sources=[{{path: {path}}}]",)

    return write


def ascii_only(number: int, sample: Sample) -> Sample:
    return replace(sample, text=sample.text.encode("ascii", "ignore").decode())


def without_spaces(number: int, sample: Sample) -> Sample:
    return replace(sample, text=sample.text.replace(" ", ""))


def one_text(number: int, sample: Sample) -> Sample:
    return replace(sample, text="확인") if number % 3 == 0 else sample


def blank(number: int, sample: Sample) -> Sample:
    return replace(sample, image=np.full_like(sample.image, 255)) if number % 5 == 0 else sample


def squashed(number: int, sample: Sample) -> Sample:
    return replace(sample, image=cv2.resize(sample.image, (224, 224), interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]


def full_width(number: int, sample: Sample) -> Sample:
    shifted = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in sample.text)
    return replace(sample, text=shifted)


def shortened(number: int, sample: Sample) -> Sample:
    return replace(sample, text=sample.text[:1])


def rare_syllables(number: int, sample: Sample) -> Sample:
    # Of a short text another syllable makes another text.
    return replace(sample, text=sample.text + OUTSIDE[number]) if len(sample.text) > 12 else sample


def with_labels(change: Callable[[list[str]], list[str]]) -> Data:
    """The training set with labels that are changed all together."""

    def write(stores: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "relabelled"
        if not path.exists():
            good = open_store(stores / "training")
            labels = change(list(good.labels()))
            write_store((replace(good.sample(i), text=label, boxes=None) for i, label in enumerate(labels)), path)
        return (f"data.sources=[{{path: {path}}}]",)

    return write


def shuffled(labels: list[str]) -> list[str]:
    return [labels[place] for place in np.random.default_rng(0).permutation(len(labels))]


def a_fifth_wrong(labels: list[str]) -> list[str]:
    return [labels[place - 7] if place % 5 == 0 else label for place, label in enumerate(labels)]


def upside_down(number: int, sample: Sample) -> Sample:
    return replace(sample, image=turned(sample.image, "180"))


def cut_at_ten(number: int, sample: Sample) -> Sample:
    return replace(sample, text=sample.text[:10])


def cut_off(stores: Path, folder: Path) -> tuple[str, ...]:
    path = folder / "cut"
    if not path.exists():
        shutil.copytree(stores / "training", path)
        whole = (path / "data.mdb").read_bytes()
        (path / "data.mdb").write_bytes(whole[: len(whole) // 2])
    return (f"data.sources=[{{path: {path}}}]",)


def broken_images(stores: Path, folder: Path) -> tuple[str, ...]:
    """A published set, without a manifest, in which every tenth image ends in the middle."""
    path = folder / "broken"
    if not path.exists():
        path.mkdir(parents=True)
        good = open_store(stores / "training")
        with lmdb.open(str(path), map_size=64 << 20) as environment, environment.begin(write=True) as transaction:
            transaction.put(b"num-samples", b"%d" % len(good))
            for index in range(len(good)):
                image, label, _ = good.raw(index)
                assert image and label
                transaction.put(b"image-%09d" % (index + 1), image[: len(image) // 2] if index % 10 == 0 else image)
                transaction.put(b"label-%09d" % (index + 1), label)
    return (f"data.sources=[{{path: {path}}}]",)


def validated_on_training(stores: Path, folder: Path) -> tuple[str, ...]:
    return (f"data.validation=[{stores / 'training'}]",)


def pages_split(stores: Path, folder: Path) -> tuple[str, ...]:
    """Lines that know their page, with lines of each page in both sets."""
    for name in ("training", "validation"):
        if not (folder / name).exists():
            good = open_store(stores / name)
            lines = (replace(good.sample(i), group=f"page {i % 20}") for i in range(len(good)))
            write_store(lines, folder / name)
    return (f"data.sources=[{{path: {folder / 'training'}}}]", f"data.validation=[{folder / 'validation'}]")


def copied(stores: Path, folder: Path) -> tuple[str, ...]:
    path = folder / "another_name"
    if not path.exists():
        shutil.copytree(stores / "training", path)
    return (f"data.sources=[{{path: {stores / 'training'}}}, {{path: {path}}}]",)


def named_twice(stores: Path, folder: Path) -> tuple[str, ...]:
    path = stores / "validation"
    return (f"data.validation=[{path}, {path}]",)


def hanja(stores: Path, folder: Path) -> tuple[str, ...]:
    path = folder / "charset.txt"
    path.write_text(ksx1001().characters + "".join(chr(code) for code in range(0x4E00, 0x4F00)), encoding="utf-8")
    return (f"data.charset={path}",)


DATA_FAULTS = [
    Fault("a key is misspelt", "configuration", "config", ("data.max_label_lenght=64",)),
    Fault("heads do not divide the width", "configuration", "config", ("model.encoder.num_heads=7",)),
    Fault("the charset file is missing", "configuration", "spec", ("data.charset=nowhere.txt",)),
    Fault("the training set is missing", "training_data", "sources", ("data.sources=[{path: nowhere}]",)),
    Fault("the training set was cut off", "training_data", "sources", data=cut_off),
    Fault("a validation set is named twice", "validation_data", "validation", data=named_twice),
    Fault("there is no validation set", "validation_data", "remembering", ("data.validation=[]",), status="warning"),
    Fault("strides do not divide the height", "model_builds", "model", ("data.height_px=30",)),
    Fault("labels are shuffled", "wrong_labels", "labels are shuffled", data=with_labels(shuffled)),
    Fault(
        "labels stand a row too late",
        "wrong_labels",
        "1 row later",
        data=with_labels(lambda labels: [labels[-1], *labels[:-1]]),
    ),
    Fault(
        "labels are backwards",
        "wrong_labels",
        "characters in reversed order",
        data=with_labels(lambda labels: [label[::-1] for label in labels]),
    ),
    Fault("a fifth of the labels is wrong", "wrong_labels", "label noise", data=with_labels(a_fifth_wrong)),
    Fault("pictures are upside down", "turned_images", "upside down", data=spoiled(upside_down)),
    Fault("labels were cut at ten characters", "label_form", "cut at 10 characters", data=spoiled(cut_at_ten)),
    Fault("the charset lacks syllables", "unknown_characters", "charset is smaller", data=spoiled(rare_syllables)),
    Fault("lines of over 10 characters are left out", "label_length", "fewer positions", ("data.max_label_length=10",)),
    Fault("labels were brought to ASCII", "label_form", "lost their Hangul", data=spoiled(ascii_only)),
    Fault("labels were cut to one character", "label_form", "cut at 1 character", data=spoiled(shortened)),
    Fault("labels have full-width digits", "label_form", "full-width", data=spoiled(full_width), status="warning"),
    Fault("spaces were removed", "spaces", "removed", data=spoiled(without_spaces)),
    Fault("a third of the labels are one text", "label_distribution", "one text", data=spoiled(one_text)),
    Fault("a dense head for few lines", "rare_characters", "by itself", ("model.head.kind=dense",)),
    Fault("every tenth image is damaged", "corrupt_images", "damaged", data=broken_images),
    Fault("every fifth image is blank", "flat_images", "saved empty", data=spoiled(blank)),
    Fault("crops were resized to 224×224", "squashed_images", "224×224", data=spoiled(squashed)),
    Fault("lines wider than 128 px are left out", "wide_images", "too low", ("data.max_width_px=128",)),
    Fault("one store for everything", "validation_leak", "serves as both", data=validated_on_training),
    Fault("pages were split line by line", "validation_leak", "split line by line", data=pages_split),
    Fault("a set and its copy", "same_set_twice", "copied", data=copied),
    Fault("generated lines named twice", "same_set_twice", "seed", ("data.sources=[{path: synth}, {path: synth}]",)),
    Fault("the charset has Hanja", "font_for_logs", "scripts", data=hanja, status="warning"),
]
