"""Fine-tuning on labelled lines: what is held out, what is mixed in, and the whole of it in a few steps."""

import os
import shutil
from pathlib import Path

import pytest

import hunmin
from hunmin.data.store.lmdb_store import open_store
from hunmin.errors import InputError
from hunmin.training.tune import LEAST_OWN, MOST_OWN, import_labels, share_of_own

EXAMPLES = Path(__file__).parents[2] / "examples" / "lines"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """The example lines, each of another document."""
    folder = tmp_path / "scans-labelled"
    folder.mkdir()
    rows = [row.split("\t") for row in (EXAMPLES / "labels.tsv").read_text("utf-8").splitlines()]
    lines = ["path\ttext\tgroup"]
    for path, _ in rows:
        shutil.copyfile(EXAMPLES / path, folder / path)
    for document in range(len(rows)):
        path, text = rows[document]
        lines.append(f"{path}\t{text}\tdocument {document}.pdf")
    (folder / "labels.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_lines_of_a_document_are_learned_from_or_measured_never_both(labelled: Path, tmp_path: Path) -> None:
    sets = import_labels(labelled, tmp_path / "data")
    assert sets.held_out
    train, held_out = open_store(sets.train), open_store(sets.held_out)
    assert sets.num_lines == len(train)
    groups = [{store.sample(index).group for index in range(len(store))} for store in (train, held_out)]
    assert groups[0] & groups[1] == set()
    assert import_labels(labelled, tmp_path / "data") == sets


def test_labels_that_changed_since_are_not_passed_over(labelled: Path, tmp_path: Path) -> None:
    import_labels(labelled, tmp_path / "data")
    later = (tmp_path / "data").stat().st_mtime + 10
    os.utime(labelled / "labels.tsv", (later, later))
    with pytest.raises(InputError, match="was made before"):
        import_labels(labelled, tmp_path / "data")


def test_a_folder_without_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no labels\.tsv"):
        import_labels(tmp_path, tmp_path / "data")


def test_the_fewer_lines_the_more_generated_ones_beside_them() -> None:
    shares = [share_of_own(num) for num in (1, 100, 500, 1500, 10_000, 10**6)]
    assert shares == sorted(shares)
    assert (shares[0], shares[3], shares[-1]) == (LEAST_OWN, 0.5, MOST_OWN)


@pytest.mark.slow
def test_a_few_steps_leave_a_model_that_is_measured_before_and_after(labelled: Path, tmp_path: Path) -> None:
    small = ("trainer.max_steps=2", "data.batch_size=4", "data.num_validation=4", "data.num_workers=0")
    tuned = hunmin.tune(labelled, tmp_path / "mine", *small, quiet=True)
    assert tuned.model == tmp_path / "mine" / "model.onnx"
    assert hunmin.Recognizer(tuned.model).recognize([EXAMPLES / "sign_1.png"])[0].text == "해오름 책방"
    assert tuned.before and tuned.after
    assert len(tuned.before.lines) == len(tuned.after.lines) > 0
