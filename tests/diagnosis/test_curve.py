"""Curves of losses, judged: those of runs that learn are left alone, each of the others is told by its cause."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from hunmin.diagnosis.curve import Alarm, Look, Run, judge_curve
from hunmin.training.optimizer import learning_rate_factor

ENTROPY = 5.0
RUN = Run(num_classes=11_500, warmup_steps=200, max_steps=20_000)
EVERY = 50


def curve(loss: Callable[[int], float], num_steps: int, rate: float = 2e-3) -> list[Look]:
    """Looks at a loss that is a function of the step."""
    return [
        Look(step, loss(step), rate * learning_rate_factor(step, RUN.warmup_steps, RUN.max_steps))
        for step in range(EVERY, num_steps + 1, EVERY)
    ]


def first_alarm(looks: list[Look]) -> tuple[int, Alarm] | None:
    """The step at which it is told, and what."""
    for num in range(1, len(looks) + 1):
        alarm = judge_curve(looks[:num], ENTROPY, RUN)
        if alarm:
            return looks[num - 1].step, alarm
    return None


def learning(step: int) -> float:
    """From guessing blindly to a hundredth, with a plateau at the entropy of a few hundred steps."""
    return 9.35 * math.exp(-step / 200) + 4.6 / (1 + (step / 900) ** 3) + 0.05


def noisy(loss: Callable[[int], float], by: float) -> Callable[[int], float]:
    return lambda step: loss(step) * (1 + by * math.sin(step * 12.9898))


@pytest.mark.parametrize(
    "loss",
    [
        learning,
        noisy(learning, 0.15),
        lambda step: 0.1 + 0.05 * math.sin(step),
        lambda step: 3.0 - 0.0001 * step,
        # Longer lines as the run goes on.
        lambda step: learning(step) + 0.3 * step / 20_000,
    ],
    ids=["as it should", "noisy", "learned", "slow, below the entropy", "curriculum"],
)
def test_a_run_that_learns_is_left_alone(loss: Callable[[int], float]) -> None:
    assert first_alarm(curve(loss, 20_000)) is None


@pytest.mark.parametrize(
    ("loss", "check", "told", "by_step"),
    [
        (lambda step: 9.0 + step / 5, "learning_rate", "it diverges", 150),
        (
            lambda step: 9.0 - step / 50 if step < 150 else 6.0 + step / 400,
            "learning_rate",
            "the loss rose from 6.38",
            1_000,
        ),
        (lambda step: 9.3, "learning_rate", "nothing is learned", 2_000),
        (lambda step: max(4.9, 9.3 - step / 100), "image_used", "which characters are frequent", 2_500),
    ],
    ids=["diverges", "rises", "nothing", "entropy"],
)
def test_what_is_wrong_is_told_early(loss: Callable[[int], float], check: str, told: str, by_step: int) -> None:
    found = first_alarm(curve(loss, 5_000))
    assert found is not None
    step, alarm = found
    assert (alarm.check, step <= by_step) == (check, True), found
    assert told in alarm.told


def test_a_rate_that_is_too_high_is_told_with_the_one_at_which_the_loss_still_fell() -> None:
    found = first_alarm(curve(lambda step: 9.0 - step / 50 if step <= 100 else 8.0 + step / 400, 2_000, rate=0.3))
    assert found is not None
    assert found[1].told.endswith("lower trainer.learning_rate to 8e-2 or less: it was lowest at 2e-01")


def test_a_run_that_will_not_come_to_the_entropy_before_its_end_is_too_slow() -> None:
    looks = curve(lambda step: 9.3 - 0.0004 * step, 2_000)
    alarm = judge_curve(looks, ENTROPY, replace(RUN, max_steps=5_000))
    assert alarm is not None
    assert alarm.told.startswith("the loss falls too slowly: 8.99 to 8.59 in 1,000 steps")
    assert alarm.told.endswith("raise trainer.learning_rate")
    assert judge_curve(looks, ENTROPY, RUN) is None


def test_a_slow_run_with_time_enough_is_left_alone() -> None:
    assert judge_curve(curve(lambda step: 9.3 - 0.0015 * step, 2_000), ENTROPY, RUN) is None
