"""All checks, and how they are run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hunmin.diagnosis.case import Case, UnbuiltError
from hunmin.diagnosis.checks import (
    decoder,
    encoder,
    entering,
    images,
    label_audit,
    labels,
    machine,
    pictures,
    sets,
    short_run,
    vocabulary,
)
from hunmin.diagnosis.findings import Finding
from hunmin.errors import InputError

RUN, DATA, TARGETS = "The run", "Data and labels", "Vocabulary and targets"
ENCODER, DECODER, SHORT_RUN = "Image and encoder", "Decoder and gradients", "A short run"
MACHINE, PICTURES = "Machine", "Pictures"
TARGETS_FIRST = ("special_tokens", "targets", "shifted_targets")


@dataclass(frozen=True)
class Check:
    """One question about a case."""

    look: Callable[[Case], Finding]
    """Answers it; its docstring explains the failure to who has never seen it."""
    family: str
    """Heading that it stands under."""
    trains: bool = False
    """Whether it takes training steps; `--quick` leaves those out."""
    basic: bool = False
    """Whether a short run says nothing while this fails, and is not taken then."""
    after: tuple[str, ...] = ()
    """Checks before it: while one of them fails, this one would give the same fault a second name."""


# One family after the other, in the order in which a run needs what they look at.
CHECKS: dict[str, Check] = {
    "configuration": Check(sets.configuration, RUN),
    "training_data": Check(sets.training_data, RUN),
    "validation_data": Check(sets.validation_data, RUN),
    "model_builds": Check(sets.model_builds, RUN),
    "wrong_labels": Check(label_audit.wrong_labels, DATA),
    "turned_images": Check(label_audit.turned_images, DATA),
    "unknown_characters": Check(labels.unknown_characters, DATA),
    "label_length": Check(labels.label_length, DATA),
    "label_form": Check(labels.label_form, DATA),
    "spaces": Check(labels.spaces, DATA),
    "label_distribution": Check(labels.label_distribution, DATA, after=("label_form",)),
    "rare_characters": Check(labels.rare_characters, DATA, after=("label_form",)),
    "corrupt_images": Check(pictures.corrupt_images, DATA),
    "flat_images": Check(pictures.flat_images, DATA),
    "squashed_images": Check(pictures.squashed_images, DATA, after=("wrong_labels", "label_form", "spaces")),
    "wide_images": Check(pictures.wide_images, DATA),
    "validation_leak": Check(sets.validation_leak, DATA),
    "same_set_twice": Check(sets.same_set_twice, DATA),
    "vocabulary": Check(vocabulary.vocabulary, TARGETS),
    "special_tokens": Check(vocabulary.special_tokens, TARGETS),
    "targets": Check(vocabulary.targets, TARGETS, after=("special_tokens",)),
    "model_runs": Check(vocabulary.model_runs, TARGETS, basic=True, after=("vocabulary",)),
    "shifted_targets": Check(vocabulary.shifted_targets, TARGETS, basic=True),
    "padding_ignored": Check(vocabulary.padding_ignored, TARGETS, basic=True, after=TARGETS_FIRST),
    "no_peeking": Check(vocabulary.no_peeking, TARGETS, basic=True),
    "eos_learned": Check(vocabulary.eos_learned, TARGETS, basic=True, after=TARGETS_FIRST),
    "golden_image": Check(entering.golden_image, ENCODER),
    "batch_readable": Check(entering.batch_readable, ENCODER),
    "batch_statistics": Check(images.batch_statistics, ENCODER),
    "weights_statistics": Check(images.weights_statistics, ENCODER),
    "aspect_kept": Check(images.aspect_kept, ENCODER),
    "grid": Check(images.grid, ENCODER, after=("wrong_labels",)),
    "memory_length": Check(encoder.memory_length, ENCODER),
    "encoder_features": Check(encoder.encoder_features, ENCODER, basic=True),
    "position_scale": Check(decoder.position_scale, DECODER),
    "context_order": Check(decoder.context_order, DECODER, after=("label_form",)),
    "image_reaches_output": Check(decoder.image_reaches_output, DECODER, basic=True),
    "attention_moves": Check(decoder.attention_moves, DECODER, basic=True),
    "gradients": Check(
        encoder.gradients,
        DECODER,
        basic=True,
        after=("encoder_features", "image_reaches_output", "attention_moves"),
    ),
    "accelerator": Check(machine.accelerator, MACHINE),
    "precision": Check(machine.precision, MACHINE),
    "workers": Check(machine.workers, MACHINE),
    "batch_memory": Check(machine.batch_memory, MACHINE),
    "data_wait": Check(machine.data_wait, MACHINE, trains=True),
    "lmdb_before_fork": Check(machine.lmdb_before_fork, MACHINE),
    "font_for_logs": Check(pictures.font_for_logs, PICTURES),
    "learns_by_heart": Check(short_run.learns_by_heart, SHORT_RUN, trains=True),
    "learning_rate": Check(short_run.learning_rate, SHORT_RUN, trains=True),
    "image_used": Check(short_run.image_used, SHORT_RUN, trains=True),
    "predictions": Check(short_run.predictions, SHORT_RUN, trains=True, after=("image_used",)),
}


def check_names(*, quick: bool) -> list[str]:
    """The checks to run, in order; `quick` leaves out what takes training steps."""
    return [name for name, check in CHECKS.items() if not (quick and check.trains)]


def examine(case: Case, names: Iterable[str]) -> Iterator[Finding]:
    """Run checks one after the other; a check whose pieces cannot be built is `skipped`, and so is one that is in vain.

    Once `model_runs` has failed, what the decoder does says nothing, nor do its gradients; and while a basic check fails, a short
    run tells no more than that.

    Args:
        case: what to look at.
        names: keys of `CHECKS`.
    """
    broken: list[str] = []
    failed: set[str] = set()
    for name in names:
        check = CHECKS[name]
        in_vain = [one for one in check.after if one in failed]
        if not in_vain and (("model_runs" in broken and check.family == DECODER) or check.family == SHORT_RUN):
            in_vain = broken
        if "model_runs" in broken and check.basic:
            in_vain = ["model_runs"]
        if in_vain:
            if check.basic:
                broken.append(name)
            reason = f"says nothing before {', '.join(in_vain)} has passed"
            yield Finding(name, "skipped", reason, "", change="Put that right first.")
            continue
        try:
            finding = check.look(case)
            if finding.status == "failed":
                failed.add(name)
            if check.basic and finding.status == "failed":
                broken.append(name)
            yield finding
        except UnbuiltError as error:
            needs = f"there is no {error.piece} to look at"
            yield Finding(name, "skipped", needs, "", str(error.reason), "Put that right first.")
        except InputError as error:  # such as a store with a damaged record
            failed.add(name)
            if check.basic:
                broken.append(name)
            yield Finding(name, "failed", "the check could not be made", "", str(error), "Put that right first.")
        except (RuntimeError, IndexError) as error:  # out of the model: shapes or ids that do not fit
            said = " ".join(str(error).split())[:200]
            yield Finding(name, "skipped", f"the model stopped: {said}", "", "See the check model_runs.")
