"""All checks, and how they are run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hunmin.doctor import labels, machine, pictures, sets, vocabulary
from hunmin.doctor.case import Case, UnbuiltError
from hunmin.doctor.findings import Finding

RUN, DATA, TARGETS = "The run", "Data and labels", "Vocabulary and targets"
ENCODER, DECODER, SHORT_RUN = "Image and encoder", "Decoder", "A short run"
MACHINE, PICTURES = "Machine", "Pictures"


@dataclass(frozen=True)
class Check:
    """One question about a case."""

    look: Callable[[Case], Finding]
    """Answers it; its docstring explains the failure to who has never seen it."""
    family: str
    """Heading that it stands under."""
    trains: bool = False
    """Whether it takes training steps; `--quick` leaves those out."""


# One family after the other, in the order in which a run needs what they look at.
CHECKS: dict[str, Check] = {
    "configuration": Check(sets.configuration, RUN),
    "training_data": Check(sets.training_data, RUN),
    "validation_data": Check(sets.validation_data, RUN),
    "model_builds": Check(sets.model_builds, RUN),
    "unknown_characters": Check(labels.unknown_characters, DATA),
    "label_length": Check(labels.label_length, DATA),
    "label_form": Check(labels.label_form, DATA),
    "spaces": Check(labels.spaces, DATA),
    "label_distribution": Check(labels.label_distribution, DATA),
    "rare_characters": Check(labels.rare_characters, DATA),
    "corrupt_images": Check(pictures.corrupt_images, DATA),
    "flat_images": Check(pictures.flat_images, DATA),
    "squashed_images": Check(pictures.squashed_images, DATA),
    "wide_images": Check(pictures.wide_images, DATA),
    "validation_leak": Check(sets.validation_leak, DATA),
    "same_set_twice": Check(sets.same_set_twice, DATA),
    "vocabulary": Check(vocabulary.vocabulary, TARGETS),
    "special_tokens": Check(vocabulary.special_tokens, TARGETS),
    "targets": Check(vocabulary.targets, TARGETS),
    "model_runs": Check(vocabulary.model_runs, TARGETS),
    "shifted_targets": Check(vocabulary.shifted_targets, TARGETS),
    "padding_ignored": Check(vocabulary.padding_ignored, TARGETS),
    "no_peeking": Check(vocabulary.no_peeking, TARGETS),
    "eos_learned": Check(vocabulary.eos_learned, TARGETS),
    "accelerator": Check(machine.accelerator, MACHINE),
    "precision": Check(machine.precision, MACHINE),
    "workers": Check(machine.workers, MACHINE),
    "batch_memory": Check(machine.batch_memory, MACHINE),
    "data_wait": Check(machine.data_wait, MACHINE, trains=True),
    "lmdb_before_fork": Check(machine.lmdb_before_fork, MACHINE),
    "font_for_logs": Check(pictures.font_for_logs, PICTURES),
}


def examine(case: Case, names: Iterable[str]) -> Iterator[Finding]:
    """Run checks one after the other; a check whose pieces cannot be built is `skipped`.

    Args:
        case: what to look at.
        names: keys of `CHECKS`.
    """
    for name in names:
        try:
            yield CHECKS[name].look(case)
        except UnbuiltError as error:
            needs = f"there is no {error.piece} to look at"
            yield Finding(name, "skipped", needs, "", str(error.reason), "Put that right first.")
        except (RuntimeError, IndexError) as error:  # out of the model: shapes or ids that do not fit
            said = " ".join(str(error).split())[:200]
            yield Finding(name, "skipped", f"the model stopped: {said}", "", "See the check model_runs.")
