"""The invisible text that a page has already, taken away: a page that is read anew must not be copied twice.

Text is invisible where it is shown in rendering mode 3 (PDF 32000-1, 9.3.6), in the content of the page or in forms that it
draws. Everything else stays, operator by operator; a content without such text keeps its bytes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pikepdf

INVISIBLE: Final = 3
MOST_BYTES: Final = 32 * 2**20
"""A content that is larger when decoded stays as it is; ordinary ones take kilobytes."""
MOST_FORMS_DEEP: Final = 3
"""As deep as images are looked for in pages."""

_SHOWING: Final = frozenset({"Tj", "TJ", "'", '"'})
_PLACING: Final = frozenset({"BT", "Td", "TD", "Tm", "T*"})


class _Keeps(Exception):  # noqa: N818 - no error: the content is told to stay
    """Visible text stands where invisible text ends, so that it would move."""


def without_invisible_text(pdf: "pikepdf.Pdf", page: Any, resources: Any) -> bool:
    """Take away what is invisible in the content of a page and in the forms that it draws.

    Args:
        pdf: which it is of.
        page: the dictionary of the page; gets a content of its own, and resources where a form is another one.
        resources: those that it uses, inherited ones, too.

    Returns:
        Whether there was any.
    """
    import pikepdf

    contents = page.get("/Contents")
    streams = [] if contents is None else list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    try:
        found = _stripped(pdf, page, streams, _Scope(resources or pikepdf.Dictionary()))
    except (pikepdf.PdfError, _Keeps, ValueError, TypeError, LookupError, AttributeError):  # not what a content can be
        return False
    if found is None:
        return False
    page.Contents = pdf.make_stream(found.content)
    if found.forms:
        page.Resources = _with_forms(resources, found.forms)
    return True


@dataclass
class _Scope:
    """What a content is read in."""

    resources: Any
    mode: int = 0
    """Text rendering mode at its beginning."""
    num_forms_deep: int = 0


@dataclass
class _Found:
    """A content without its invisible text."""

    content: bytes
    forms: dict[str, Any] = field(default_factory=dict)
    """Those that are other ones now, by name."""


def _stripped(pdf: "pikepdf.Pdf", parsed: Any, streams: Sequence[Any], scope: _Scope) -> _Found | None:
    """What stays of a content; None where nothing of it is invisible text."""
    import pikepdf

    raw = _decoded(streams)
    if raw is None or not (b"Tr" in raw or b"Do" in raw or scope.mode == INVISIBLE):
        return None
    reader = _Content(pdf, scope)
    kept = [one for item in pikepdf.parse_content_stream(parsed) for one in reader.keep(item)]
    if not reader.num_dropped and not reader.forms:
        return None
    return _Found(pikepdf.unparse_content_stream(kept), reader.forms)


class _Content:
    """Goes through the operators of a content."""

    def __init__(self, pdf: "pikepdf.Pdf", scope: _Scope) -> None:
        self._pdf, self._scope = pdf, scope
        self._mode, self._saved = scope.mode, list[int]()
        self._is_moved = False
        self.num_dropped = 0
        self.forms: dict[str, Any] = {}

    def keep(self, item: Any) -> list[Any]:
        """What stays of an operator with its operands.

        Raises:
            _Keeps: without what was dropped, this would stand elsewhere.
        """
        operator = str(item.operator)
        if operator == "q":
            self._saved.append(self._mode)
        elif operator == "Q" and self._saved:
            self._mode = self._saved.pop()
        elif operator == "Tr":
            self._mode = int(item.operands[0])
        elif operator == "Do":
            self._see_form(str(item.operands[0]))
        elif operator in _PLACING:
            self._is_moved = False
        elif operator in _SHOWING:
            return self._text(item, operator)
        return [item]

    def _text(self, item: Any, operator: str) -> list[Any]:
        import pikepdf

        if self._mode != INVISIBLE:
            if self._is_moved and operator in {"Tj", "TJ"}:
                raise _Keeps
            self._is_moved = False
            return [item]
        self.num_dropped += 1
        self._is_moved = True
        next_line = pikepdf.ContentStreamInstruction([], pikepdf.Operator("T*"))
        if operator == "'":
            return [next_line]
        if operator == '"':
            word_space, space, _ = item.operands
            return [
                pikepdf.ContentStreamInstruction([word_space], pikepdf.Operator("Tw")),
                pikepdf.ContentStreamInstruction([space], pikepdf.Operator("Tc")),
                next_line,
            ]
        return []

    def _see_form(self, name: str) -> None:
        form = self._scope.resources.get("/XObject", {}).get(name)
        if form is None or form.get("/Subtype") != "/Form" or self._scope.num_forms_deep == MOST_FORMS_DEEP:
            return
        inner = _Scope(form.get("/Resources", self._scope.resources), self._mode, self._scope.num_forms_deep + 1)
        found = _stripped(self._pdf, form, [form], inner)
        if found is None:
            return
        kept = {key: value for key, value in form.items() if key not in {"/Length", "/Filter", "/DecodeParms"}}
        self.forms[name] = self._pdf.make_stream(found.content, kept)
        if found.forms:
            self.forms[name].Resources = _with_forms(inner.resources, found.forms)


def _with_forms(resources: Any, forms: dict[str, Any]) -> Any:
    """A copy of resources, which may be shared, with other forms."""
    import pikepdf

    copied = pikepdf.Dictionary(resources)
    objects = pikepdf.Dictionary(dict(resources.XObject.items()))
    for name, form in forms.items():
        objects[name] = form
    copied.XObject = objects
    return copied


def _decoded(streams: Sequence[Any]) -> bytes | None:
    """The bytes of a content; None where they are too many, or packed in a way that is not used for text."""
    parts: list[bytes] = []
    left = MOST_BYTES
    for stream in streams:
        raw, packed = stream.read_raw_bytes(), stream.get("/Filter")
        if packed is None:
            data = raw
        elif packed == "/FlateDecode" or (len(packed) == 1 and packed[0] == "/FlateDecode"):
            try:
                data = zlib.decompressobj().decompress(raw, left + 1)
            except zlib.error:
                return None
        else:
            return None
        left -= len(data)
        if left < 0:
            return None
        parts.append(data)
    return b"\n".join(parts)
