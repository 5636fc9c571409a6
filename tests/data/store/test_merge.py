"""Merged stores hold every sample of every store, each under an id of its own."""

from pathlib import Path

import numpy as np
import pytest

from hunmin.data.clean import Ledger
from hunmin.data.sample import Sample
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.data.store.merge import merge_stores
from hunmin.data.store.verify import verify_store
from hunmin.errors import InputError
from tests.data.lines import keep_fit, line, lines
from tests.data.store.test_lmdb_store import write_published


def samples(store: Store) -> list[Sample]:
    return [store.sample(index) for index in range(len(store))]


def test_a_merged_store_holds_all_samples_in_order_and_adds_up_the_ledgers(tmp_path: Path) -> None:
    ledger = Ledger()
    write_store(keep_fit([line(0), line(1, text="")], ledger), tmp_path / "a", ledger=ledger)
    write_store(lines(3, seed=1), tmp_path / "b")
    manifest = merge_stores([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert verify_store(tmp_path / "both") == []
    both, parts = open_store(tmp_path / "both"), [open_store(tmp_path / name) for name in "ab"]
    assert [both.raw(n) for n in range(4)] == [part.raw(n) for part in parts for n in range(len(part))]
    assert (manifest.seen, manifest.num_samples, manifest.dropped) == (5, 4, {"empty label": 1})
    assert manifest.kinds == {"document": 3, "sign": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "both"]


def test_an_id_that_was_there_before_gets_its_number_and_no_id_is_left_twice(tmp_path: Path) -> None:
    write_store(lines(2), tmp_path / "a")
    write_store([line(0), line(5)], tmp_path / "b")
    # What merging a with b calls line 0 of b, before that happens.
    taken = [Sample(line(1).image, "가", "line/0/0@5"), line(0), line(7)]
    write_store(taken, tmp_path / "c")
    merge_stores([tmp_path / "c", tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    ids = [sample.id for sample in samples(open_store(tmp_path / "all"))]
    assert ids == ["line/0/0@5", "line/0/0", "line/0/7", "line/0/0@4", "line/0/1", "line/0/0@6", "line/0/5"]
    # Nothing but the id has changed.
    renamed, before = (open_store(tmp_path / name).sample(index) for name, index in (("all", 3), ("a", 0)))
    assert (renamed.text, renamed.kind) == (before.text, before.kind)
    np.testing.assert_array_equal(renamed.boxes, before.boxes)
    merge_stores([tmp_path / "a", tmp_path / "c"], tmp_path / "again")
    ids = [sample.id for sample in samples(open_store(tmp_path / "again"))]
    assert len(set(ids)) == 5


def test_published_sets_are_merged_with_ids_of_their_own(tmp_path: Path) -> None:
    for name in ("x", "y"):
        keys = {b"num-samples": b"1", b"image-000000001": encode_image(line(0).image), b"label-000000001": b"ab"}
        (tmp_path / name).mkdir()
        write_published(tmp_path / name / "lmdb", keys)
    manifest = merge_stores([tmp_path / "x" / "lmdb", tmp_path / "y" / "lmdb"], tmp_path / "both")
    assert verify_store(tmp_path / "both") == []
    assert [sample.id for sample in samples(open_store(tmp_path / "both"))] == ["lmdb/000000001", "lmdb/000000001@2"]
    assert (manifest.seen, manifest.characters, manifest.label_lengths) == (2, {"a": 2, "b": 2}, {"2": 2})


def test_what_cannot_be_merged_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    write_store(lines(2), tmp_path / "a")
    with pytest.raises(InputError, match="a: is given twice"):
        merge_stores([tmp_path / "a", tmp_path / "." / "a"], tmp_path / "both")
    with pytest.raises(InputError, match=r"none: there is no such folder"):
        merge_stores([tmp_path / "a", tmp_path / "none"], tmp_path / "both")
    with pytest.raises(InputError, match="a: exists already"):
        merge_stores([tmp_path / "a"], tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
