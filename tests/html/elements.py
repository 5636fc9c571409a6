"""What a browser would make of a page."""

from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br"})
DRAWN = frozenset({"path", "circle", "rect"})
"""SVG elements that pages write as `<path/>`."""


class Elements(HTMLParser):
    """The elements, attributes and text of a page; fails where one is closed that is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    @property
    def addresses(self) -> list[str]:
        """Whatever a browser would load or go to."""
        return [value for name, value in self.attributes if name in ("src", "href", "action", "srcset")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
