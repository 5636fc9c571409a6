"""`hunmin language`: a language model of a user's own texts."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from hunmin.errors import InputError
from hunmin.files import check_target
from hunmin.text.printable import printable

LanguageOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help="A file of `hunmin language`, mixed with what hunmin knows of Korean; several are allowed. `off`: none.",
    ),
]


def language(
    texts: Annotated[list[Path], typer.Argument(help="Text files, UTF-8, one name, line or sentence a line.")],
    out: Annotated[Path, typer.Argument(help="The .npz file to write, for --language.")],
) -> None:
    """Learn from texts which syllables follow which, to read doubtful characters by: product names, forms, laws."""
    if out.suffix != ".npz":
        raise InputError(f"{out}: a language model ends in .npz; the file to write comes last")
    check_target(out)
    from hunmin.language.build import LARGE, build, read_texts
    from hunmin.language.file import save_language

    num_bytes = sum(path.stat().st_size for path in texts if path.is_file())
    built = build(read_texts(texts), least_count=1 if num_bytes < LARGE else 2)
    save_language(built, out)
    print(f"{printable(out)}: {len(built.keys):,} n-grams, {out.stat().st_size / 1e6:.1f} MB")
