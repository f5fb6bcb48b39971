"""What went wrong in a download, as one clear line with the command that helps."""

from __future__ import annotations

import errno
from typing import Any

from autoedit.errors import WeightsError
from autoedit.models.store import Reference

_NETWORK = {"TransportError", "ConnectionError", "TimeoutException", "Timeout", "gaierror"}


def explained(error: BaseException, reference: Reference) -> WeightsError | None:
    """A foreign error in AutoEdit's words; None when it is none that a download is known to raise.

    Args:
        error: from huggingface_hub, the HTTP library below it, or the file system.
        reference: what was to be fetched.
    """
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if reference.kind == "url" and status is not None:
        return _answer(int(status), reference)
    if isinstance(error, errors.GatedRepoError):
        return WeightsError(
            f"The weights {reference.text} are gated. Accept their terms on "
            f"{page(reference)}, then run: hf auth login"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return WeightsError(
            f"The hub has no weights called {reference.repo!r}, or they are private. Check the "
            "name; for private ones run: hf auth login"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return WeightsError(
            f"{reference.repo} has no revision {reference.revision or 'as locked'!r}; see "
            f"{page(reference)}/commits/main"
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return offline(reference, "HF_HUB_OFFLINE is set")
    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ is not None:
        return explained(error.__cause__, reference)
    if status is not None:
        return _answer(int(status), reference)
    return _local(error, reference)


def page(reference: Reference) -> str:
    """Where a repository shows its terms."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/{reference.repo}"


def offline(reference: Reference, why: str) -> WeightsError:
    """The error for weights that are not here while no network may be used."""
    return WeightsError(
        f"The weights {reference.text} are not on this machine, and {why}. With a network, run: "
        f"autoedit models pull {reference.text}"
    )


def no_space(reference: Reference, place: Any, needed: str = "", free: str = "") -> WeightsError:
    """The error for a disk that is full, or would be."""
    amounts = f": {needed} are needed and {free} are free" if needed else ""
    variable = "AUTOEDIT_CACHE" if reference.kind == "url" else "HF_HOME"
    return WeightsError(
        f"There is no room for the weights {reference.text} in {place}{amounts}. Make room "
        f"(autoedit models remove), or name another disk with {variable}."
    )


def _answer(status: int, reference: Reference) -> WeightsError:
    if status == 404:
        return WeightsError(
            f"There is no file {reference.text}. Check the name; 'autoedit models list' knows some."
        )
    if status in (401, 403):
        return WeightsError(
            f"The server refused {reference.text} ({status}). Check the token in HF_TOKEN, or run: "
            "hf auth login"
        )
    return WeightsError(
        f"The server answered {status} for {reference.text}. Wait a little, then run again: "
        f"autoedit models pull {reference.text}"
    )


def _local(error: BaseException, reference: Reference) -> WeightsError | None:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return no_space(reference, error.filename or "the cache")
    if kinds & _NETWORK or "Consistency check" in str(error):
        return WeightsError(
            f"The network failed while fetching {reference.text} ({type(error).__name__}). What "
            f"has arrived is kept; run again: autoedit models pull {reference.text}"
        )
    if isinstance(error, OSError):
        detail = " ".join(str(error).split())
        return WeightsError(f"The weights {reference.text} cannot be stored: {detail}.")
    return None
