"""Checks by a short run: one batch is learned by heart at several learning rates.

`case.sweep` is that run. What it learned is judged by comparison: with what the labels alone would teach, and with what is left
when each line gets another's image.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import torch

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Finding, Status
from hunmin.diagnosis.measure.overfit import NUM_STEPS, Sweep
from hunmin.diagnosis.measure.probe import others_turn
from hunmin.html.charts import points_over_powers
from hunmin.metrics import bigram_entropy, label_entropy
from hunmin.model.decode import decode_autoregressive
from hunmin.model.permutations import one_pass_mask
from hunmin.text.tokenizer import Tokenizer

LEARNED = 0.5
"""Share of the labels' entropy that the loss must have come under for "learned by heart"; `model=nano` ends
below 0.01 at its own rate."""
MOST_LEARNED = 2.0
"""Nats a token that the loss must come under in any case: eight lines of six characters have an entropy of at most 4."""
NEAR_BEST = 0.1
"""A rate is as good as the best if its loss is within this share of the entropy; the lowest such one is recommended, because a
long run is less forgiving than a short one."""
FAR = 10.0
"""A rate that is lower than the recommended one by this factor needs as many times the steps."""
GAP = 0.5
"""Nats a token by which another line's image must raise the loss. `model=nano`: 9; a model blind to the image: 0."""
MOST = 0.5
"""Share of the predictions from which on one kind of failure stands for the model."""
REPEATED = 0.8
"""Share of one character from which on a text is that character, repeated."""
FEWEST_CHARACTERS = 4
"""A text shorter than this repeats nothing."""

PredictionKind = Literal["empty", "<bos> loop", "one character", "same text", "plausible"]


def learns_by_heart(case: Case) -> Finding:
    """No learning rate gets the model to learn even one batch.

    Eight short lines can be learned by heart in a few dozen steps, whatever they show. If the loss stops at the unigram
    entropy of the labels, the model has learned which characters are frequent and nothing else; between that and the bigram
    entropy, which follow each other. Then it is no use to look for a better rate or to wait: something between image and loss
    is broken.
    """
    sweep, unigram, bigram = case.sweep, *_entropies(case.sweep)
    lowest, limit = sweep.best.outcome, min(LEARNED * unigram, MOST_LEARNED)
    measured = f"loss {lowest:.2f} after {NUM_STEPS} steps at {sweep.best.rate:g}, the best rate"
    expected = f"below {limit:.2f}, half the labels' entropy (unigram {unigram:.2f}, bigram {bigram:.2f})"
    figures = {"unigram_entropy": unigram, "bigram_entropy": bigram}
    if math.isfinite(lowest):
        figures["loss"] = lowest
    if lowest <= limit:
        return Finding("learns_by_heart", "passed", measured, expected, figures=figures)
    known = "learned nothing" if lowest > unigram else "learned which characters are frequent, and little else"
    remedy = "Look at the other checks that failed; if none did, begin with model=nano and change one thing at a time."
    return Finding(
        "learns_by_heart", "failed", measured, expected, f"at no rate it can learn: it {known}", remedy, figures
    )


def learning_rate(case: Case) -> Finding:
    """The learning rate is too low, so that the loss falls but never arrives, or too high, so that it does not fall.

    Both look like a model that cannot learn. A batch that is learned by heart at other rates, but not at the configured one,
    tells the difference. Far too high a rate kills layers within a few steps, and the loss then stays at the entropy of the
    labels, whatever the image; one that is a tenth of the right one needs ten times the steps. Recommended is the lowest rate
    that does as well as the best.
    """
    sweep, unigram, _ = case.sweep, *_entropies(case.sweep)
    rate, limit = case.config.trainer.learning_rate, LEARNED * unigram
    own, wanted = sweep.at(rate), recommended_rate(sweep)
    points = [(one.rate, one.outcome) for one in sweep.attempts if one.rate]
    title = f"Loss after {NUM_STEPS} steps over the learning rate; ring: trainer.learning_rate; shaded: good"
    line = "labels' entropy", unigram
    chart = points_over_powers(title, points, ring=rate, good=limit, line=line) if points else ""
    best = sweep.best
    measured = (
        f"loss {own.outcome:.2f} after {NUM_STEPS} steps on one batch at {rate:g}; {best.outcome:.2f} at {best.rate:g}"
    )
    figures = {f"{tried:g}": loss for tried, loss in points if math.isfinite(loss)}
    if best.outcome > limit:
        reason = "no rate learns the batch; see learns_by_heart"
        return Finding("learning_rate", "skipped", reason, "", figures=figures, chart=chart)
    low = rate < wanted
    expected = f"below {unigram if low else limit:.2f}"
    if own.outcome <= (unigram if low else limit):
        return Finding("learning_rate", "passed", measured, expected, figures=figures, chart=chart)
    if low:
        falls = own.outcome < 0.99 * own.losses[0]
        how = f"too low: the loss {'falls, but too slowly' if falls else 'does not move'}"
    else:
        how = f"too high: the loss stops at {own.outcome:.2f}"
    cause = f"the rate is {how}, and at {wanted:g} the same batch is learned"
    status: Status = "warning" if low and rate * FAR >= wanted else "failed"
    remedy = f"trainer.learning_rate={wanted:g}"
    return Finding("learning_rate", status, measured, expected, cause, remedy, figures, chart=chart)


