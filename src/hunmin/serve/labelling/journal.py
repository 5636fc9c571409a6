"""What people say of each line: an entry a saying, only ever added, and `labels.tsv` with what is confirmed.

Nobody's words are written over: a saying names the version of the line that it answers to, and where somebody else was
faster it is refused with what that one said. Said again, knowing that, it counts: the later one wins.
"""

import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from hunmin.data.tab_separated import tsv_line
from hunmin.errors import InputError
from hunmin.files import write_text
from hunmin.serve.labelling.append_file import AppendFile
from hunmin.serve.labelling.cutting import LinesToLabel
from hunmin.text.normalize import escape_lone_surrogates, normalize_label

JOURNAL_FILE: Final = "journal.jsonl"
LABELS_FILE: Final = "labels.tsv"
MOST_CHARACTERS: Final = 2_000

State: TypeAlias = Literal["open", "draft", "confirmed", "skipped"]
"""Nothing said yet; typed, but not confirmed; confirmed; no line of text, or unreadable."""
STATES: Final[tuple[State, ...]] = get_args(State)


@dataclass(frozen=True)
class Label:
    """What was last said of a line."""

    id: str
    state: State
    text: str
    by: str
    """Who said it, as they call themselves; may be empty."""
    version: int
    """Grows with everything but drafts."""
    sequence: int
    """The entry of the journal that says it, from 1."""


class OvertakenError(Exception):
    """Somebody else said something of the line in the meantime.

    Attributes:
        label: what.
    """

    def __init__(self, label: Label) -> None:
        """Keep it."""
        super().__init__(label.id)
        self.label = label


class Journal:
    """The labels of a folder. Many threads may say something at once; each returns when its saying is on the disk."""

    def __init__(self, folder: Path, lines: LinesToLabel) -> None:
        """Take up what the folder holds, or begin it.

        Raises:
            InputError: it cannot be written, is in use, or is damaged.
        """
        self._folder, self._lines = folder, lines
        self._file = AppendFile(folder / JOURNAL_FILE)
        self._saying = threading.Lock()
        self.sequence = 0
        self._labels: dict[str, Label] = {}
        try:
            for entry in self._file.entries:
                self.sequence += 1
                label = _label(entry, self._file.path, self.sequence)
                self._labels[label.id] = label
            if self._labels:
                self._write_labels()  # a kill may have come between an entry and the table
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def of(self, name: str) -> Label:
        """What was last said of a line."""
        return self._labels.get(name) or Label(name, "open", "", "", 0, 0)

    def since(self, sequence: int) -> list[Label]:
        """What was said after an entry, the last of each line."""
        return [label for label in list(self._labels.values()) if label.sequence > sequence]

    def say(self, name: str, state: State, text: str, by: str, version: int) -> Label:
        """Say something of a line.

        Args:
            name: of the line.
            state: what it is from now on.
            text: what it says; counts where the state is `draft` or `confirmed`.
            by: who says so.
            version: of the line, as whoever says so has seen it.

        Raises:
            OvertakenError: it has another version.
            InputError: the text is empty or too long, or the disk is full; then nothing was said.
        """
        text, by = escape_lone_surrogates(text), escape_lone_surrogates(by)
        if state == "confirmed":
            text = normalize_label(text)
            if not text:
                raise InputError("a confirmed line has a text; skip a line that holds none")
        if len(text) > MOST_CHARACTERS:
            raise InputError(f"a line has at most {MOST_CHARACTERS:,} characters, this has {len(text):,}")
        with self._saying:
            before = self.of(name)
            if version != before.version:
                raise OvertakenError(before)
            number = self.sequence + 1
            label = Label(name, state, text, by, before.version + (state != "draft"), number)
            self._file.add({**asdict(label), "time": datetime.now(UTC).isoformat(timespec="milliseconds")})
            self.sequence, self._labels[name] = number, label
            if "confirmed" in (state, before.state):
                # The journal has it; a table that is behind for want of room is written with the next label or start.
                with suppress(InputError):
                    self._write_labels()
        return label

    def _write_labels(self) -> None:
        """The confirmed lines as a list that `hunmin data import tsv` takes, whole or not at all; left alone where it says so."""
        rows = [("path", "text", "group")]
        for label in sorted(self._labels.values(), key=lambda one: one.id):
            if label.state == "confirmed" and label.id in self._lines:
                line = self._lines[label.id]
                rows.append((line.crop, label.text, line.document))
        written = "".join(map(tsv_line, rows))
        path = self._folder / LABELS_FILE
        # `hunmin tune` goes on only with labels that have not changed.
        if not path.is_file() or path.read_bytes() != written.encode():
            write_text(path, written)


def _label(entry: dict[str, object], path: Path, sequence: int) -> Label:
    name, state, text, by, version = (entry.get(key) for key in ("id", "state", "text", "by", "version"))
    if (
        isinstance(name, str)
        and state in STATES
        and isinstance(text, str)
        and isinstance(by, str)
        and isinstance(version, int)
    ):
        return Label(name, state, text, by, version, sequence)
    raise InputError(f"{path}, line {sequence}: is no saying of a line; mend or remove it")
