"""Archives in a folder, or in place of one, are gone through like folders."""

import io
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from hunmin.bulk.read_folder import count_files, read_folder
from hunmin.bulk.walk import walk
from hunmin.documents.reader import Reader
from hunmin.errors import InputError
from tests.bulk.folders import coloured, pages_and_others, pages_of, rows, run_of
from tests.documents.paper import block_reader, scan_pdf


def zipped(folder: Path, archive: Path) -> Path:
    """All files of a folder, gone from there into an archive."""
    shutil.make_archive(str(archive.with_suffix("")), "zip", folder)
    shutil.rmtree(folder)
    return archive


class NamedByWindows(ZipInfo):
    """A name in CP949 without the flag that says UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the name that zipfile calls
        return self.filename.encode("cp949"), self.flag_bits


def png() -> bytes:
    buffer = io.BytesIO()
    coloured().save(buffer, "PNG")
    return buffer.getvalue()


def reader_without_room() -> Reader:
    tempfile.tempdir = "/dev/null"
    return block_reader()


def test_an_archive_has_the_rows_of_the_folder_that_it_was_made_of(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    expected = pages_and_others(tmp_path / "in" / "scans", 12, num_corrupt=1)
    inside = Counter({(f"scans.zip/{path}", number): num for (path, number), num in expected.items()})
    zipped(tmp_path / "in" / "scans", tmp_path / "in" / "scans.zip")
    coloured().save(tmp_path / "in" / "beside.png")

    run = run_of(tmp_path / "in", tmp_path / "out")
    done = read_folder(run)
    assert pages_of(run.out) == inside + Counter({("beside.png", 1): 1})
    assert (done.failures, done.passed_over) == ({"unknown_format": 1}, {".txt": 1})
    assert done.counts.num_files == count_files(run)
    failed = next(row for row in rows(run.out) if row["number"] is None)
    assert str(tmp_path / "in" / str(failed["path"])) in failed["error"]["message"]  # type: ignore[index]

    alone = run_of(tmp_path / "in" / "scans.zip", tmp_path / "alone")
    read_folder(alone)
    assert pages_of(alone.out) == expected
    assert read_folder(alone).counts.num_rows == expected.total(), "nothing is read twice"


def test_a_pdf_in_an_archive_and_names_of_korean_windows(tmp_path: Path) -> None:
    scan_pdf(tmp_path / "contract.pdf", num_pages=3)
    archive = tmp_path / "in" / "서류.zip"
    archive.parent.mkdir()
    with ZipFile(archive, "w") as opened:
        opened.write(tmp_path / "contract.pdf", "contract.pdf")
        opened.writestr(NamedByWindows("계약/1쪽.png"), png())
    run = run_of(archive.parent, tmp_path / "out")
    read_folder(run)
    assert pages_of(run.out) == {
        ("서류.zip/contract.pdf", 1): 1,
        ("서류.zip/contract.pdf", 2): 1,
        ("서류.zip/contract.pdf", 3): 1,
        ("서류.zip/계약/1쪽.png", 1): 1,
    }


def test_what_an_archive_holds_beside_pages_is_told(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "mixed.zip", "w") as archive:
        for name in ("a.png", "__MACOSX/._a.png", ".hidden/b.png", "notes.txt", "old.hwp", "inner.zip", "../out.png"):
            archive.writestr(name, png())
    found = {str(entry.path.relative_to(tmp_path)): entry for entry in walk(tmp_path, documents=True, archives=True)}
    assert found["mixed.zip/a.png"].archived
    assert found["mixed.zip/.hidden/b.png"].passed_over == "hidden files"
    assert found["mixed.zip/notes.txt"].passed_over == ".txt"
    assert ".hwp files are not read; save it as PDF first" in str(found["mixed.zip/old.hwp"].problem)
    assert "an archive inside an archive is not read; unpack it first" in str(found["mixed.zip/inner.zip"].problem)
    assert "unsafe name 1" in str(found["mixed.zip"].problem)


def test_a_damaged_archive_is_a_failure_beside_others_and_an_error_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "broken.zip").write_bytes(b"PK\3\4" + bytes(500))
    coloured().save(folder / "page.png")
    done = read_folder(run_of(folder, tmp_path / "out"))
    assert done.failures == {"unreadable": 1}
    with pytest.raises(InputError, match="cut short"):
        read_folder(run_of(folder / "broken.zip", tmp_path / "alone"))
    assert not (tmp_path / "alone").exists()


def test_without_room_to_unpack_the_run_ends_and_goes_on_later_with_nothing_lost(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    expected = pages_and_others(tmp_path / "in" / "scans", 12)
    inside = Counter({(f"scans.zip/{path}", number): num for (path, number), num in expected.items()})
    zipped(tmp_path / "in" / "scans", tmp_path / "in" / "scans.zip")
    with pytest.raises(InputError, match=r"cannot be unpacked where temporary files go .* TMPDIR"):
        read_folder(run_of(tmp_path / "in", tmp_path / "out", make_reader=reader_without_room))
    done = read_folder(run_of(tmp_path / "in", tmp_path / "out"))
    assert not done.failures
    assert pages_of(tmp_path / "out") == inside
