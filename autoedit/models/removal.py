"""Giving the room of weights back."""

from __future__ import annotations

from pathlib import Path

from autoedit.errors import InputError, WeightsError
from autoedit.models import store
from autoedit.models.store import Reference


def remove(text: str) -> int:
    """Delete the weights of a reference from the cache, whole or not.

    Weights of the hub lie in the cache that other programs share; they go for those as well.

    Args:
        text: a reference as in a pipeline.

    Returns:
        The bytes that became free.

    Raises:
        InputError: for a path, which AutoEdit did not fetch.
        WeightsError: when nothing of it is here, or it cannot be deleted.
    """
    reference = store.parse(text)
    if reference.kind == "path":
        raise InputError(f"{text} is a file of your own; delete it yourself.")
    try:
        freed = _from_hub(reference) if reference.kind == "hub" else _from_url(reference)
    except OSError as error:
        raise WeightsError(f"The weights {text} cannot be removed: {error}.") from error
    if freed is None:
        raise WeightsError(f"There is nothing of {text} on this machine.")
    return freed


def _from_url(reference: Reference) -> int | None:
    path = store.url_path(reference)
    store.check_source(reference)
    found = [file for file in (path, path.with_name(path.name + ".part")) if file.is_file()]
    freed = sum(file.stat().st_size for file in found)
    for file in (*found, store.source_note(path)):
        file.unlink(missing_ok=True)
    return freed if found else None


def _from_hub(reference: Reference) -> int | None:
    """The snapshot that the reference stands for, and the blobs that no other one uses."""
    from huggingface_hub import constants, scan_cache_dir

    if not Path(constants.HF_HUB_CACHE).is_dir():
        return None
    cache = scan_cache_dir()
    revision = store.revision_of(reference)
    for repo in cache.repos:
        if repo.repo_id != reference.repo or repo.repo_type != "model":
            continue
        for snapshot in repo.revisions:
            if revision == snapshot.commit_hash or revision in snapshot.refs:
                deletion = cache.delete_revisions(snapshot.commit_hash)
                deletion.execute()
                return deletion.expected_freed_size
    return None
