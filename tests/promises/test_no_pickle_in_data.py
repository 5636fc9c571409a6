"""Promise S6 for LMDB and parquet: a pickle where an image, a label or a count should be is refused and never run.

That the source has no way to load one is `tests/test_no_pickle_in_source.py`.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.parquet import read_parquet
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import open_store
from hunmin.data.store.verify import verify_store
from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_CROP_PIXELS, load_image
from tests.data.store.test_lmdb_store import write_published

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


@pytest.mark.parametrize("place", ["image", "text", "schema metadata", "pickled extension type"])
def test_a_pickle_in_a_table_is_never_run(place: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    payload = pickle.dumps(Payload(canary))
    image = pa.array([payload if place == "image" else PNG])
    text = pa.array([payload]) if place == "text" else pa.array(["x"])
    schema = pa.schema({"image": image.type, "text": text.type})
    if place == "schema metadata":
        schema = schema.with_metadata({b"pandas": payload, b"huggingface": payload})
    if place == "pickled extension type":
        # What pyarrow before 14.0.1 unpickled when it opened a file.
        marks = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": payload}
        schema = schema.set(0, schema.field(0).with_metadata(marks))
    parquet.write_table(pa.Table.from_arrays([image, text], schema=schema), tmp_path / "a.parquet")

    files = open_files([tmp_path / "a.parquet"])
    if place == "text":
        with pytest.raises(InputError, match="column 'text' should hold texts, found bytes"):
            list(read_parquet(files))
    else:
        (page,) = read_parquet(files)
        assert page.image is not None
        if place == "image":
            with pytest.raises(ImageError, match="not a PNG"):
                load_image(page.image.read(), max_pixels=MAX_CROP_PIXELS)
        else:
            assert page.image.read() == PNG
    assert not canary.exists()


def test_the_payload_would_run_if_it_were_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "canary")))  # noqa: S301 - the point
    assert (tmp_path / "canary").exists()
