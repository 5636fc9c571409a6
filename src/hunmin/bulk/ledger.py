"""What is read of a folder, and what failed: an SQLite database, so that a kill at any moment loses and repeats nothing.

A row is kept in one transaction with the note that its page is done. Rows wait in the database until there are enough
for a shard; that is written first, and in one transaction its number is noted and its rows are gone. A shard without a
note is of a process that was killed in between: it is removed, its rows are still waiting.

Paths are those inside the folder, as the file system has them, with `/` between names.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hunmin.archives.zip_file import ArchivedFile
from hunmin.bulk.shards import ShardFormat, failed_row
from hunmin.errors import InputError
from hunmin.files import free_bytes, naming_failures, new_file, remove_leftovers, write_text
from hunmin.text.normalize import escape_lone_surrogates
from hunmin.text.printable import json_text

DATABASE: Final = "ledger.sqlite"
SHARDS: Final = "pages"
"""The folder that holds nothing but shards, so that programs can be given it as it is."""
FAILURES: Final = "failures.jsonl"
SUMMARY: Final = "summary.json"
EXAMPLES_PER_CODE: Final = 5

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    -- Pages first to last of a file of num_pages are done; a file that cannot be opened has none, and 1 to 0 are done.
    CREATE TABLE IF NOT EXISTS done
        (path BLOB, first INTEGER, last INTEGER, num_pages INTEGER, PRIMARY KEY (path, first)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS failures (path BLOB, number INTEGER, code TEXT, message TEXT);
    CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, row BLOB);
    CREATE TABLE IF NOT EXISTS shards (number INTEGER PRIMARY KEY, num_rows INTEGER);
"""


@dataclass(frozen=True)
class Part:
    """Pages of a file that one process reads."""

    path: str
    first: int
    """Number of the first page, from 1."""
    last: int
    """Number of the last; a file may have fewer."""
    num_pages: int = 0
    """How many the whole file has; 0 as long as nobody has opened it."""
    archived: ArchivedFile | None = None
    """Where its content lies, for a file in an archive; `path` goes through the archive as if that were a folder."""


@dataclass(frozen=True)
class Failure:
    """Why something cannot be read."""

    code: str
    """One word, as `ImageError.code`; also `skipped` for what is no page, and `crashed`."""
    message: str


@dataclass
class Counts:
    """What is done, of this run and those that it goes on from."""

    num_files: int = 0
    num_rows: int = 0
    """In the shards and waiting for one: a row a page, and one for each file that cannot be opened, or no more."""
    num_failures: int = 0
    """Rows that say why something was not read."""

    @property
    def num_pages(self) -> int:
        """Pages that were read."""
        return self.num_rows - self.num_failures


def parts(file: Part, first: int, last: int, num_pages: int, pages_per_part: int) -> list[Part]:
    """Pages `first` to `last` of the file that `file` is of, in parts."""
    return [
        replace(file, first=at, last=min(at + pages_per_part - 1, last), num_pages=num_pages)
        for at in range(first, last + 1, pages_per_part)
    ]


