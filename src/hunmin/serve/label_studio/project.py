"""Which of a project's tags are to be filled: its labelling configuration is XML."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn
from xml.parsers import expat

from hunmin.serve.requests.problems import RefusedError

MOST_CHARACTERS: Final = 200_000
EXAMPLE: Final = """<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="label" toName="image"><Label value="Text"/></RectangleLabels>
  <TextArea name="transcription" toName="image" perRegion="true" editable="true" displayMode="region-list"/>
</View>"""


@dataclass(frozen=True)
class Project:
    """The tags of a project that take lines."""

    image: str
    """The name of the image's tag."""
    key: str
    """Of a task's data: where its image's address stands."""
    text: str
    """The name of the tag for what a line says."""
    boxes: tuple[tuple[str, str], ...]
    """Type and name of each tag for a line's box, as results have them, such as `("rectanglelabels", "label")`."""
    label: str | None
    """The first label there is, for tags that ask for one."""


def parse_project(config: object) -> Project:
    """Find the tags in a labelling configuration.

    Raises:
        RefusedError: it is no such XML, or has no tag for boxes, texts or an image.
    """
    if not isinstance(config, str) or len(config) > MOST_CHARACTERS:
        raise _wrong("is missing or too long")
    tags: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: tags.append((name.lower(), attributes))
    # Entities can make a small text a huge one; a configuration needs none.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(config, True)
    except expat.ExpatError as error:
        raise _wrong(f"is no XML ({error})") from error
    images = [one for name, one in tags if name == "image" and one.get("value", "").startswith("$")]
    for image in images:

        def of_image(*kinds: str, to: str = image.get("name", "")) -> list[tuple[str, str]]:
            return [(name, one.get("name", "")) for name, one in tags if name in kinds and one.get("toName") == to]

        texts, boxes = of_image("textarea"), _boxes(of_image)
        if texts and boxes:
            labels = [one["value"] for name, one in tags if name == "label" and "value" in one]
            return Project(image["name"], image["value"][1:], texts[0][1], boxes, labels[0] if labels else None)
    raise _wrong(f"needs an Image, RectangleLabels or Rectangle, and a TextArea for it, such as {EXAMPLE}")


def _boxes(of_image: Callable[..., list[tuple[str, str]]]) -> tuple[tuple[str, str], ...]:
    """One tag that says both where and what, or one for each."""
    both = of_image("rectanglelabels")
    return (
        tuple(both[:1]) if both else tuple(of_image("rectangle")[:1] and (of_image("rectangle") + of_image("labels")))
    )


def _refuse_doctype(*_: object) -> NoReturn:
    raise _wrong("has a DOCTYPE")


def _wrong(why: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "labelling_configuration", f"the labelling configuration {why}")
