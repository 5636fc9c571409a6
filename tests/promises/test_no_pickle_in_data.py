"""Promise S6 for LMDB: a pickle where an image, a label or a count should be is refused and never run.

That the source has no way to load one is `tests/test_no_pickle_in_source.py`.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from hunmin.data.codec import encode_image
from hunmin.data.store import open_store
from hunmin.data.verify import verify_store
from hunmin.errors import InputError
from tests.data.test_store import write_published

PNG = encode_image(np.zeros((20, 30), np.uint8))


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.canary),)


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("key", [b"num-samples", b"image-000000001", b"label-000000001", b"meta-000000001"])
def test_a_pickle_in_a_store_is_refused_and_never_run(key: bytes, protocol: int, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pairs = {b"num-samples": b"1", b"image-000000001": PNG, b"label-000000001": b"x"}
    payload = pickle.dumps(Payload(canary), protocol)
    write_published(tmp_path / "set", pairs | {key: payload})
    if key == b"label-000000001" and protocol == 0:
        # Protocol 0 is plain text; then it is a label like any other.
        assert open_store(tmp_path / "set").sample(0).text.startswith("cposix mkdir")
    else:
        with pytest.raises(InputError, match="set"):
            open_store(tmp_path / "set").sample(0)
        if key == b"num-samples":
            assert verify_store(tmp_path / "set")
    assert not canary.exists()


def test_the_payload_would_run_if_it_were_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "canary")))  # noqa: S301 - the point
    assert (tmp_path / "canary").exists()