class Ledger:
    """The database of a folder run, held by one process alone."""

    def __init__(self, out: Path, settings: Mapping[str, str], shard_format: ShardFormat, rows_per_shard: int) -> None:
        """Begin in an empty folder, or go on in one that was begun with the same settings.

        Args:
            out: the folder to write; is made.
            settings: all that the rows depend on.
            shard_format: of the shards.
            rows_per_shard: how many rows a shard has; the last one of each run has fewer.

        Raises:
            InputError: the folder holds something else, was begun with other settings, is held by another process, or
                cannot be written.
        """
        self._out, self._shards = out, out / SHARDS
        self._format, self._rows_per_shard = shard_format, rows_per_shard
        with naming_failures(out):
            out.mkdir(parents=True, exist_ok=True)
            strangers = [] if (out / DATABASE).exists() else sorted(path.name for path in out.iterdir())
        if strangers:
            raise InputError(f"{out}: holds {strangers[0]!r} and was not begun by hunmin; give a new folder")
        with self._failures():
            self._database = sqlite3.connect(out / DATABASE, timeout=0, isolation_level=None)
        try:
            with self._failures():
                self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._database.execute("PRAGMA journal_mode = WAL")
                # A power failure may undo the last transactions, but no shard is forgotten without its rows coming back.
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._database.executescript(_TABLES)
            with naming_failures(self._shards):
                self._shards.mkdir(exist_ok=True)
            self._check_settings(settings)
            self._remove_unknown_shards()
            with self._failures():
                self.counts = self._counted()
                self._num_waiting = int(self._one("SELECT count(*) FROM waiting"))
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Let go of the folder."""
        self._database.close()

    def missing(self, path: str, pages_per_part: int, archived: ArchivedFile | None = None) -> list[Part]:
        """The parts of a file that are not done; of an unknown one the first."""
        with self._failures():
            done = self._database.execute(
                "SELECT first, last, num_pages FROM done WHERE path = ? ORDER BY first", (os.fsencode(path),)
            ).fetchall()
        file = Part(path, 1, pages_per_part, archived=archived)
        if not done:
            return [file]
        num_pages = max(of_file for _, _, of_file in done)
        missing: list[Part] = []
        start = 1
        for first, last, _ in [*done, (num_pages + 1, 0, 0)]:
            missing += parts(file, start, first - 1, num_pages, pages_per_part)
            start = max(start, last + 1)
        return missing

    def add(
        self, part: Part, number: int, num_pages: int, row: Mapping[str, Any], failure: Failure | None = None
    ) -> None:
        """Note a page as done, with its row.

        Args:
            part: that it is of; the pages before it in this part are done.
            number: of the page.
            num_pages: how many the file has.
            row: for the shards.
            failure: why the page could not be read.
        """
        self._note(part, number, num_pages, row, number, failure, is_new=number == 1)

    def fail(self, part: Part, num_pages: int, failure: Failure, next_number: int = 1) -> None:
        """Note that a file cannot be opened, or can no more: what is left of the part is done, with one row.

        Args:
            part: that it is of.
            num_pages: how many the file has; 0 = it was never opened.
            failure: why.
            next_number: of the page that would have come.
        """
        row = failed_row(part.path, failure.code, failure.message)
        self._note(part, min(part.last, num_pages), num_pages, row, None, failure, is_new=next_number == 1)

    def write_shard(self) -> None:
        """Write the rows that wait into a shard, if there are any."""
        if not self._num_waiting:
            return
        with self._transaction():
            number = int(self._one("SELECT coalesce(max(number), 0) + 1 FROM shards"))
            rows = self._database.execute("SELECT row FROM waiting ORDER BY id")
            self._format.write(self._shard(number), (bytes(row) for (row,) in rows))
            self._database.execute("INSERT INTO shards VALUES (?, ?)", (number, self._num_waiting))
            self._database.execute("DELETE FROM waiting")
        self._num_waiting = 0

    def write_summary(self, passed_over: Mapping[str, int], *, is_finished: bool) -> dict[str, int]:
        """Write what was counted, and a list of what could not be read, for people and programs; failures by code."""
        with (
            self._failures(),
            new_file(self._out / FAILURES) as partial,
            partial.open("w", encoding="utf-8", newline="\n") as file,
        ):
            by_code: Counter[str] = Counter()
            examples: dict[str, list[str]] = {}
            for path, number, code, message in self._database.execute("SELECT * FROM failures ORDER BY path, number"):
                by_code[code] += 1
                shown = escape_lone_surrogates(os.fsdecode(path))
                if by_code[code] <= EXAMPLES_PER_CODE:
                    examples.setdefault(code, []).append(shown if number is None else f"{shown}, page {number}")
                file.write(_line({"path": shown, "number": number, "code": code, "message": message}))
        summary = {
            "is_finished": is_finished,
            "num_files": self.counts.num_files,
            "num_rows": self.counts.num_rows,
            "num_pages_read": self.counts.num_pages,
            "failures": {code: {"count": count, "examples": examples[code]} for code, count in by_code.most_common()},
            "passed_over": dict(passed_over),
            "settings": self._settings(),
        }
        write_text(self._out / SUMMARY, json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
        return dict(by_code.most_common())

    def _note(
        self,
        part: Part,
        last: int,
        num_pages: int,
        row: Mapping[str, Any],
        number: int | None,
        failure: Failure | None,
        *,
        is_new: bool,
    ) -> None:
        path = os.fsencode(part.path)
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", (path, part.first, last, num_pages)
            )
            self._database.execute("INSERT INTO waiting (row) VALUES (?)", (_line(row).encode(),))
            if failure:
                self._database.execute(
                    "INSERT INTO failures VALUES (?, ?, ?, ?)", (path, number, failure.code, failure.message)
                )
        self.counts.num_files += is_new
        self.counts.num_rows += 1
        self.counts.num_failures += failure is not None
        self._num_waiting += 1
        if self._num_waiting >= self._rows_per_shard:
            self.write_shard()

    def _check_settings(self, settings: Mapping[str, str]) -> None:
        before = self._settings()
        if not before:
            with self._transaction():
                self._database.executemany("INSERT INTO settings VALUES (?, ?)", settings.items())
            return
        for name in [*before, *settings]:
            if before.get(name) != settings.get(name):
                raise InputError(
                    f"{self._out}: begun with {name}={before.get(name)}, now it is {settings.get(name)}. "
                    "Give the same to go on, or another folder to begin anew."
                )

    def _settings(self) -> dict[str, str]:
        with self._failures():
            return dict(self._database.execute("SELECT name, value FROM settings"))

    def _remove_unknown_shards(self) -> None:
        with self._failures(), naming_failures(self._out):
            known = {self._shard(number) for (number,) in self._database.execute("SELECT number FROM shards")}
            missing = [path for path in known if not path.exists()]
            if missing:
                raise InputError(f"{min(missing)}: is gone; put it back, or give another folder to begin anew")
            remove_leftovers(self._out)
            remove_leftovers(self._shards)
            for path in self._shards.glob(f"[0-9]*{self._format.suffix}"):
                if path not in known:
                    path.unlink()

    def _shard(self, number: int) -> Path:
        return self._shards / f"{number:06d}{self._format.suffix}"

    def _counted(self) -> Counts:
        num_rows = self._one("SELECT coalesce(sum(num_rows), 0) FROM shards") + self._one(
            "SELECT count(*) FROM waiting"
        )
        num_files = self._one("SELECT count(*) FROM done WHERE first = 1")
        return Counts(num_files, num_rows, self._one("SELECT count(*) FROM failures"))

    def _one(self, query: str) -> int:
        ((value,),) = self._database.execute(query)
        return int(value)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._failures():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what SQLite raises into an InputError that names the database, the cause and the way out."""
        path = self._out / DATABASE
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = (error.sqlite_errorcode or 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                told = "another process reads into this folder; wait for it or end it"
            elif code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                told = f"is damaged ({error}); give another folder to begin anew"
            else:
                told = (
                    f"cannot be written ({error}, {free_bytes(path):,} bytes are free); make room or give another place"
                )
            raise InputError(f"{path}: {told}") from error


def _line(row: Mapping[str, Any]) -> str:
    return f"{json_text(dict(row))}\n"
