"""Where an earlier part of a run stopped, as its checkpoints say; needs no Lightning, which takes a second to import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hunmin.errors import InputError
from hunmin.model.checkpoint import MODEL_KEY, read_training_state
from hunmin.model.config import ModelConfig
from hunmin.spec import SPEC_KEY, RecognizerSpec
from hunmin.training.config import TrainConfig
from hunmin.training.optimizer import name_of_optimizer

BEST = "best.ckpt"
STATE_KEY = "Checkpoints"
"""Under which a checkpoint keeps what `Checkpoints` notes in it."""


def is_validation_due(step: int, validate_every: int | None, last_step: int) -> bool:
    """Whether a validation comes after this step, as after the last one; never where `validate_every` is None."""
    return validate_every is not None and (step % validate_every == 0 or step == last_step)


def numbered(folder: Path) -> list[Path]:
    """The checkpoints that bear a step, the newest first."""
    return sorted(folder.glob("[0-9]" * 8 + ".ckpt"), reverse=True)


@dataclass(frozen=True)
class ResumePoint:
    """Where an earlier part of the run stopped."""

    checkpoint: Path | None
    step: int
    validated_step: int = 0
    """The step of the last validation that was finished."""
    damaged: tuple[tuple[Path, str], ...] = ()
    """Newer checkpoints that could not be read, and what is wrong with each."""


def find_resume_point(out: Path, config: TrainConfig, spec: RecognizerSpec) -> ResumePoint:
    """The newest checkpoint of this run that can be read, and its step.

    Raises:
        InputError: there is one and resume=never; or it belongs to another model, charset or optimizer; or none of several can
            be read.
    """
    folder = out / "checkpoints"
    found = [*numbered(folder), *folder.glob(BEST)]
    if not found:
        return ResumePoint(None, 0)
    if config.resume == "never":
        raise InputError(f"out={out} already holds a run; give another folder, or go on with it by resume=auto")
    damaged = []
    for path in found:
        try:
            state = read_training_state(path)
        except InputError as error:
            damaged.append((path, str(error)))
            continue
        difference = _difference(state, config.model, spec)
        if difference:
            raise InputError(
                f"{path}: is of another model or charset than this configuration ({difference}); give another folder, out=DIR, "
                f"and init_from={path} to start there from its weights"
            )
        optimizer = name_of_optimizer(state["optimizer_states"][0])
        if optimizer != config.trainer.optimizer:
            raise InputError(
                f"{path}: its optimizer is {optimizer}, and {config.trainer.optimizer} cannot go on from that; give "
                f"trainer.optimizer={optimizer}, or another folder, out=DIR, and init_from={path} to start there from its weights"
            )
        validated_step = int(state["callbacks"][STATE_KEY]["validated_step"])
        return ResumePoint(path, int(state["global_step"]), validated_step, tuple(damaged))
    raise InputError(
        f"out={out}: no checkpoint can be read ({damaged[0][1]}); give another folder, or delete its checkpoints"
    )


def rename_damaged(damaged: tuple[tuple[Path, str], ...]) -> None:
    """Rename damaged checkpoints, so that they do not count as the newest when old ones are removed."""
    for path, _ in damaged:
        path.rename(path.with_name(f"{path.name}.damaged"))


def _difference(state: Mapping[str, Any], model: ModelConfig, spec: RecognizerSpec) -> str:
    """The first thing in which a checkpoint is of another model or charset; empty where it is of these."""
    if not (isinstance(state.get(SPEC_KEY), str) and isinstance(state.get(MODEL_KEY), str) and "global_step" in state):
        return "it is no checkpoint of a run"
    found = RecognizerSpec.from_json(state[SPEC_KEY], where="the checkpoint")
    if found.characters != spec.characters:
        before, now = (f"{one.charset_name} ({len(one.characters):,} characters)" for one in (found, spec))
        return f"charset was {before}, is {now}"
    # The charset's name may be a file's, and files move.
    found = replace(found, charset_name=spec.charset_name)
    was = _flat(asdict(found)) | _flat(asdict(ModelConfig.from_json(state[MODEL_KEY], where="the checkpoint")))
    wanted = _flat(asdict(spec)) | _flat(asdict(model))
    return next(
        (f"{key} was {was[key]!r:.80}, is {value!r:.80}" for key, value in wanted.items() if was[key] != value), ""
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"encoder": {"width": 32}}` as `{"encoder.width": 32}`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
