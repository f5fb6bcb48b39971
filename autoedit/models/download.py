"""Fetching weights: only when somebody asks, resumed where it stopped, checked when it is done."""

from __future__ import annotations

import glob
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoedit.core.progress import Progress, silent
from autoedit.errors import BackendUnavailableError, CancelledError, SettingError, WeightsError
from autoedit.models import catalogue, digests, failures, store
from autoedit.models.selection import files_wanted
from autoedit.models.store import Reference

STAGE = "download"
"""What a progress callback is told."""


def ensure(text: str, progress: Progress = silent) -> Path:
    """The weights of a reference, fetched when they are not here.

    Raises:
        SettingError, WeightsError, BackendUnavailableError, CancelledError: as `pull` does.
    """
    return store.located(text) if store.is_here(text) else pull(text, progress)


def pull(text: str, progress: Progress = silent, *, offline: bool = False) -> Path:
    """Fetch the weights of a reference, or what is still missing of them.

    From the hub through huggingface_hub into its own cache (HF_HOME, HF_HUB_CACHE, HF_TOKEN,
    HF_ENDPOINT and HF_HUB_OFFLINE count); a file at an address into AutoEdit's ($AUTOEDIT_CACHE).

    Args:
        text: a reference as in a pipeline; a path is only checked.
        progress: told "download" and the fraction done; returning False cancels.
        offline: use no network: give what is here, or fail.

    Returns:
        The directory or file, as `store.located` gives it.

    Raises:
        SettingError: when the reference cannot be read.
        WeightsError: when it cannot be fetched; says why, and which command helps.
        BackendUnavailableError: when huggingface_hub is not installed.
        CancelledError: when `progress` asked for it.
    """
    reference = store.parse(text)
    if reference.kind == "path":
        return store.located(text)
    try:
        from huggingface_hub import constants
    except ImportError as error:
        raise BackendUnavailableError(
            "Fetching weights needs huggingface_hub, which is not installed. "
            "Run: pip install 'autoedit[neural]'"
        ) from error
    if offline or constants.HF_HUB_OFFLINE:
        if store.is_here(text):
            return store.located(text)
        raise failures.offline(
            reference, "--offline was given" if offline else "HF_HUB_OFFLINE is set"
        )
    with _explaining(reference), _hushed():
        if reference.kind == "url":
            _from_url(reference, progress)
        else:
            _from_hub(reference, progress)
    progress(STAGE, 1.0)
    return store.located(text)


@contextmanager
def _explaining(reference: Reference) -> Iterator[None]:
    try:
        yield
    except (WeightsError, SettingError, CancelledError):
        raise
    except Exception as error:
        known = failures.explained(error, reference)
        if known is None:
            raise
        raise known from error


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the library's warnings of each retry to itself, unless AutoEdit's own log is on."""
    log = logging.getLogger("huggingface_hub")
    level = log.level
    if not logging.getLogger("autoedit").isEnabledFor(logging.INFO):
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _from_hub(reference: Reference, progress: Progress) -> None:
    from huggingface_hub import HfApi, constants, snapshot_download, try_to_load_from_cache

    revision = store.revision_of(reference)
    info = HfApi().model_info(reference.repo, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    entry = catalogue.find(reference.text)
    if reference.file and reference.file not in sizes:
        raise WeightsError(
            f"{reference.repo} has no file {reference.file!r}; see "
            f"{failures.page(reference)}/tree/{revision}"
        )
    names = [reference.file] if reference.file else files_wanted(sizes, entry and entry.variant)
    absent = [
        name
        for name in names
        if not isinstance(try_to_load_from_cache(reference.repo, name, revision=info.sha), str)
    ]
    needed = sum(sizes[name] for name in absent)
    if not needed and absent and entry and entry.size:
        needed = entry.size  # a hub that does not tell sizes
    _check_space(reference, Path(constants.HF_HUB_CACHE), needed)
    # The revision and not its commit: the cache then knows what the name stood for, offline too.
    snapshot_download(
        reference.repo,
        revision=revision,
        allow_patterns=[glob.escape(name) for name in names],
        tqdm_class=_bar(progress, sum(sizes[name] for name in names)),
    )


def _from_url(reference: Reference, progress: Progress) -> None:
    path = store.url_path(reference)
    store.check_source(reference)
    if store.is_here(reference.text):
        return
    note = store.source_note(path)
    entry = catalogue.find(reference.text)
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not note.is_file() or note.read_text(encoding="utf-8").strip() != reference.text:
        partial.unlink(missing_ok=True)
        note.write_text(reference.text + "\n", encoding="utf-8")
    size = entry.size if entry and entry.size else 0
    here = partial.stat().st_size if partial.is_file() else 0
    _check_space(reference, path.parent, max(0, size - here))
    _stream(reference, partial, _bar(progress, size))
    partial.replace(path)
    _check_content(reference, path, entry.sha256 if entry else None)


def _check_content(reference: Reference, path: Path, sha256: str | None) -> None:
    """Throw a fetched file away when it is not what was published."""
    try:
        digests.verify_hash_prefix(path)
        if sha256 and (found := digests.digests_of(path).sha256) != sha256:
            raise WeightsError(f"The SHA-256 of {path} is {found}, not {sha256}.")
    except WeightsError as error:
        path.unlink()
        raise WeightsError(
            f"The weights {reference.text} arrived damaged: their checksum is not the published "
            f"one. Run again: autoedit models pull {reference.text}"
        ) from error


def _stream(reference: Reference, partial: Path, bar: type[Any]) -> None:
    """Write the file of an address to `partial`, going on where an earlier attempt stopped."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get

    for attempt in range(2):
        with partial.open("ab") as file:
            try:
                http_get(reference.text, file, resume_size=file.tell(), tqdm_class=bar)
                return
            except HfHubHTTPError as error:
                # 416: there is nothing after what is here, so that may be another file's beginning.
                if error.response.status_code != 416 or attempt:
                    raise
                file.truncate(0)


def _check_space(reference: Reference, directory: Path, needed: int) -> None:
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise failures.no_space(
            reference, directory, catalogue.in_words(needed), catalogue.in_words(free)
        )


def _bar(progress: Progress, size: int) -> type[Any]:
    """A bar for huggingface_hub that draws nothing and tells `progress` instead.

    Args:
        progress: told the fraction of the bytes that has arrived.
        size: of all that is fetched, in bytes; 0 when only the server knows.
    """
    from tqdm.auto import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            self.counts_bytes = options.get("unit") == "B"
            self.arrived = options.get("initial") or 0
            super().__init__(*args, **(options | {"disable": True}))

        def update(self, n: float | None = 1) -> bool | None:
            self.arrived += n or 0
            total = size or self.total
            if self.counts_bytes and total:
                fraction = min(1.0, max(0.0, self.arrived / total))
                if progress(STAGE, fraction) is False:
                    raise CancelledError("Cancelled while weights were fetched.")
            return None

    return Bar
