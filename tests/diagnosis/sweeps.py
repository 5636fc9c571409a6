"""Short runs that several faults share: where a fault changes nothing that the short run depends on, it is taken once."""

import hashlib

from hunmin.diagnosis.case import Case, UnbuiltError
from hunmin.diagnosis.examine import CHECKS, examine
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.overfit import Sweep


class Sweeps:
    """Short runs by what they depend on: every weight, module, pixel and target, and the trainer's settings."""

    def __init__(self) -> None:
        self._known: dict[str, Sweep] = {}

    def examine(self, case: Case) -> list[Finding]:
        """All checks of `case`, with a short run that is known already or is known from now on."""
        key = _key(case)
        if key in self._known:
            case.sweep = self._known[key]
        findings = list(examine(case, CHECKS))
        sweep = case.pieces.get("sweep")
        if key and isinstance(sweep, Sweep):
            self._known[key] = sweep
        return findings


def _key(case: Case) -> str:
    """Empty where there is no model or no batch for a short run."""
    try:
        model, batch, settings = case.model, case.short_batch, (case.config.trainer, case.machine.device)
    except UnbuiltError:
        return ""
    digest = hashlib.sha256(repr((settings, [type(module).__qualname__ for module in model.modules()])).encode())
    for name, parameter in model.named_parameters():
        digest.update(f"{name} {parameter.requires_grad}".encode())
    for values in (*model.state_dict().values(), batch.images, batch.tgt, batch.boxes, batch.widths_px):
        digest.update(values.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()
