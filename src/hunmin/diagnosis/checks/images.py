"""Checks of the images as the model gets them: their statistics, their shape, and the grid that the encoder lays over them.

Legend: N batch, H W pixels.
"""

import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.clean import Rules
from hunmin.data.sample import Sample
from hunmin.diagnosis.case import Case, UnbuiltError
from hunmin.diagnosis.findings import Finding
from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model
from hunmin.model.config import EncoderConfig
from hunmin.spec import RecognizerSpec

SAME_STATISTICS = 0.15
"""How far the mean (in deviations) and the deviation (relative) may be from what the lines give. Another interpolation moves them
by 0.03 at most in generated lines; every mistake that is named here changes the deviation by a factor of two and more."""
OUTSIDE = 0.01
"""By how much of the way from black to white a value may lie outside: by rounding alone."""
SAME_ASPECT = 1.25
"""Width to height may be off by this factor: a rule of thumb. Rounding to whole pixels changes it by 0.003 in generated lines,
one size for all lines by as much as their lengths differ."""
LEAST_COLUMNS = 2.0
"""Columns a syllable in the typical line; see `grid`."""
LEAST_COLUMNS_DENSE = 1.0
"""Columns a syllable in the densest lines, one in twenty."""
PATCHES_HIGH = 8
"""Rows of patches in the paper (a height of 32 in steps of 4); at least as many are advised where a ViT has too few."""
LEAST_ROWS = 3
"""Rows a syllable: leading consonant, vowel, trailing consonant."""
NARROW_PX = 8.0
"""A syllable narrower than this has strokes that run into each other, whatever the grid."""


def batch_statistics(case: Case) -> Finding:
    """Images are not normalised as the spec says, or not once.

    The spec says: pixels divided by 255, the mean subtracted, divided by the deviation. Pixels of 0 to 255, pixels normalised
    twice, or another mean and deviation than the spec's put the first layer far from where it was initialised or trained: the
    loss falls slowly or not at all, and a model that was good reads nonsense. The check scales the batch's lines by itself,
    without the code that prepared them, and compares mean and deviation; where they differ it says which mistake gives just
    these figures. No value may lie outside what black and white become.
    """
    name, batch, spec = "batch_statistics", case.batch, case.spec
    drawn = {sample.id: sample for sample in case.samples}
    lines = [drawn[key] for key in batch.ids if key in drawn]
    if not lines:
        return Finding(name, "skipped", "the batch has none of the lines drawn", "")
    pixels = np.concatenate([_content(sample, spec) for sample in lines])
    found = np.concatenate(
        [
            image[:, :, :width].ravel()
            for image, width in zip(batch.images.numpy(), batch.widths_px.tolist(), strict=True)
        ]
    )
    mistakes = {
        "": (pixels - spec.mean) / spec.std,
        "pixels are 0 to 255: not divided by 255, not normalised": pixels * 255,
        "pixels are still 0 to 255 when mean and deviation are applied": (pixels * 255 - spec.mean) / spec.std,
        "pixels are 0 to 1: mean and deviation are not applied": pixels,
        "pixels are divided by 255 twice": (pixels / 255 - spec.mean) / spec.std,
        "mean and deviation are applied twice": ((pixels - spec.mean) / spec.std - spec.mean) / spec.std,
        "ImageNet's mean and deviation are applied, not the spec's": (pixels - 0.449) / 0.226,
    }
    mean, deviation = float(found.mean()), float(found.std())
    right = mistakes[""]
    measured = f"mean {mean:.3g}, deviation {deviation:.3g}"
    expected = f"mean {right.mean():.3g}, deviation {right.std():.3g} (spec: mean {spec.mean:g}, std {spec.std:g})"
    figures = {"mean": mean, "deviation": deviation}
    fitting = [cause for cause, values in mistakes.items() if _alike(found, values)]
    black, white = (0 - spec.mean) / spec.std, (1 - spec.mean) / spec.std
    outside = max(black - float(found.min()), float(found.max()) - white)
    if "" in fitting and outside <= OUTSIDE * (white - black):
        return Finding(name, "passed", measured, expected, figures=figures)
    std = float(pixels.std()) / max(deviation, 1e-12)
    unknown = f"the values are as if mean {pixels.mean() - mean * std:.3g} and std {std:.3g} had been applied"
    remedy = "Prepare images with hunmin.image.preprocess(image, spec), and leave the result as it is."
    return Finding(name, "failed", measured, expected, fitting[0] if fitting else unknown, remedy, figures)


