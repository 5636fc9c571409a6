"""A page in one file: its style, its font, and a policy that forbids the browser to load or to run anything.

The policy holds whatever might have slipped through `shown`.
"""

import base64
import io
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from hunmin.drawing import gothic
from hunmin.errors import InputError, reason_of
from hunmin.font_manifest import Face
from hunmin.html.text import shown_plainly

POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
STYLE = Path(__file__).with_name("page.css")


def page(title: str, sections: Iterable[str], *, footer: str, language: str = "en") -> str:
    """Put a page together.

    Args:
        title: plain text, of the window.
        sections: HTML, one after the other; empty ones are left out.
        footer: HTML, small at the end.
        language: of the page's own words, such as `en`.

    Returns:
        HTML.
    """
    body = "\n".join([*filter(None, sections), f"<footer>{footer}</footer>"])
    style = font_face(set(body), cut_down=find_spec("fontTools") is not None) + STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown_plainly(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def font_face(characters: set[str], *, cut_down: bool) -> str:
    """The bundled face as CSS.

    Args:
        characters: that the page shows.
        cut_down: leave the others out, which needs fontTools; the whole face makes a page over a megabyte larger.
    """
    face = gothic()
    content, kind = (_cut_down(face, characters), "woff") if cut_down else (face.path.read_bytes(), "ttf")
    data = base64.b64encode(content).decode("ascii")
    return f'@font-face {{ font-family: "page"; src: url("data:font/{kind};base64,{data}"); }}\n'


def _cut_down(face: Face, characters: set[str]) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(face.path, fontNumber=face.index, lazy=True, recalcTimestamp=False) as font:
            subsetter = Subsetter(Options(layout_features=[], hinting=False, notdef_outline=True))
            subsetter.populate(text="".join(characters & face.coverage))
            subsetter.subset(font)
            font.flavor = "woff"
            content = io.BytesIO()
            font.save(content)
    except (TTLibError, OSError) as error:
        raise InputError(
            f"{face.path}: the bundled font is damaged ({reason_of(error)}); install hunmin again"
        ) from error
    return content.getvalue()
