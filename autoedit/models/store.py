"""Where weights lie: a reference in a pipeline becomes a path on the disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from autoedit.errors import BackendUnavailableError, SettingError, WeightsError
from autoedit.models import catalogue, completeness, lock
from autoedit.models.digests import cache_directory, verify_hash_prefix

__all__ = ["Reference", "is_here", "located", "parse", "revision_of", "verify_hash_prefix"]

_REPO = re.compile(r"[A-Za-z0-9_]([\w.-]*\w)?/\w([\w.-]*\w)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a pipeline says of its weights.

    Attributes:
        text: as it was written.
        kind: "path" (begins with ".", "/" or "~", or a drive), "url" (https://.../file), or "hub"
            ("owner/name", "owner/name@revision", "owner/name:file", both together as
            "owner/name@revision:file").
        repo: owner/name on the hub.
        revision: branch, tag or commit on the hub; None for what the lock file says, else "main".
        file: one file of the repository; None for the whole snapshot. Of a URL, its file name.
    """

    text: str
    kind: Literal["path", "url", "hub"]
    repo: str = ""
    revision: str | None = None
    file: str | None = None


def parse(text: str) -> Reference:
    """Read a reference.

    Raises:
        SettingError: when it is none of the three kinds.
    """
    if text.startswith(("https://", "http://")):
        name = Path(unquote(urlsplit(text).path)).name
        if not name:
            raise SettingError(f"{text!r} names no file; give the address of one file of weights.")
        return Reference(text, "url", file=name)
    if text.startswith((".", "/", "~")) or (len(text) > 2 and text[1] == ":"):
        return Reference(text, "path")
    repo, _, file = text.partition(":")
    repo, _, revision = repo.partition("@")
    if not _REPO.fullmatch(repo) or "--" in repo or ".." in f"{repo}{revision}{file}":
        raise SettingError(
            f"{text!r} names no weights: give owner/name as on the hub, a path that begins with "
            "'./', '/' or '~', or an https address of one file."
        )
    return Reference(text, "hub", repo, revision or None, file or None)


def located(text: str) -> Path:
    """The directory or file of weights that are on this machine; never downloads.

    Raises:
        SettingError: when the reference cannot be read.
        WeightsError: when they are not here, not whole, or damaged, with the command that helps.
        BackendUnavailableError: for weights of the hub, where huggingface_hub is not installed.
    """
    reference = parse(text)
    if reference.kind == "path":
        return _own(reference)
    path = _fetched(reference) if reference.kind == "url" else _cached(reference)
    if path is None:
        size = catalogue.size_in_words(text)
        raise WeightsError(
            f"The weights {text}{f' ({size})' if size else ''} are not on this machine. "
            f"Run: autoedit models pull {text}"
        )
    if path.is_dir() and (gap := completeness.missing_part(path)):
        raise WeightsError(
            f"The weights {text} are incomplete: {path} lacks {gap}. "
            f"Run again: autoedit models pull {text}"
        )
    return path


def is_here(text: str) -> bool:
    """Whether weights are on this machine and whole.

    Raises:
        SettingError: when the reference cannot be read.
    """
    try:
        located(text)
    except BackendUnavailableError:
        return False
    return True


def revision_of(reference: Reference) -> str:
    """The revision on the hub: as written, else the lock file's commit, else "main"."""
    return reference.revision or lock.commit_of(reference.text) or "main"


def url_path(reference: Reference) -> Path:
    """Where the file of an address lies, or would lie."""
    return cache_directory() / "weights" / str(reference.file)


def source_note(path: Path) -> Path:
    """The file beside a fetched one that says from which address it came."""
    return path.with_name(path.name + ".source")


def check_source(reference: Reference) -> None:
    """Refuse the file of an address when what lies in its place came from another address.

    Raises:
        WeightsError: when it did.
    """
    path, note = url_path(reference), source_note(url_path(reference))
    if not (path.is_file() and note.is_file()):
        return
    source = note.read_text(encoding="utf-8").strip()
    if source != reference.text:
        raise WeightsError(
            f"{path} came from {source}, not from {reference.text}. "
            f"Remove it first: autoedit models remove {source}"
        )


def _own(reference: Reference) -> Path:
    path = Path(reference.text).expanduser()
    if not path.exists():
        raise WeightsError(f"There are no weights at {path}. Check the path in the pipeline.")
    verify_hash_prefix(path)
    return path


def _fetched(reference: Reference) -> Path | None:
    path = url_path(reference)
    if not path.is_file():
        return None
    check_source(reference)
    verify_hash_prefix(path)
    lock.verify(reference.text, path)
    return path


def _cached(reference: Reference) -> Path | None:
    try:
        from huggingface_hub import snapshot_download, try_to_load_from_cache
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise BackendUnavailableError(
            f"The weights {reference.text} need huggingface_hub, which is not installed. "
            "Run: pip install 'autoedit[neural]'"
        ) from error
    revision = revision_of(reference)
    if reference.file:
        found = try_to_load_from_cache(reference.repo, reference.file, revision=revision)
        return Path(found) if isinstance(found, str) else None
    try:
        # No pattern: the library would miss the files that a pull leaves out on purpose.
        return Path(
            snapshot_download(
                reference.repo, revision=revision, local_files_only=True, allow_patterns=[]
            )
        )
    except LocalEntryNotFoundError:
        return None