def weights_statistics(case: Case) -> Finding:
    """The weights that the run starts from were trained with another normalisation or height.

    Weights read what they were trained on. A run that starts from other weights, `init_from`, normalises as its own spec
    says. If the weights were trained with other statistics (ImageNet's, say), every feature is shifted, and the head start is
    lost without any message.
    """
    name, path, spec = "weights_statistics", case.weights, case.spec
    if path is None:
        return Finding(name, "passed", "the run starts from nothing", "weights trained with this run's statistics")
    try:
        theirs = load_model(path).spec
    except InputError as error:
        raise UnbuiltError("weights", error) from error
    values = [
        (key, getattr(theirs, key), getattr(spec, key))
        for key in ("mean", "std", "height_px")
        if getattr(theirs, key) != getattr(spec, key)
    ]
    expected = f"mean {spec.mean:g}, std {spec.std:g}, height {spec.height_px} px, as in this run"
    measured = f"mean {theirs.mean:g}, std {theirs.std:g}, height {theirs.height_px} px in {path.name}"
    if not values:
        return Finding(name, "passed", measured, expected)
    cause = "the weights were trained with " + ", ".join(
        f"{key} {their:g}, not {ours:g}" for key, their, ours in values
    )
    if [key for key, _, _ in values] == ["height_px"]:
        return Finding(name, "warning", measured, expected, cause, f"data.height_px={theirs.height_px}")
    return Finding(name, "failed", measured, expected, cause, "init_from=null")


def aspect_kept(case: Case) -> Finding:
    """The batch shows the lines in another shape than they have.

    Code of one's own between data and model often resizes everything to one size, such as 224 × 224. Lines of different
    length then come with characters of different shape, the long ones too narrow to read. hunmin scales to a height and pads
    to the right. The check compares the batch with the lines it was made from; lines that were squashed before are not its
    concern.
    """
    name, batch = "aspect_kept", case.batch
    drawn = {sample.id: sample.image.shape for sample in case.samples}
    height = batch.images.shape[2]
    distortions = [
        (width / height) / (drawn[key][1] / drawn[key][0])
        for key, width in zip(batch.ids, batch.widths_px.tolist(), strict=True)
        if key in drawn
    ]
    if not distortions:
        return Finding(name, "skipped", "the batch has none of the lines drawn", "")
    worst = max(distortions, key=lambda factor: abs(np.log(factor)))
    measured = f"width to height changed by a factor of up to {worst:.2f}; images {height} px high"
    expected = f"a factor of {1 / SAME_ASPECT:.2f} to {SAME_ASPECT:.2f}; {case.spec.height_px} px"
    figures = {"distortion": worst}
    if 1 / SAME_ASPECT <= worst <= SAME_ASPECT and height == case.spec.height_px:
        return Finding(name, "passed", measured, expected, figures=figures)
    cause = "crops are resized without regard to their shape"
    remedy = "Scale to spec.height_px and pad, as hunmin.image.preprocess does."
    return Finding(name, "failed", measured, expected, cause, remedy, figures)


