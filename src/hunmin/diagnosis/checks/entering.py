"""What enters the model, held against what no code of training computes: a stored tensor, and somebody else's reading.

Legend: N batch, H W pixels.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.data.audit.audit import judge
from hunmin.data.audit.distance import WIDE
from hunmin.data.audit.lines import ReadLine
from hunmin.data.loading.batch import Batch
from hunmin.data.sample import Sample
from hunmin.data.store.codec import decode_image
from hunmin.data.turns import Turn, turned
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Finding, Picture
from hunmin.diagnosis.measure.probe import few_lines
from hunmin.recognize.recognizer import Reading
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

GOLDEN: Final = Path(__file__).parents[1] / "golden"
"""A coloured crop, and what becomes of it at a height of 48: its tensor, as pixels of 0 to 255."""
GOLDEN_TEXT: Final = "가격 Rg 7"
GOLDEN_SPEC: Final = RecognizerSpec.for_charset(
    Charset("golden", " 7Rg가격"), height_px=48, width_step_px=48, max_width_px=480, mean=0.5, std=0.5
)
GOLDEN_TOKENS: Final = (7, 5, 6, 1, 3, 4, 1, 2, 0)
"""`<bos>`, the text, `<eos>`."""
SAME: Final = 0.03
"""Mean difference, of values from -1 to 1, up to which two tensors are the same: versions of OpenCV differ by 0.002, colours in
another order by 0.5."""
NUM_READ: Final = 16
"""Lines of the batch that are read."""
FEWEST_LOST: Final = 3
LOST: Final = 0.2
"""Share of the lines that the reader reads right as they are stored and wrong as they enter the model."""


def golden_image(case: Case) -> Finding:
    """Images are not prepared as they were for every model so far.

    All that prepares an image is used by training and by the checks alike, so a mistake in it hides itself: colours in another
    order, pixels that are not divided by 255, a mirrored picture, another width, a charset in another order. Here a picture is
    prepared whose tensor is stored, with its tokens.
    """
    name, expected = "golden_image", f"a mean difference of at most {SAME:g}, and the stored tokens"
    crop, wanted = golden_pictures()
    batch = case.collate([Sample(crop, GOLDEN_TEXT, "golden")], GOLDEN_SPEC, GOLDEN_SPEC.tokenizer())
    found, tokens = batch.images[0].numpy(), batch.tgt[0].tolist()
    right = wanted.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1
    change = "Undo what was changed in hunmin.image, hunmin.spec or hunmin.text.tokenizer, or install hunmin again."
    if found.shape != right.shape:
        measured = f"a tensor of {found.shape}"
        return Finding(name, "failed", measured, f"{right.shape}", "images are scaled or padded otherwise", change)
    difference = float(np.abs(found - right).mean())
    measured, figures = f"a mean difference of {difference:.3f}; tokens {tokens}", {"difference": difference}
    if difference > SAME:
        cause = _other_way(found, right) or "pixels are scaled or normalised otherwise"
        return Finding(name, "failed", measured, expected, cause, change, figures)
    if tuple(tokens) != GOLDEN_TOKENS:
        cause = f"characters have other numbers than they had: {list(GOLDEN_TOKENS)}"
        return Finding(name, "failed", measured, expected, cause, change, figures)
    return Finding(name, "passed", measured, expected, figures=figures)


def batch_readable(case: Case) -> Finding:
    """What enters the model is not what the lines show.

    Between the stored lines and the model stand augmentation, scaling, padding and batching, often of one's own. If they mirror
    or cut the pictures, or give a line's picture another line's label, no statistic of the batch changes. So the bundled model
    reads what enters the model, whatever its brightness, and what is stored: lines that it reads right there and wrong here were
    damaged on the way.
    """
    name, batch = "batch_readable", few_lines(case.batch, NUM_READ)
    stored = {sample.id: sample for sample in case.samples}
    chosen = [place for place, key in enumerate(batch.ids) if key in stored]
    if not chosen:
        return Finding(name, "skipped", "the batch has none of the lines drawn", "")
    pictures = pictures_of(batch)
    entering = _read(case, {place: (pictures[place], batch.labels[place]) for place in chosen})
    kept = _read(case, {place: (one.image, one.text) for place in chosen for one in [stored[batch.ids[place]]]})
    good = [number for number, line in enumerate(kept) if line.distance <= WIDE.disagrees]
    lost = [number for number in good if entering[number].distance > WIDE.disagrees]
    measured = (
        f"{len(good) - len(lost)} of {len(good)} lines that can be read where they are stored can be read in the batch"
    )
    expected, figures = "nearly all of them", {"readable": float(len(good)), "lost": float(len(lost))}
    if len(lost) < max(FEWEST_LOST, LOST * len(good)):
        return Finding(name, "passed", measured, expected, figures=figures)

    def reread(lines: Sequence[ReadLine], turn: Turn) -> list[Reading]:
        return case.reader.recognize([turned(pictures[line.row], turn) for line in lines])

    audit = judge(entering, dict(enumerate(batch.labels)), len(batch), set(case.reader.spec.characters), reread)
    cause = (
        audit.faults[0].told if audit.faults else "the pictures are cut, blank or distorted on their way into the batch"
    )
    remedy = (
        "Look at the pictures, and at what stands between data and model: collate, preprocess, and code of your own."
    )
    shown = tuple(
        Picture(f"label {entering[place].label}, read {entering[place].text}", pictures[chosen[place]])
        for place in lost
    )
    return Finding(name, "failed", measured, expected, cause, remedy, figures, shown)


@cache
def golden_pictures() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The crop, (H, W, 3) RGB, and its tensor as pixels, (48, W', 3)."""
    crop, prepared = (decode_image((GOLDEN / name).read_bytes(), where=name) for name in ("crop.png", "prepared.png"))
    return crop, prepared


def pictures_of(batch: Batch) -> list[NDArray[np.uint8]]:
    """The lines of a batch as pictures, (H, W, 3) RGB without padding, from black to white whatever their values are."""
    found = []
    for image, width in zip(batch.images.numpy(), batch.widths_px.tolist(), strict=True):
        values = np.nan_to_num(image[:, :, : max(1, width)].astype(np.float64))
        low, high = np.percentile(values, (0.1, 99.9))
        stretched = (values - low) / max(high - low, 1e-12) * 255
        found.append(np.ascontiguousarray(stretched.clip(0, 255).astype(np.uint8).transpose(1, 2, 0)))
    return found


def _read(case: Case, lines: Mapping[int, tuple[NDArray[np.uint8], str]]) -> list[ReadLine]:
    """Pictures with labels, by their place in the batch."""
    readings = case.reader.recognize([image for image, _ in lines.values()])
    return [
        ReadLine(place, label, reading.text, reading.confidence)
        for (place, (_, label)), reading in zip(lines.items(), readings, strict=True)
    ]


def _other_way(found: NDArray[np.float32], right: NDArray[np.float32]) -> str:
    """What was done to an image; empty = nothing that is known."""
    ways = {
        "the colours are in another order: blue, green, red": right[::-1],
        "images are mirrored, left for right": right[:, :, ::-1],
        "images are upside down": right[:, ::-1],
        "pixels are 0 to 255: not normalised": (right + 1) * 127.5,
        "pixels are 0 to 1: mean and deviation are not applied": (right + 1) / 2,
        "black and white are exchanged": -right,
    }
    return next(
        (way for way, values in ways.items() if np.abs(found - values).mean() <= SAME * np.abs(values).max()), ""
    )
