"""Images and documents that somebody named, opened to be read; what cannot be opened is told by its cause."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from hunmin.errors import ImageError, reason_of

MAX_FILE_BYTES: Final = 256 * 2**20
"""A larger image file is refused unopened; 50 megapixels of uncompressed RGB are 150 MB."""
AVIF_BRANDS: Final = (b"avif", b"avis")
HEIF_BRANDS: Final = (*AVIF_BRANDS, b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""What stands behind `ftyp` at the start of a file of the ISO base media format that holds images."""
_THERE_IS_NONE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


@contextmanager
def opened(path: Path, where: str | None = None) -> Iterator[BinaryIO]:
    """An image or a document, open to be read.

    Args:
        path: as it was named.
        where: what messages call it; None takes the path.

    Raises:
        ImageError: `not_found`; `is_folder`; `no_permission`; `unsupported`, a pipe or a device; `cannot_be_opened`, for every
            other error of the system, those of the block too.
    """
    where = where or str(path)
    try:
        _check_is_file(path, where)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        if error.errno is None:  # of a library that finds fault with what the file holds
            raise
        raise not_opened(where, error) from error


def not_opened(where: str, error: OSError) -> ImageError:
    """What an error of the system means to somebody who named a file or a folder."""
    if isinstance(error, PermissionError):
        told = f"you may not read it ({reason_of(error)}); have its owner allow it, or give a copy"
        return ImageError("no_permission", f"{where}: {told}")
    if error.errno in _THERE_IS_NONE:
        return ImageError("not_found", f"{where}: no such file or folder")
    told = f"cannot be read ({reason_of(error)}); see that its disk is well, or give a copy"
    return ImageError("cannot_be_opened", f"{where}: {told}")


def _check_is_file(path: Path, where: str) -> None:
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a null character, or one that file names cannot have
        raise ImageError("not_found", f"{where}: no such file or folder") from error
    if stat.S_ISDIR(mode):
        way_out = "give the files in it, or run `hunmin read FOLDER` for pages, `hunmin recognize FOLDER` for crops of one line"
        raise ImageError("is_folder", f"{where}: is a folder; {way_out}")
    if not stat.S_ISREG(mode):
        raise ImageError("unsupported", f"{where}: is a pipe or a device; save what comes out of it as a file")
