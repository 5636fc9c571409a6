"""The fonts behind a model, as a Markdown table for its card: file, family, style, licence, hash, training or held out.

Usage: python recipes/fonts/list_faces.py [FOLDER …] > fonts.md    (the installed fonts, and those of your own folders)
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from hunmin.font_manifest import Face
from hunmin.synth.fonts.faces import load_faces


def table(faces: Iterable[Face]) -> str:
    """One row a file; the faces of a collection share a row."""
    files = {face.sha256: face for face in faces}
    rows = sorted(files.values(), key=lambda face: (face.held_out, face.style, face.family, face.path.stem))
    lines = ["| file | family | style | licence | use | sha256 |", "|---|---|---|---|---|---|"]
    for face in rows:
        cells = (face.path.stem, face.family, face.style, face.licence, "held out" if face.held_out else "training")
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} | `{face.sha256}` |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(load_faces(folders=[Path(folder) for folder in sys.argv[1:]])))
