"""What a store knows about a sample beside its picture, and the JSON that it keeps of it under `meta-%09d`."""

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hunmin.data.sample import EncodedSample
from hunmin.errors import StoreError
from hunmin.text.normalize import escape_lone_surrogates

_FAR_OUTSIDE_PX: Final = 1e6


@dataclass(frozen=True, slots=True)
class Note:
    """A sample without its picture."""

    text: str
    """The label, normalised."""
    id: str
    """As the metadata has it; empty in a published set."""
    kind: str
    """Empty where it is unknown."""
    group: str
    """Document, writer or page that the crop is from; empty where it is unknown."""
    boxes: NDArray[np.float32] | None
    """(len(text), 4), as in `Sample`."""


def parse_meta(meta: bytes | None, text: str, where: str) -> Note:
    """A sample's metadata, beside its label.

    Args:
        meta: what `encode_meta` gave; None = nothing is known.
        text: the label, normalised.
        where: what messages call the metadata.

    Raises:
        StoreError: it is something else.
    """
    # No hash vouches for a published set, and another program may keep something of its own under this key.
    way_out = "copy the store again; where another program wrote it, hunmin data import lmdb makes a store without it"
    try:
        values = json.loads(meta or b"{}")
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise StoreError(f"{where} is not a JSON object; {way_out}")
    names = {name: values.get(name, "") for name in ("id", "kind", "group")}
    for name, value in names.items():
        if not isinstance(value, str) or value != escape_lone_surrogates(value):
            raise StoreError(f"{where}: its {name} is not a text; {way_out}")
    boxes = None
    if "boxes" in values:
        boxes = _boxes(values["boxes"])
        if boxes is None or len(boxes) != len(text):
            raise StoreError(f"{where}: its boxes are not four numbers for each of {len(text)} characters; {way_out}")
    return Note(text, **names, boxes=boxes)


def encode_meta(sample: EncodedSample | Note) -> bytes:
    """What `parse_meta` reads."""
    values: dict[str, Any] = {"id": sample.id}
    if sample.kind:
        values["kind"] = sample.kind
    if sample.group:
        values["group"] = sample.group
    if sample.boxes is not None:
        shape, text = sample.boxes.shape, sample.text
        assert shape == (len(text), 4), f"{sample.id}: {shape} boxes for {text!r}"
        values["boxes"] = [[round(edge, 1) for edge in box] for box in sample.boxes.tolist()]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _boxes(values: Any) -> NDArray[np.float32] | None:
    try:
        boxes = np.asarray(values, dtype=np.float64).reshape(-1, 4)
    except (ValueError, TypeError, OverflowError):
        return None
    return boxes.astype(np.float32) if (np.abs(boxes) < _FAR_OUTSIDE_PX).all() else None  # NaN fails, too.
