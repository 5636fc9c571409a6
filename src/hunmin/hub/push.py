"""A model onto the Hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hunmin.errors import InputError
from hunmin.hub.client import client, telling_failures
from hunmin.hub.pulled import CARD, DEFAULT_REVISION, HubName


@dataclass(frozen=True)
class PushResult:
    """A model that lies on the Hub."""

    name: str
    """What `hunmin pull` takes."""
    commit: str
    """That it became; `organisation/name@commit` never means another one."""
    url: str
    """Where it is shown."""
    has_own_card: bool
    """Whether the card that was there was left as it was."""


def push(files: Mapping[str, Path], text: str, card: str, *, replaces_card: bool, public: bool) -> PushResult:
    """Upload files as one commit; a revision in the name becomes a tag of it.

    Args:
        files: what each is called there → the file.
        text: `organisation/name` or `organisation/name@tag`; made if it is not there.
        card: its README.
        replaces_card: whether it takes the place of one that is there.
        public: whether everybody may see it. Otherwise it is made private, and one that everybody sees is refused.

    Raises:
        InputError: the token may not do this, the tag exists, everybody would see it, or the Hub cannot be reached.
        ExtraMissingError: the extra `hub` is not installed.
    """
    name, hub = HubName.parse(text), client()
    from huggingface_hub import CommitOperationAdd

    tag = None if name.revision == DEFAULT_REVISION else name.revision
    with telling_failures(name):
        hub.create_repo(name.repository, private=not public, exist_ok=True)
        info = hub.model_info(name.repository)
        if not public and not info.private:
            raise InputError(f"{name}: everybody sees {name.repository}; give --public if the model is for everybody")
        if tag and hub.revision_exists(name.repository, tag):
            raise InputError(
                f"{name}: {name.repository} has a revision {tag!r}, which somebody may rely on; give another"
            )
        has_own_card = not replaces_card and any(one.rfilename == CARD for one in info.siblings or ())
        contents: dict[str, Path | bytes] = dict(files)
        if not has_own_card:
            contents[CARD] = card.encode()
        operations = [CommitOperationAdd(there, here) for there, here in contents.items()]
        commit = hub.create_commit(name.repository, operations, commit_message=f"hunmin push: {', '.join(contents)}")
        if tag:
            hub.create_tag(name.repository, tag=tag, revision=commit.oid)
    return PushResult(str(name), commit.oid, commit.commit_url, has_own_card)
