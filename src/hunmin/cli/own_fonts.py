"""A user's own font folders, measured before anything is drawn with them, and what had to be guessed."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hunmin.cli.console import progress
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.synth.fonts.scan import FolderScan

# More names than this say no more.
_NAMES_SHOWN = 5


def measure_fonts(folders: Sequence[str], *, quiet: bool = False) -> None:
    """Measure what was never measured before, with a bar; then say which faces were guessed at or are not used.

    Raises:
        InputError: as `scan_folder` does.
    """
    if not folders:
        return
    from hunmin.synth.fonts.font_list import LIST_NAME

    for folder in folders:
        scan = _measure(Path(folder), quiet)
        if scan.guessed:
            names = sorted({printable(face.family) for face in scan.guessed})
            shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
            print(
                f"{printable(folder)}: {len(scan.guessed)} faces have their family from the name inside the file and are "
                f"taken for gothic ({shown}); a {LIST_NAME} beside them says better",
                file=sys.stderr,
            )
        for path, reason in scan.left_out.items():
            print(f"{printable(path)}: not used, {reason}", file=sys.stderr)


def _measure(folder: Path, quiet: bool) -> "FolderScan":
    from hunmin.synth.fonts.scan import scan_folder

    with progress(quiet=quiet) as steps:
        return scan_folder(folder, lambda done, total: steps.update("measuring fonts", done, total))
