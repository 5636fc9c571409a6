"""All checks, and how they are run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hunmin.doctor.case import Case, UnbuiltError
from hunmin.doctor.findings import Finding


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
CHECKS: dict[str, Check] = {}


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
