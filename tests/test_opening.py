"""Why a file cannot be opened, in one word and one line."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.documents.reader import Reader
from hunmin.errors import ImageError
from hunmin.image import MAX_PAGE_PIXELS, load_image
from hunmin.opening import not_opened, opened


def test_each_cause_has_a_code_of_its_own_and_the_path_stands_once_without_a_number() -> None:
    causes = {
        errno.ENOENT: "not_found",
        errno.ENOTDIR: "not_found",
        errno.ENAMETOOLONG: "not_found",
        errno.EACCES: "no_permission",
        errno.EPERM: "no_permission",
        errno.EIO: "cannot_be_opened",
        errno.ELOOP: "cannot_be_opened",
    }
    for number, code in causes.items():
        error = not_opened("scans/a.png", OSError(number, os.strerror(number), "scans/a.png"))
        assert (error.code, str(error).count("scans/a.png"), "Errno" in str(error)) == (code, 1, False)


@pytest.mark.parametrize("read", [lambda path: load_image(path, max_pixels=MAX_PAGE_PIXELS), Reader().read_document])
def test_a_folder_is_called_a_folder_with_what_reads_folders(tmp_path: Path, read: object) -> None:
    assert callable(read)
    with pytest.raises(ImageError, match=r"is a folder; .*`hunmin read FOLDER`.*`hunmin recognize FOLDER`") as caught:
        read(tmp_path)
    assert caught.value.code == "is_folder"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match="is a pipe or a device") as caught, opened(pipe):
        pass
    assert caught.value.code == "unsupported"


def test_what_a_library_finds_wrong_in_a_file_is_not_taken_for_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(picture)
    with pytest.raises(OSError, match=r"^cut off$"), opened(picture):
        raise OSError("cut off")
