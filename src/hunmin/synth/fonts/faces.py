"""The faces that lines are drawn with: installed, bundled, and a user's own."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hunmin.errors import InputError
from hunmin.font_manifest import BUNDLED_FONTS, Face, read_manifest
from hunmin.synth.fonts.families import misdrawn
from hunmin.synth.fonts.scan import cache_folder, scan_folder


def load_faces(manifest: Path | None = None, folders: Sequence[Path] = ()) -> list[Face]:
    """Faces to draw with.

    Args:
        manifest: a manifest file. None = `$HUNMIN_FONTS` (a manifest or its folder), else the installed manifest
            (`~/.cache/hunmin/fonts/manifest.json`), else the faces that ship with hunmin.
        folders: the user's own folders (`scan_folder`), added to the manifest's faces.

    Returns:
        The faces in a stable order. A family with one face that is held out is held out as a whole.

    Raises:
        InputError: the manifest or a font in it is missing or damaged, or a folder cannot be used (`scan_folder`).
    """
    manifest = manifest or _installed_manifest()
    faces = bundled_faces() if manifest is None else _faces_of(manifest)
    for folder in folders:
        faces += scan_folder(folder).faces
    held_out = {face.family for face in faces if face.held_out}
    return [replace(face, held_out=face.family in held_out) for face in faces]


def bundled_faces() -> list[Face]:
    """The few faces that ship with hunmin; one of their families is held out, so that everything works offline."""
    return _faces_of(BUNDLED_FONTS)


def _installed_manifest() -> Path | None:
    configured = os.environ.get("HUNMIN_FONTS")
    if configured:
        path = Path(configured).expanduser()
        return path / "manifest.json" if path.is_dir() else path
    installed = cache_folder() / "manifest.json"
    return installed if installed.exists() else None


def _faces_of(manifest: Path) -> list[Face]:
    faces = read_manifest(manifest)
    missing = [str(face.path) for face in faces if not face.path.exists()]
    if missing:
        raise InputError(f"{manifest}: {len(missing)} font files are gone, {missing[0]} among them. Run `make fonts`.")
    # Without what was found to be misdrawn since the manifest was written.
    return [replace(face, coverage=face.coverage - misdrawn(face.family)) for face in faces]
