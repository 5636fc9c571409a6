"""The Hub as `huggingface_hub` talks to it, its failures in our words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hunmin.errors import InputError, require_extra
from hunmin.files import is_disk_full
from hunmin.hub.pulled import HubName
from hunmin.version import __version__

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def endpoint() -> str:
    """The address of the Hub: `HF_ENDPOINT`, or the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def client() -> "HfApi":
    """The Hub at `endpoint`; the token is that of `HF_TOKEN` or of `hf auth login`.

    Raises:
        ExtraMissingError: the extra `hub` is not installed.
    """
    require_extra("hub", ("huggingface_hub",))
    from huggingface_hub import HfApi

    return HfApi(endpoint(), library_name="hunmin", library_version=__version__)


@contextmanager
def telling_failures(name: HubName) -> Iterator[None]:
    """Turn what `huggingface_hub` raises in the block into an InputError that names the model and the way out.

    Raises:
        InputError: in its place.
    """
    from httpx2 import HTTPError
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise InputError(
            f"{name}: asks for consent first; agree at {endpoint()}/{name.repository}, and give your token in HF_TOKEN"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"{name}: {endpoint()} has no such model, or it is private and HF_TOKEN is of nobody who may see it"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise InputError(f"{name}: {name.repository} has no revision {name.revision!r}") from error
    except errors.OfflineModeIsEnabled as error:
        raise InputError(f"{name}: HF_HUB_OFFLINE is set, so the Hub is not asked; unset it") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        way_out = "give a token that may do this in HF_TOKEN" if status in (401, 403) else "try again later"
        raise InputError(f"{name}: {endpoint()} answers {status} {error.response.reason_phrase}; {way_out}") from error
    except (HTTPError, errors.EntryNotFoundError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{name}: {endpoint()} cannot be reached ({reason}); see to the network, or try later"
        ) from error
    except (RuntimeError, ValueError) as error:  # an upload that broke off, a card that the Hub takes for none
        reason = " ".join(f"{error} {error.__cause__ or ''}".split())[:300]
        raise InputError(f"{name}: {endpoint()} does not take it ({reason})") from error
    except OSError as error:
        told = "the disk is full; make room" if is_disk_full(error) else " ".join(str(error).split())[:200]
        raise InputError(f"{name}: {told}") from error
