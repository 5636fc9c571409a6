"""What a run's own curve says of its learning rate, while it trains.

A curve is a sequence of looks: every so many steps the mean loss since the look before, in nats a token, of reading alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LOOKS_A_MEAN = 10
"""Looks whose mean is compared with that of others."""
STUCK_STEPS = 1_000
"""Steps over which the loss must fall, as long as it stands at the entropy of the labels or above: a rule of thumb."""
FALLEN = 0.03
"""Share by which it must fall: a rule of thumb."""
AT_ENTROPY = 0.9
"""Share of the entropy from which on a loss stands at it."""
DIVERGED = 1.5
"""Times the loss of guessing blindly that a loss must reach twice in a row: a new model begins near once."""
RISEN, RISEN_NATS = 0.25, 0.5
"""By how much of its lowest mean, and by how much at least, a loss must have risen."""
RISING_LOOKS = 4
"""Looks that it must stay up; a batch of hard lines is over sooner."""


@dataclass(frozen=True)
class Look:
    """Some steps."""

    step: int
    """The last of them, from 1."""
    loss: float
    """Their mean."""
    rate: float
    """Learning rate at the last."""


@dataclass(frozen=True)
class Run:
    """What a curve is judged by."""

    num_classes: int
    """That the model chooses from: guessing blindly costs their logarithm."""
    warmup_steps: int
    max_steps: int
    stuck_steps: int = STUCK_STEPS


@dataclass(frozen=True)
class Alarm:
    """What is wrong, and the check of the doctor that looks into it."""

    check: str
    told: str


def judge_curve(looks: Sequence[Look], entropy: float, run: Run) -> Alarm | None:
    """Whether the learning rate is too high or too low, or the image is not used; None while nothing is to be said.

    Args:
        looks: from the first one of the run or of its continuation.
        entropy: of the labels, nats a token.
        run: that they are of.
    """
    alarm = _diverged(looks, run) or _rising(looks, entropy)
    stretch = None if alarm else _stretch(looks, run)
    if stretch is None or stretch.now <= AT_ENTROPY * entropy:
        return alarm
    return _stuck(looks, stretch, entropy) or _too_slow(stretch, entropy, run.max_steps - looks[-1].step)


def _diverged(looks: Sequence[Look], run: Run) -> Alarm | None:
    blindly = float(np.log(run.num_classes))
    last = [look.loss for look in looks[-2:]]
    if len(last) < 2 or min(last) < DIVERGED * blindly:  # noqa: PLR2004 - twice in a row
        return None
    return _too_high(looks, f"the loss is {last[-1]:.1f}, guessing blindly costs {blindly:.1f}: it diverges")


def _rising(looks: Sequence[Look], entropy: float) -> Alarm | None:
    if len(looks) <= RISING_LOOKS:
        return None
    lowest = min(looks[:-RISING_LOOKS], key=lambda look: look.loss)
    since = min(look.loss for look in looks[-RISING_LOOKS:])
    limit = max(lowest.loss * (1 + RISEN), lowest.loss + RISEN_NATS)
    # What has been learned well may waver without harm.
    if since < limit or since < (1 - AT_ENTROPY) * entropy:
        return None
    return _too_high(looks, f"the loss rose from {lowest.loss:.2f} at step {lowest.step:,} to {looks[-1].loss:.2f}")


@dataclass(frozen=True)
class _Stretch:
    """The loss at its ends."""

    before: float
    now: float
    num_steps: int
    """Between the two."""


def _stretch(looks: Sequence[Look], run: Run) -> _Stretch | None:
    """The last `stuck_steps` steps, once they lie behind the warm-up."""
    begin = looks[-1].step - run.stuck_steps
    before = [look for look in looks if min(run.warmup_steps, run.stuck_steps) <= look.step <= begin]
    after = [look for look in looks if look.step > begin]
    if min(len(before), len(after)) < LOOKS_A_MEAN:
        return None
    return _Stretch(_last_mean(before), _last_mean(after), looks[-1].step - before[-1].step)


def _last_mean(looks: Sequence[Look]) -> float:
    return float(np.mean([look.loss for look in looks[-LOOKS_A_MEAN:]]))


def _stuck(looks: Sequence[Look], stretch: _Stretch, entropy: float) -> Alarm | None:
    if stretch.now <= (1 - FALLEN) * stretch.before:
        return None
    told = (
        f"the loss stands at {stretch.now:.2f} since {stretch.num_steps:,} steps, the labels' entropy is {entropy:.2f}"
    )
    if stretch.now < entropy / AT_ENTROPY:
        return Alarm("image_used", f"{told}: which characters are frequent was learned, and no more")
    if min(look.loss for look in looks) < (1 - RISEN) * stretch.now:
        return _too_high(looks, told)
    return Alarm("learning_rate", f"{told}: nothing is learned")


def _too_slow(stretch: _Stretch, entropy: float, left: int) -> Alarm | None:
    """A loss that falls, but would come to the entropy only after the run's end."""
    needed = (stretch.now - entropy) / (stretch.before - stretch.now) * stretch.num_steps
    if needed <= left or stretch.now < entropy / AT_ENTROPY:
        return None
    return Alarm(
        "learning_rate",
        f"the loss falls too slowly: {stretch.before:.2f} to {stretch.now:.2f} in {stretch.num_steps:,} steps, so it comes to "
        f"the labels' entropy of {entropy:.2f} in {needed:,.0f} more, and the run has {max(0, left):,} left; raise "
        "trainer.learning_rate",
    )


def _too_high(looks: Sequence[Look], told: str) -> Alarm:
    """With the rate at which the loss was still falling."""
    lowest = min(looks, key=lambda look: look.loss)
    rate = f"{lowest.rate / 2:.0e}".replace("e-0", "e-")
    known = f" to {rate} or less: it was lowest at {lowest.rate:.0e}" if 0 < lowest.rate < looks[-1].rate else ""
    return Alarm("learning_rate", f"{told}; lower trainer.learning_rate{known}")
