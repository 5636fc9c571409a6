"""Zip files, read where they lie.

The table of contents is read once, in the main process; what a worker gets for an entry is its place in the file, so
it opens the archive without reading a million names again. Layout and field names: PKWARE's APPNOTE 6.3, sections 4.3
to 4.5.
"""

import re
import stat
import struct
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from hunmin.archives.volumes import Volumes
from hunmin.errors import InputError
from hunmin.opening import MAX_FILE_BYTES

MAX_ENTRIES: Final = 5_000_000
"""An archive with more is refused before its table is read: the table alone would take gigabytes of memory."""

_LOCAL = struct.Struct("<4s22xHH")
_CENTRAL = struct.Struct("<4sBBHHHIIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCATOR = struct.Struct("<4sIQI")
_END_64 = struct.Struct("<4sQHHIIQQQQ")
_LONGEST_COMMENT: Final = 0xFFFF
_LONGEST_RECORD: Final = _CENTRAL.size + 3 * 0xFFFF
_IN_EXTRA_16, _IN_EXTRA_32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_EXTRA, _UNICODE_PATH_EXTRA = 0x0001, 0x7075
_ENCRYPTED, _UTF8 = 0x0001, 0x0800
_STORED, _DEFLATED = 0, 8
_UNIX: Final = 3
_CHUNK_BYTES: Final = 1 << 20
_AGAIN: Final = "download it again"
_DRIVE = re.compile(r"[A-Za-z]:")
_FIRST_OF_THREE_BYTES: Final = "\u0800"


class Spot(NamedTuple):
    """Where an entry lies in its archive."""

    start: int
    """Of its local header."""
    packed_bytes: int
    num_bytes: int
    crc: int
    is_deflated: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file, whole or in volumes."""

    label: str
    """How messages call it."""
    volumes: Volumes


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in an archive. Small and picklable."""

    archive: Archive
    path: str
    """NFC, with `/` between its parts."""
    spot: Spot

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.archive.label}: {self.path}"

    @property
    def location(self) -> str:
        """The archive and the path in it, as if the archive were a folder."""
        return f"{self.archive.label}/{self.path}"

    @property
    def num_bytes(self) -> int:
        """Its size, as the archive says."""
        return self.spot.num_bytes

    def read(self, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """Its content.

        Raises:
            InputError: it has more than `max_bytes`, or is damaged.
        """
        spot = self.spot
        start = self._content_start(max_bytes)
        content = self.archive.volumes.read(start, spot.packed_bytes)
        if spot.is_deflated:
            # A byte more than the table says, so that an entry that unpacks to more is told from a sound one.
            try:
                content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, spot.num_bytes + 1)
            except zlib.error as error:
                raise self._damaged() from error
        if len(content) != spot.num_bytes or zlib.crc32(content) != spot.crc:
            raise self._damaged()
        return content

    def chunks(self, max_bytes: int) -> Iterator[bytes]:
        """Its content in pieces, for what is too large to hold.

        Raises:
            InputError: as for `read`; damage may show after the first pieces.
        """
        left, crc = self.spot.num_bytes, 0
        for piece in self._unpacked(self._content_start(max_bytes)):
            left -= len(piece)
            crc = zlib.crc32(piece, crc)
            if left < 0:
                raise self._damaged()
            yield piece
        if left or crc != self.spot.crc:
            raise self._damaged()

    def _unpacked(self, start: int) -> Iterator[bytes]:
        """At most `_CHUNK_BYTES` at a time of what lies packed from `start` on."""
        packed_bytes = self.spot.packed_bytes
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        for offset in range(0, packed_bytes, _CHUNK_BYTES):
            packed = self.archive.volumes.read(start + offset, min(_CHUNK_BYTES, packed_bytes - offset))
            if not self.spot.is_deflated:
                yield packed
                continue
            try:
                while packed:
                    yield inflate.decompress(packed, _CHUNK_BYTES)
                    packed = inflate.unconsumed_tail
                # It may have taken all and still hold back what did not fit into the piece.
                while piece := inflate.decompress(b"", _CHUNK_BYTES):
                    yield piece
            except zlib.error as error:
                raise self._damaged() from error

    def _content_start(self, max_bytes: int) -> int:
        spot, volumes = self.spot, self.archive.volumes
        if spot.num_bytes > max_bytes:
            raise InputError(f"{self.name}: has {spot.num_bytes:,} bytes, the limit is {max_bytes:,}")
        # What cannot be packed grows by five bytes in 16 KB at most.
        if spot.packed_bytes > spot.num_bytes + spot.num_bytes // 1000 + 100:
            raise self._damaged()
        header = volumes.read(spot.start, _LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
            raise self._damaged()
        _, name_bytes, extra_bytes = _LOCAL.unpack(header)
        start: int = spot.start + _LOCAL.size + name_bytes + extra_bytes
        if start + spot.packed_bytes > volumes.num_bytes:
            raise self._damaged()
        return start

    def _damaged(self) -> InputError:
        return InputError(f"{self.name}: damaged inside the archive; {_AGAIN}")


def archived_files(archive: Archive, skipped: Counter[str]) -> Iterator[ArchivedFile]:
    """The files in an archive, in the order of its table.

    Nothing is unpacked, so a name can never reach outside; a name that tries to is passed over all the same, for it would
    name the sample. Such entries, links, devices and whatever else cannot be read are counted in `skipped`.

    Raises:
        InputError: not a zip file, cut short, or with more than `MAX_ENTRIES` entries.
    """
    table = _find_table(archive)
    seen: set[str] = set()
    buffer, offset, num_read, num_entries = b"", 0, 0, 0
    # By its size, not by its count: writers without zip64 let the count of 70,000 entries begin again at 0.
    while offset < len(buffer) or num_read < table.num_bytes:
        if len(buffer) - offset < _LONGEST_RECORD and num_read < table.num_bytes:
            chunk = archive.volumes.read(table.start + num_read, min(_CHUNK_BYTES, table.num_bytes - num_read))
            num_read += len(chunk)
            buffer, offset = buffer[offset:] + chunk, 0
        if len(buffer) - offset < _CENTRAL.size or buffer[offset : offset + 4] != b"PK\1\2":
            raise InputError(f"{archive.label}: its table of contents is damaged; {_AGAIN}")
        fields = _CENTRAL.unpack_from(buffer, offset)
        system, flags, method = fields[2], fields[4], fields[5]
        name_bytes, extra_bytes, comment_bytes = fields[10:13]
        offset += _CENTRAL.size
        raw_name = buffer[offset : offset + name_bytes]
        extra = _extra_fields(buffer[offset + name_bytes : offset + name_bytes + extra_bytes])
        offset += name_bytes + extra_bytes + comment_bytes
        num_entries += 1
        _check_count(archive, num_entries)
        name = decode_name(raw_name, is_utf8=bool(flags & _UTF8), unicode_path=extra.get(_UNICODE_PATH_EXTRA))
        if name.endswith(("/", "\\")):
            continue
        path = safe_path(name)
        reason = _why_skipped(path, seen, flags, method, fields[15] >> 16 if system == _UNIX else 0)
        if path is None or reason:
            skipped[reason] += 1
            continue
        seen.add(path)
        packed_bytes, num_bytes, start = _sizes(fields, extra.get(_ZIP64_EXTRA, b""))
        spot = Spot(start + table.shift, packed_bytes, num_bytes, fields[7], method == _DEFLATED)
        yield ArchivedFile(archive, path, spot)
    if offset > len(buffer) or num_entries % (1 << 16) != table.num_entries % (1 << 16):
        raise InputError(f"{archive.label}: its table of contents is damaged; {_AGAIN}")


def decode_name(raw: bytes, *, is_utf8: bool = False, unicode_path: bytes | None = None) -> str:
    """A file name's bytes as text, NFC.

    Without the UTF-8 flag a Korean archive has CP949; but some programs write UTF-8 and forget the flag. Hangul takes
    three bytes there, and CP949 text hardly ever reads as such, whereas two bytes of it may: 책 would be å.
    """
    if unicode_path is not None and unicode_path[:1] == b"\1":
        raw, is_utf8 = unicode_path[5:], True
    try:
        text = raw.decode()
        if not is_utf8 and not text.isascii() and max(text) < _FIRST_OF_THREE_BYTES:
            text = raw.decode("cp949", "replace")
    except UnicodeDecodeError:
        text = raw.decode("cp949", "replace")
    return unicodedata.normalize("NFC", text)


def safe_path(name: str) -> str | None:
    """`name` with `/` between its parts and nothing empty among them; None where it points outside its folder."""
    if "\0" in name or name.startswith(("/", "\\")) or _DRIVE.match(name):
        return None
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return None if ".." in parts or not parts else "/".join(parts)


def is_system_file(path: str) -> bool:
    """What macOS and Windows put beside files: it may end in .jpg and is none."""
    name = path.rpartition("/")[2]
    return path.startswith("__MACOSX/") or name.startswith("._") or name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _why_skipped(path: str | None, seen: set[str], flags: int, method: int, mode: int) -> str:
    reasons = {
        "unsafe name": path is None,
        "link": stat.S_ISLNK(mode),
        "device": stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFLNK),
        "system file": path is not None and is_system_file(path),
        "encrypted": bool(flags & _ENCRYPTED),
        "unknown compression": method not in (_STORED, _DEFLATED),
        "name seen before": path in seen,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class _Table(NamedTuple):
    start: int
    num_bytes: int
    num_entries: int
    shift: int
    """Bytes before the archive begins; offsets do not count them."""


def _find_table(archive: Archive) -> _Table:
    volumes, label = archive.volumes, archive.label
    tail_start = max(0, volumes.num_bytes - _END.size - _LONGEST_COMMENT)
    tail = volumes.read(tail_start, volumes.num_bytes - tail_start)
    found = tail.rfind(b"PK\5\6")
    if found < 0 or len(tail) - found < _END.size:
        if volumes.read(0, 4) != b"PK\3\4":
            raise InputError(f"{label}: is no zip file, whatever its name; {_AGAIN}")
        missing = "its end is missing" if len(volumes.paths) == 1 else "its end, perhaps a last volume, is missing"
        raise InputError(f"{label}: this zip file is cut short ({missing}); {_AGAIN}")
    _, disk, _, _, num_entries, num_bytes, start, _ = _END.unpack_from(tail, found)
    end = tail_start + found
    if disk not in (0, _IN_EXTRA_16):
        raise InputError(
            f"{label}: is the last of a set of .z01 volumes; join them with: zip -s 0 {label} --out one.zip"
        )
    if num_entries == _IN_EXTRA_16 or _IN_EXTRA_32 in (num_bytes, start):
        locator = volumes.read(max(0, end - _LOCATOR.size), _LOCATOR.size)
        if locator.startswith(b"PK\6\7") and len(locator) == _LOCATOR.size:
            # Its offset may be off by what stands before the archive, so the record is taken from where it must lie.
            end -= _LOCATOR.size + _END_64.size
            record = volumes.read(max(0, end), _END_64.size)
            if len(record) < _END_64.size or not record.startswith(b"PK\6\6"):
                raise InputError(f"{label}: its table of contents is damaged; {_AGAIN}")
            num_entries, num_bytes, start = _END_64.unpack(record)[7:]
    shift = end - num_bytes - start
    if shift < 0:
        missing = "bytes" if len(volumes.paths) == 1 else "bytes, perhaps a volume,"
        raise InputError(f"{label}: this zip file is cut short ({-shift:,} {missing} are missing); {_AGAIN}")
    _check_count(archive, num_entries)
    return _Table(end - num_bytes, num_bytes, num_entries, shift)


def _check_count(archive: Archive, num_entries: int) -> None:
    if num_entries > MAX_ENTRIES:
        raise InputError(f"{archive.label}: holds more than {MAX_ENTRIES:,} files; make several archives of it")


def _extra_fields(extra: bytes) -> dict[int, bytes]:
    fields, position = {}, 0
    while position + 4 <= len(extra):
        key, num_bytes = struct.unpack_from("<HH", extra, position)
        fields[key] = extra[position + 4 : position + 4 + num_bytes]
        position += 4 + num_bytes
    return fields


def _sizes(fields: tuple[int, ...], zip64: bytes) -> tuple[int, int, int]:
    """Packed size, size and start of an entry; those that do not fit 32 bits stand in the extra field, in this order."""
    num_bytes, packed_bytes, start = fields[9], fields[8], fields[16]
    values = iter(struct.unpack(f"<{len(zip64) // 8}Q", zip64[: len(zip64) // 8 * 8]))
    num_bytes = next(values, num_bytes) if num_bytes == _IN_EXTRA_32 else num_bytes
    packed_bytes = next(values, packed_bytes) if packed_bytes == _IN_EXTRA_32 else packed_bytes
    start = next(values, start) if start == _IN_EXTRA_32 else start
    return packed_bytes, num_bytes, start