def image_used(case: Case) -> Finding:
    """The decoder has learned without the image.

    A decoder that is shown the right characters while it trains can guess the next one from them, and the loss falls below
    the entropy of the labels without a look at the picture. Reading then gives fluent text that does not stand there. The
    check gives each line of a batch that was learned by heart the image of another, without any context: the loss must rise.
    """
    sweep, unigram, _ = case.sweep, *_entropies(case.sweep)
    if sweep.best.outcome > unigram:
        return Finding("image_used", "skipped", "nothing was learned yet; see learns_by_heart", "")
    right, wrong = shuffled_losses(sweep)
    measured = (
        f"loss {right:.2f} with the line's own image, {wrong:.2f} with another line's (label entropy {unigram:.2f})"
    )
    expected, figures = f"a gap of {GAP:g} and more", {"own_image": right, "other_image": wrong, "entropy": unigram}
    if wrong - right >= GAP:
        return Finding("image_used", "passed", measured, expected, figures=figures)
    cause = "the decoder ignores the image: it goes by frequent characters and by what stands before"
    remedy = "Look at image_reaches_output, encoder_features and gradients, and train with trainer.one_pass_order=true."
    return Finding("image_used", "failed", measured, expected, cause, remedy, figures)


def predictions(case: Case) -> Finding:
    """What the model writes is empty, one character repeated, or the same for every image.

    Each has its usual reasons. Empty: `<eos>` is the most frequent token, and the model knows only frequencies. One
    character, repeated: it has learned the most frequent one, or attention does not move. The same text for every image: the
    image is ignored. A `<bos>` loop: the head can write special tokens, and inputs and targets are not shifted. Here the
    batch that was learned by heart is read, character by character, as a validation does.
    """
    sweep = case.sweep
    if sweep.best.outcome > label_entropy(sweep.batch.labels):
        return Finding("predictions", "skipped", "nothing was learned yet; see learns_by_heart", "")
    with torch.no_grad():
        ids = decode_autoregressive(sweep.model, sweep.batch.images).tokens.tolist()
    kinds = Counter(prediction_kinds(ids, sweep.batch.labels, case.tokenizer))
    texts = [case.tokenizer.decode(row) for row in ids]
    right = sum(text == label for text, label in zip(texts, sweep.batch.labels, strict=True))
    measured = f"{', '.join(f'{num} {kind}' for kind, num in kinds.most_common())}; {right} of {len(texts)} right"
    expected = f"plausible ones, fewer than {MOST:.0%} of one failure"
    figures = {kind: float(num) for kind, num in kinds.items()} | {"right": float(right)}
    kind, num = kinds.most_common(1)[0]
    if kind == "plausible" or num < MOST * len(texts):
        return Finding("predictions", "passed", measured, expected, figures=figures)
    wrong = next(i for i, text in enumerate(texts) if text != sweep.batch.labels[i])
    shown = f"such as {texts[wrong][:20]!r} for {sweep.batch.labels[wrong]!r}"
    remedy = "See learns_by_heart, image_used and shifted_targets, whichever failed."
    return Finding("predictions", "failed", measured, expected, f"{MEANING[kind]}, {shown}", remedy, figures)


MEANING: dict[PredictionKind, str] = {
    "empty": "nothing is read: <eos> comes first",
    "<bos> loop": "special tokens are written: the head has classes for them",
    "one character": "one character is repeated",
    "same text": "every image gets the same text",
    "plausible": "texts that may be wrong, but are texts",
}


def prediction_kinds(ids: Sequence[Sequence[int]], labels: Sequence[str], tokenizer: Tokenizer) -> list[PredictionKind]:
    """What kind of failure each prediction is.

    Args:
        ids: of each line, up to and with what comes after its first `<eos>`.
        labels: what stands there: ㅋㅋㅋㅋ is no failure where it does.
        tokenizer: that the ids are of.
    """
    loops = [any(token >= tokenizer.num_classes for token in row[: _end(row, tokenizer)]) for row in ids]
    kinds = text_kinds([tokenizer.decode(row) for row in ids], labels)
    return ["<bos> loop" if loop else kind for loop, kind in zip(loops, kinds, strict=True)]


def text_kinds(texts: Sequence[str], labels: Sequence[str]) -> list[PredictionKind]:
    """`prediction_kinds` of texts, which no longer show special tokens."""
    counts, expected = Counter(texts), Counter(labels)

    def kind(text: str, label: str) -> PredictionKind:
        if text == label:
            return "plausible"
        if not text:
            return "empty"
        if len(text) >= FEWEST_CHARACTERS and Counter(text).most_common(1)[0][1] >= REPEATED * len(text):
            return "one character"
        # Several lines may say the same; a text that answers for many more lines than say it is a habit.
        return "same text" if counts[text] > 1 + expected[text] + len(texts) // 10 else "plausible"

    return [kind(text, label) for text, label in zip(texts, labels, strict=True)]


def recommended_rate(sweep: Sweep) -> float:
    """The lowest rate that does nearly as well as the best."""
    limit = sweep.best.outcome + NEAR_BEST * label_entropy(sweep.batch.labels)
    return next(attempt.rate for attempt in sweep.attempts if attempt.outcome <= limit)


def shuffled_losses(sweep: Sweep) -> tuple[float, float]:
    """Loss without context, with the lines' own images and with those of other lines."""
    batch, mask = sweep.batch, one_pass_mask(sweep.batch.tgt.shape[1] - 2)[None]
    images = batch.images, batch.images[others_turn(batch.labels)]
    with torch.no_grad():
        right, wrong = (float(sweep.model.training_losses(one, batch.tgt, mask).loss) for one in images)
    return right, wrong


def _entropies(sweep: Sweep) -> tuple[float, float]:
    labels = sweep.batch.labels
    return label_entropy(labels), bigram_entropy(labels)


def _end(row: Sequence[int], tokenizer: Tokenizer) -> int:
    return next((i for i, token in enumerate(row) if token == tokenizer.eos_id), len(row))
