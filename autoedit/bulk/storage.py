"""Files here and at fsspec's URLs (s3://, gs://, memory://, ...), read, listed and written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoedit.core.files.writing import FORMATS
from autoedit.errors import BackendUnavailableError, InputError, OutputError, PhotoError

_OF_THIS_PROCESS = ("memory://",)
_OBJECT_STORES = ("s3:", "s3a:", "gs:", "gcs:", "az:", "abfs:", "abfss:", "adl:", "oci:", "oss:")
_MAGIC = frozenset("*?[")


class StorageError(OutputError):
    """The place that results go to cannot be written, whichever the photo."""


def is_url(text: str) -> bool:
    """Whether it is one of fsspec's URLs rather than a path."""
    return "://" in text


def is_of_this_process(text: str) -> bool:
    """Whether only this process sees what is stored there."""
    return text.startswith(_OF_THIS_PROCESS)


def is_photo_name(name: str) -> bool:
    """Whether a file's suffix is that of a photo."""
    return os.path.splitext(name)[1].lower() in FORMATS  # noqa: PTH122  (a URL is no path)


def joined(folder: str, name: str) -> str:
    """A name with "/" inside a folder or URL."""
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder, name))


def read(place: str) -> bytes:
    """The bytes of a file.

    Raises:
        PhotoError: when it cannot be read.
    """
    try:
        if not is_url(place):
            return Path(place).read_bytes()
        system, path = _system(place)
        return system.cat_file(path)
    except FileNotFoundError as error:
        raise PhotoError(f"There is no file {place}; check the path.") from error
    except BackendUnavailableError:
        raise
    except Exception as error:  # every storage has errors of its own
        raise PhotoError(f"{place} cannot be read ({_reason(error)}).") from error


def write(url: str, content: bytes) -> None:
    """Put a whole object at a URL; object stores show it whole or not at all.

    Raises:
        StorageError: when it cannot be written.
    """
    try:
        system, path = _system(url)
        if not url.startswith(_OBJECT_STORES):  # there it would make a bucket of a misspelt name
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
        system.pipe_file(path, content)
    except BackendUnavailableError:
        raise
    except Exception as error:
        raise StorageError(f"{url} cannot be written ({_reason(error)}).") from error


def stamp(place: str) -> str:
    """What changes when a file does: its size and time, or the storage's tag; "" if unreadable.

    It stands in for the content's hash when a run is resumed, as in git's index, so that a hundred
    thousand photos need not be read to see that they are what they were.
    """
    try:
        if not is_url(place):
            status = os.stat(place)  # noqa: PTH116  (called a hundred thousand times)
            return f"{status.st_size}:{status.st_mtime_ns}"
        system, path = _system(place)
        return _stamp_of(system.info(path))
    except OSError:
        return ""


def _stamp_of(info: dict[str, Any]) -> str:
    tags = ("ETag", "etag", "md5Hash", "LastModified", "updated", "mtime", "created")
    tag = next((str(info[name]) for name in tags if info.get(name)), "")
    return f"{info.get('size')}:{tag}"


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def exists(place: str) -> bool:
    """Whether anything has that name."""
    if not is_url(place):
        return os.path.lexists(place)
    system, path = _system(place)
    return system.exists(path)


def names_below(folder: str) -> set[str]:
    """The names of all files below a URL, relative to it; empty when there are none."""
    system, path = _system(folder)
    try:
        return {found.removeprefix(path).lstrip("/") for found in system.find(path)}
    except FileNotFoundError:
        return set()


def listed(url: str) -> Iterator[tuple[str, str, str]]:
    """Files at a URL: one file, all below a folder, or all that a glob fits.

    Yields:
        (URL, name relative to the folder or to the glob's fixed part, stamp), sorted.

    Raises:
        InputError: when nothing is there.
    """
    system, path = _system(url)
    protocol = url.partition("://")[0]
    try:
        if _MAGIC & set(path):
            found = {place: system.info(place) for place in system.glob(path)}
            base = fixed_part(path)
        else:
            found = system.find(path, detail=True)
            base = path.rpartition("/")[0] if list(found) == [path] else path
    except Exception as error:
        raise InputError(f"{url} cannot be listed ({_reason(error)}).") from error
    files = {place: info for place, info in found.items() if info.get("type") == "file"}
    if not files:
        raise InputError(f"Nothing is at {url}; check the address.")
    for place in sorted(files):
        name = place.removeprefix(base).lstrip("/")
        yield f"{protocol}://{place.lstrip('/')}", name, _stamp_of(files[place])


def is_glob(text: str) -> bool:
    """Whether a text holds a glob's signs."""
    return bool(_MAGIC & set(text))


def fixed_part(pattern: str) -> str:
    """The folder before a glob's first sign ("a/b" of "a/b/**/*.jpg"); "" when there is none."""
    kept: list[str] = []
    for part in pattern.split("/")[:-1]:
        if _MAGIC & set(part):
            break
        kept.append(part)
    return "/".join(kept)


@contextmanager
def as_local(place: str) -> Iterator[str]:
    """A local file with what is at a path or URL."""
    if not is_url(place):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="autoedit-") as folder:
        path = Path(folder, place.rpartition("/")[2] or "file")
        path.write_bytes(read(place))
        yield str(path)


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        import fsspec
    except ImportError as error:
        raise BackendUnavailableError(
            f"{url} needs fsspec, which is not installed. Run: pip install 'autoedit[bulk]'"
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise BackendUnavailableError(f"{url} needs another library: {error}.") from error
    except ValueError as error:
        raise InputError(f"{url} is no address that fsspec knows ({error}).") from error
    # Listings are kept by default, and would hide what was written meanwhile.
    system.invalidate_cache()
    return system, path.rstrip("/")


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return text or type(error).__name__
