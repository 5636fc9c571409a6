"""Text that acts on nothing it is written to: terminals, tables, HTML."""

import json
import unicodedata

_ACTIVE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def printable(text: object) -> str:
    r"""`text` with every control character, line end and tab as an escape such as `\x1b`."""
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode("ascii") if _is_active(character) else character
        for character in str(text)
    )


def json_text(value: object, indent: int | None = None) -> str:
    r"""`value` as JSON that acts on no terminal and closes no HTML element; reading it back gives `value` again.

    `<` becomes `\u003c`, and so does in its way what `printable` escapes.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # Outside its strings JSON is ASCII without `<`, and `indent` puts the only control characters there, line ends.
    return "".join(
        _json_escape(character) if character == "<" or (_is_active(character) and character != "\n") else character
        for character in text
    )


def _is_active(character: str) -> bool:
    return unicodedata.category(character) in _ACTIVE_CATEGORIES


def _json_escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if character.isascii() else json.dumps(character)[1:-1]
