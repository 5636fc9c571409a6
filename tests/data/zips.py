"""Zip files written byte by byte: the names, flags and lies that `zipfile` would not write."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

STORED, DEFLATED = 0, 8
UTF8_FLAG = 0x800


@dataclass(frozen=True)
class Raw:
    """One entry as it is to stand in the archive."""

    name: bytes
    data: bytes
    flags: int = 0
    """`UTF8_FLAG` or none of it, which is how AI Hub writes its CP949 names."""
    method: int = DEFLATED
    unix_mode: int = 0
    """Such as `0o120777` for a link."""
    said_bytes: int | None = None
    """The size that the archive claims for it; None = the true one."""


def zip_bytes(entries: Iterable[Raw]) -> bytes:
    """An archive of `entries`."""
    body, directory, num = bytearray(), bytearray(), 0
    for entry in entries:
        num += 1
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = entry.data if entry.method == STORED else packer.compress(entry.data) + packer.flush()
        size = len(entry.data) if entry.said_bytes is None else entry.said_bytes
        numbers = (entry.flags, entry.method, 0, 33, zlib.crc32(entry.data), len(packed), size, len(entry.name), 0)
        start = len(body)
        body += struct.pack("<4sH", b"PK\3\4", 20) + struct.pack("<HHHHIIIHH", *numbers) + entry.name + packed
        directory += struct.pack("<4sHH", b"PK\1\2", 0x314, 20) + struct.pack("<HHHHIIIHH", *numbers)
        directory += struct.pack("<HHHII", 0, 0, 0, entry.unix_mode << 16, start) + entry.name
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, num & 0xFFFF, num & 0xFFFF, len(directory), len(body), 0)
    return bytes(body + directory + end)


def write_zip(path: Path, entries: Iterable[Raw], num_volumes: int = 1) -> None:
    """Write an archive; more than one volume become `NAME.zip.part0`, `.part1` … as AI Hub splits its downloads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = zip_bytes(entries)
    if num_volumes == 1:
        path.write_bytes(content)
        return
    step = -(-len(content) // num_volumes)
    for number in range(num_volumes):
        path.with_name(f"{path.name}.part{number}").write_bytes(content[number * step : (number + 1) * step])
