"""Checks of what the training images show, and of the font that pictures in logs are lettered with."""

from collections import Counter

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.sample import Sample
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.checks.labels import FEWEST_TO_JUDGE, px_a_character
from hunmin.diagnosis.findings import SOME, Finding, Picture, grade
from hunmin.synth.fonts.faces import bundled_faces

NARROWEST_PX = 6.5
"""Pixels a character at a height of 32: half of 13, which 7 % of 228 real crops fall below. The narrowest of them has 9.8, of 400
generated ones 8.0."""
FAINTEST = 10
"""Grey levels between the lightest and the darkest parts of a crop. The faintest of 228 real crops has 106, of 400 generated
ones 70."""
ONE_SIZE = 0.95
"""Share of crops of one and the same size from which they were resized, not cut."""
NUM_SHOWN, SHOWN_HEIGHT_PX = 8, 64
"""Lines that a finding shows, and their height."""


def corrupt_images(case: Case) -> Finding:
    """Images that cannot be decoded.

    hunmin leaves them out, counts them and draws another line instead. Each one is a line that was paid for and is not
    learned from; many of them mean a copy that was cut off, a disk that fails, or files in a format that is not read.
    """
    broken, total = len(case.draws.unreadable), len(case.draws.unreadable) + len(case.draws.samples)
    share = broken / max(total, 1)
    measured, expected = f"{share:.1%} of {total} images cannot be read", "none"
    status = grade(share, 0.0)
    if status == "passed":
        return Finding("corrupt_images", status, measured, expected, figures={"share": share})
    return Finding(
        "corrupt_images",
        status,
        measured,
        expected,
        f"files that were damaged or cut off, such as {case.draws.unreadable[0]}",
        "See them all with hunmin data verify STORE; then import those files again, or leave them out.",
        {"share": share},
    )


def flat_images(case: Case) -> Finding:
    """Images without anything to see: empty, or of one colour.

    A crop beside the text, a box with swapped coordinates, a mask saved in place of the picture: the label is right, the
    image is blank, and the only way to be right is to know labels by heart.
    """
    flat = [sample for sample in case.samples if _contrast(sample.image) < FAINTEST]
    share = len(flat) / len(case.samples)
    measured = f"{share:.1%} of {len(case.samples)} images have less than {FAINTEST} grey levels of contrast"
    status, expected, figures = grade(share), "at most 1 %", {"share": share}
    if status == "passed":
        return Finding("flat_images", status, measured, expected, figures=figures)
    return Finding(
        "flat_images",
        status,
        f"{measured}, such as {flat[0].id}",
        expected,
        "crops that were cut beside the text, or images that were saved empty",
        "Look at these lines, correct how they were cut, and import them again.",
        figures,
        _shown(flat),
    )


def squashed_images(case: Case) -> Finding:
    """Every image was resized to one size, or squeezed until characters touch.

    Recipes for classifiers resize each image to 224×224, those for English words to 32×128. A line of twenty syllables then
    has six pixels for each, and no model can tell 한 from 환. hunmin keeps the aspect ratio and pads; so the crops have to
    come as they were cut.
    """
    samples = [sample for sample in case.samples if sample.text]
    sizes = Counter(sample.image.shape[:2] for sample in samples)
    (height, width), num = sizes.most_common(1)[0]
    one_size = num / len(samples)
    lengths = sorted(len(sample.text) for sample in samples)
    short, long = (max(1, lengths[len(lengths) * tenth // 10]) for tenth in (1, 9))
    narrow = sum(px_a_character(sample) < NARROWEST_PX for sample in samples) / len(samples)
    figures = {"one_size": one_size, "narrow": narrow}
    measured = f"{narrow:.1%} of lines below {NARROWEST_PX} px a character at height 32; {one_size:.0%} of one size"
    expected = "widths that follow the text: about 20 px a character"
    # Labels that differ by half in length do not fill crops of one width, unless those were made so.
    resized = one_size >= ONE_SIZE and long >= 1.5 * short and len(samples) >= FEWEST_TO_JUDGE
    status = "failed" if resized else grade(narrow)
    if status == "passed":
        return Finding("squashed_images", status, measured, expected, figures=figures)
    cause = f"all crops were resized to {width}×{height} px" if resized else "crops were squeezed in width"
    return Finding(
        "squashed_images",
        status,
        measured,
        expected,
        f"{cause}, whatever they say",
        "Import the crops again as they were cut; hunmin scales and pads them itself.",
        figures,
        _shown(sorted(samples, key=px_a_character)),
    )


def wide_images(case: Case) -> Finding:
    """Crops are wider than the model takes.

    At the height that crops are scaled to, a line may be at most `data.max_width_px` wide. Wider ones are left out and
    counted: squashing them would make their characters unreadable, cutting them would make their labels wrong.
    """
    spec = case.spec
    widths = [spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0]) for sample in case.samples]
    share = sum(width > spec.max_width_px for width in widths) / len(widths)
    measured = f"{share:.1%} of lines are wider than {spec.max_width_px} px at height {spec.height_px}, the widest {max(widths)}"
    status, expected, figures = (
        grade(share),
        f"at most {spec.max_width_px} px",
        {"share": share, "widest_px": max(widths)},
    )
    if status == "passed":
        return Finding("wide_images", status, measured, expected, figures=figures)
    return Finding(
        "wide_images",
        status,
        measured,
        expected,
        "the limit is too low for these lines, or crops hold several lines, so they are left out",
        f"data.max_width_px={spec.bucket_width_px(max(widths))}",
        figures,
    )


def font_for_logs(case: Case) -> Finding:
    """The font that labels pictures in the log lacks characters of the charset.

    Where a font has no glyph it draws nothing, or the same box for everything: a log full of □□□ looks like a model that
    reads nothing, however well it does. hunmin draws with a font of its own that has all modern syllables; characters it
    lacks, Hanja say, appear as a frame with their number.
    """
    coverage = max((face.coverage for face in bundled_faces() if face.style == "gothic"), key=len)
    missing = [character for character in case.spec.characters if character not in coverage]
    share = len(missing) / len(case.spec.characters)
    measured = f"{len(missing)} of {len(case.spec.characters):,} characters missing" + (
        f": {''.join(missing[:20])}" if missing else ""
    )
    # Nothing is learned worse for it, so it never fails.
    status, expected = grade(share, SOME, 1.0), "at most 1 % missing"
    if status == "passed":
        return Finding("font_for_logs", status, measured, expected, figures={"share": share})
    return Finding(
        "font_for_logs",
        status,
        measured,
        expected,
        "the charset has scripts that the bundled font does not draw",
        "Read these characters by their numbers (U+4E2D) in logged pictures; no figure is affected.",
        {"share": share},
    )


def _contrast(image: NDArray[np.uint8]) -> float:
    """Grey levels between the darkest and the lightest hundredth."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # noqa: PLR2004 - grey
    dark, light = np.percentile(grey, (1, 99))
    return float(light - dark)


def _shown(samples: list[Sample]) -> tuple[Picture, ...]:
    """The first few lines as the model would see them, twice as large, over what they are said to say."""
    shown = []
    for sample in samples[:NUM_SHOWN]:
        width_px = max(1, round(sample.image.shape[1] * SHOWN_HEIGHT_PX / sample.image.shape[0]))
        image = cv2.resize(sample.image, (width_px, SHOWN_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        shown.append(Picture(sample.text, np.asarray(image, dtype=np.uint8)))
    return tuple(shown)
