"""Image files that were named on the command line."""

import os
from collections.abc import Iterable
from pathlib import Path

from hunmin.errors import InputError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}


def find_images(paths: Iterable[Path]) -> list[Path]:
    """The files named, and the image files of the folders named, each folder in order of name.

    Raises:
        InputError: a path does not exist, or a folder cannot be read or has no images.
    """
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - that of Path raises where a name is too long
            try:
                inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            except OSError as error:
                raise InputError(f"{path}: cannot be read ({error.strerror})") from error
            if not inside:
                raise InputError(f"{path}: has no images in it ({', '.join(sorted(SUFFIXES))})")
            found += inside
        elif os.path.isfile(path):  # noqa: PTH113
            found.append(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return found