def grid(case: Case) -> Finding:
    """The encoder's grid is too coarse for the characters.

    It sees the line through a grid, and what falls into one cell is hard to tell apart. Columns: between
    any two characters there is a gap, and to find it takes two columns a character. With fewer in a typical line, neighbours
    share cells; the densest lines need at least one. At height 48 a printed Korean character is about 30 px wide, so columns
    may be 15 px apart. Characters of half width (digits, Latin
    letters, spaces) count half.

    Rows: a syllable stacks up to three parts (글), so the first layer that is not linear must see three rows. A ViT's patches
    are one linear map, so its patches count; a hybrid encoder's stages look at finer rows before they merge them, so its
    first stage counts. Patches of 16 × 16 on a crop of 32 × 128, as ViTs for photographs have them, leave 2 rows and 1.3
    columns a syllable.
    """
    spec, config = case.spec, case.config.model.encoder
    rules = Rules(spec, "drop")
    fit = [sample for sample in case.samples if rules.why_unfit(sample) is None and sample.text]
    if not fit:
        return Finding("grid", "skipped", "no line can be trained on", "")
    syllable_px = np.array([_width_px(sample, spec) / width_of(sample.text) for sample in fit])
    bucket_px = max(spec.bucket_width_px(_width_px(sample, spec)) for sample in fit)
    column_px = bucket_px / case.model.encoder.grid(spec.height_px, bucket_px).columns
    typical_px, dense_px = (float(value) for value in np.percentile(syllable_px, (50, 5)))
    rows = spec.height_px // (config.patch_height_px if config.kind == "vit" else config.stem[0].stride_rows)
    measured = (
        f"{typical_px / column_px:.1f} columns a syllable, {dense_px / column_px:.1f} in the densest lines; {rows} rows"
    )
    expected = f"at least {LEAST_COLUMNS:g} columns, {LEAST_COLUMNS_DENSE:g} in the densest lines; {LEAST_ROWS} rows"
    figures = {"columns": typical_px / column_px, "columns_dense": dense_px / column_px, "rows": float(rows)}
    if typical_px < NARROW_PX:
        reason = f"syllables are {typical_px:.1f} px wide, too narrow for any grid; see squashed_images"
        return Finding("grid", "skipped", reason, expected)
    if typical_px < LEAST_COLUMNS * column_px or rows < LEAST_ROWS:
        cause = f"a cell is {column_px:.0f} px wide and {spec.height_px / rows:.0f} px high, a syllable {typical_px:.0f} px wide"
        return Finding("grid", "failed", measured, expected, cause, _finer(config, typical_px, spec), figures)
    if dense_px < LEAST_COLUMNS_DENSE * column_px:
        cause = f"in the densest lines a syllable is {dense_px:.0f} px wide, a column {column_px:.0f} px"
        return Finding("grid", "warning", measured, expected, cause, _finer(config, dense_px, spec), figures)
    return Finding("grid", "passed", measured, expected, figures=figures)


def width_of(text: str) -> float:
    """How many syllables wide a text is: characters of half width count half, and it is never nothing."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.5 for character in text) or 0.5


def _finer(config: EncoderConfig, syllable_px: float, spec: RecognizerSpec) -> str:
    """Overrides for a grid on which `syllable_px` are enough."""
    if config.kind == "hybrid":
        return "model=nano"
    widest = [px for px in (12, 8, 6, 4, 2) if LEAST_COLUMNS * px <= syllable_px and spec.width_step_px % px == 0]
    height_px = next(px for px in range(max(1, spec.height_px // PATCHES_HIGH), 0, -1) if spec.height_px % px == 0)
    return f"++model.encoder.patch_height_px={height_px} ++model.encoder.patch_width_px={widest[0] if widest else 2}"


def _width_px(sample: Sample, spec: RecognizerSpec) -> int:
    return spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0])


def _content(sample: Sample, spec: RecognizerSpec) -> NDArray[np.float32]:
    """The line's pixels at the spec's height, 0 to 1; by no function that prepares lines for the model."""
    height, width = sample.image.shape[:2]
    size = (max(1, round(width * spec.height_px / height)), spec.height_px)
    scaled = cv2.resize(sample.image, size, interpolation=cv2.INTER_AREA)
    three = scaled if scaled.ndim == 3 else np.repeat(scaled[..., None], 3, axis=2)  # noqa: PLR2004 - colour or grey
    return (np.asarray(three, dtype=np.float32) / np.float32(255)).ravel()


def _alike(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> bool:
    """Whether mean and deviation agree."""
    deviation = max(float(wanted.std()), 1e-6)
    same_mean = abs(float(found.mean()) - float(wanted.mean())) <= SAME_STATISTICS * deviation
    return same_mean and abs(float(found.std()) / deviation - 1) <= SAME_STATISTICS
