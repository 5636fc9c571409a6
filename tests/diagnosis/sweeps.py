"""What several faults share: a short run, and the audits of stores, are taken once where a fault changes nothing in them."""

import hashlib
from pathlib import Path

from hunmin.data.audit.audit import Audit
from hunmin.diagnosis.case import Case, UnbuiltError, store_of
from hunmin.diagnosis.examine import CHECKS, examine
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.overfit import Sweep
from hunmin.recognize.recognizer import Recognizer


class Sweeps:
    """Short runs by what they depend on: every weight, module, pixel and target, and the trainer's settings. Audits by stores."""

    def __init__(self) -> None:
        self._known: dict[str, Sweep] = {}
        self._audits: dict[tuple[Path, ...], dict[Path, Audit]] = {}
        self._reader = Recognizer(threads=1)

    def examine(self, case: Case) -> list[Finding]:
        """All checks of `case`, with a short run and with audits that are known already or are known from now on."""
        case.reader = self._reader
        stores = _stores(case)
        if stores in self._audits:
            case.audits = self._audits[stores]
        key = _key(case)
        if key in self._known:
            case.sweep = self._known[key]
        findings = list(examine(case, CHECKS))
        sweep, audits = case.pieces.get("sweep"), case.pieces.get("audits")
        if stores and isinstance(audits, dict):
            self._audits[stores] = audits
        if key and isinstance(sweep, Sweep):
            self._known[key] = sweep
        return findings


def _stores(case: Case) -> tuple[Path, ...]:
    """Empty where they cannot be opened."""
    try:
        sources = [*case.sources, *(one.source for one in case.validation.values())]
    except UnbuiltError:
        return ()
    return tuple(store.path for store in map(store_of, sources) if store)


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
