"""What a page says."""

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from hunmin.errors import InputError
from hunmin.files import write_text
from hunmin.image import MAX_PAGE_PIXELS, ImageSource, load_image
from hunmin.pages.line import Line
from hunmin.pages.overlay import draw_overlay
from hunmin.recognize.characters import characters_to_dicts

SHOWN_LENGTH = 60
"""Characters of a page's text in its `repr`."""


@dataclass(frozen=True)
class Page:
    """What a page says."""

    width_px: int
    height_px: int
    lines: tuple[Line, ...]
    """In reading order."""
    path: str | None = None
    """The file it was read from, if it was one."""
    rotation_deg: int = 0
    """How far the page lay turned clockwise: 0, 90, 180 or 270. `width_px`, `height_px` and all boxes are of the page as it
    was given; Pillow's `image.rotate(page.rotation_deg, expand=True)` sets it upright."""
    skew_deg: float = 0.0
    """By how many degrees its lines fall to the right then; turned by `rotation_deg + skew_deg`, they are level."""

    @property
    def text(self) -> str:
        """The lines, joined with line ends; empty ones left out."""
        return "\n".join(line.text for line in self.lines if line.text)

    def to_dict(self, *, characters: bool = False) -> dict[str, Any]:
        """Plain values for JSON: the fields, and of each line `text`, `confidence`, `box`, and `truncated` where it is.

        Args:
            characters: whether each line has its `characters`, too, as of `characters_to_dicts`.
        """
        lines = [
            {
                "text": line.text,
                "confidence": round(line.confidence, 4),
                "box": [list(corner) for corner in line.box],
                **({"truncated": True} if line.truncated else {}),
                **({"characters": characters_to_dicts(line.characters)} if characters else {}),
            }
            for line in self.lines
        ]
        return {
            "path": self.path,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "rotation_deg": self.rotation_deg,
            "skew_deg": self.skew_deg,
            "lines": lines,
        }

    def save(self, path: Path | str) -> None:
        """Write what was read into a file, whole or not at all.

        Args:
            path: ends in `.txt` for the text, or in `.json` for the values of `to_dict`.

        Raises:
            InputError: another ending, or the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() == ".txt":
            write_text(target, self.text + "\n")
        elif target.suffix.lower() == ".json":
            write_text(target, json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n")
        else:
            raise InputError(f"{target}: a page is saved as .txt or .json; give the file one of these endings")

    def show(self, image: ImageSource | None = None) -> None:
        """Open a picture of the page with its lines framed, and beside it what was read there.

        Args:
            image: the page's picture; None takes the file at `path`.

        Raises:
            ImageError: it cannot be decoded.
            InputError: the page was not read from a file, and no image is given.
        """
        source = self.path if image is None else image
        if source is None:
            raise InputError("this page was not read from a file; give its picture to show(image)")
        Image.fromarray(draw_overlay(self.lines, load_image(source, max_pixels=MAX_PAGE_PIXELS))).show()

    def __repr__(self) -> str:
        num = len(self.lines)
        of_file = f" of {self.path}" if self.path else ""
        said = textwrap.shorten(self.text, SHOWN_LENGTH, placeholder=" …")
        return f"<Page{of_file}, {self.width_px}×{self.height_px} px, {num} line{'s' if num != 1 else ''}: {said!r}>"
