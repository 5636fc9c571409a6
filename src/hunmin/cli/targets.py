"""The files that `hunmin read` writes documents to."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hunmin.cli.folder import SHARD_FORMATS
from hunmin.cli.images import Named
from hunmin.errors import InputError
from hunmin.files import naming_failures


def chosen_formats(formats: str | None) -> list[str]:
    """The formats of `--format`, which are parted by commas; none where it is left out.

    Raises:
        InputError: one is unknown.
    """
    from hunmin.documents.writers.save import SUFFIXES

    kinds = [kind.strip() for kind in formats.split(",")] if formats is not None else []
    for kind in kinds:
        if kind not in SUFFIXES:
            of_folders = " and ".join(SHARD_FORMATS)
            if kind in SHARD_FORMATS:
                raise InputError(f"--format {formats}: {of_folders} stand alone, for one folder with -o")
            known = f"there are {', '.join(sorted(SUFFIXES))}, and for a folder {of_folders}"
            raise InputError(f"--format {formats}: there is no format {kind!r}; {known}")
    return kinds


def targets(found: Sequence[Named], output: Path | None, kinds: Sequence[str]) -> list[list[Path]]:
    """What to write of each document, in the order of `found`; nothing where it is printed.

    A file where `output` alone is given, its format that of its name; in the folder `output` a file for each of `kinds`.

    Raises:
        InputError: several documents would become one file, or what is asked for cannot be printed.
    """
    from hunmin.documents.writers.save import PDF, SUFFIXES

    if output is None:
        if len(kinds) > 1 or PDF in kinds or (kinds and len(found) > 1):
            raise InputError(f"--format {','.join(kinds)}: goes into files; name a folder for them with -o")
        return [[] for _ in found]
    if not kinds:
        _check_has_format(output)
        if len(found) > 1:
            raise InputError(
                f"-o {output}: is one file for {len(found)} documents; give --format, and -o with a folder"
            )
        return [[output]]
    names = [named.name.with_suffix("") for named in found]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise InputError(
            f"-o {output}: {count} documents are called {name}; write them in turn, each into a folder of its own"
        )
    with naming_failures(output):
        for folder in {output / name.parent for name in names}:
            folder.mkdir(parents=True, exist_ok=True)
    return [[output / name.parent / f"{name.name}{SUFFIXES[kind]}" for kind in kinds] for name in names]


def _check_has_format(output: Path) -> None:
    from hunmin.documents.writers.save import format_of

    try:
        format_of(output)
    except InputError as error:
        raise InputError(f"{error}; or, with --format, that of a folder for the files") from error
