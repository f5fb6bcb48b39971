"""Checksums of weight files, remembered so that gigabytes are read once and not at each start."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autoedit.errors import WeightsError

_BLOCK = 1 << 20
_MEMORY = "digests.json"
_OFFICIAL_NAME = re.compile(r"sam_vit_[a-z]+_([0-9a-f]{6,64})\.pth")


@dataclass(frozen=True, slots=True)
class Digests:
    """The checksums of one file, as lower-case hexadecimal digits."""

    sha256: str
    md5: str


def cache_directory() -> Path:
    """Where AutoEdit keeps what it fetched or measured.

    $AUTOEDIT_CACHE, else the platform's directory for caches (~/.cache/autoedit on Linux).
    """
    named = os.environ.get("AUTOEDIT_CACHE")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("autoedit")


def digests_of(path: Path) -> Digests:
    """The checksums of a file, read again only when its size or time of change differs.

    Raises:
        WeightsError: when the file cannot be read.
    """
    try:
        real = path.resolve(strict=True)
        status = real.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        known = _remembered().get(str(real))
        if isinstance(known, dict) and known.get("stamp") == stamp:
            return Digests(known["sha256"], known["md5"])
        digests = _hashed(real)
    except OSError as error:
        raise WeightsError(
            f"The weights {path} cannot be read: {error.strerror or error}."
        ) from error
    _remember(str(real), {"stamp": stamp, **asdict(digests)})
    return digests


def verify_hash_prefix(path: Path) -> None:
    """Check a file against the checksum in its name, where it has one.

    Segment Anything's official files are named sam_vit_b_01ec64.pth and the like; the last part is
    the first digits of the file's MD5. A SHA-256, as in the files of torch.hub, is taken too. Files
    of other names pass.

    Raises:
        WeightsError: when the content is not what the name says, or cannot be read.
    """
    match = _OFFICIAL_NAME.fullmatch(path.name)
    if match is None:
        return
    digests = digests_of(path)
    if not any(digest.startswith(match[1]) for digest in (digests.md5, digests.sha256)):
        raise WeightsError(
            f"The weights {path} are damaged: their checksum begins with {digests.md5[:6]} and not "
            f"with {match[1]}, as the name says. Delete the file and fetch it again: "
            "autoedit models pull"
        )


def _hashed(path: Path) -> Digests:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            sha256.update(block)
            md5.update(block)
    return Digests(sha256.hexdigest(), md5.hexdigest())


def _remembered() -> dict[str, Any]:
    try:
        known = json.loads((cache_directory() / _MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(path: str, entry: dict[str, Any]) -> None:
    """Add an entry; where the cache cannot be written, the file is only hashed again next time."""
    known = _remembered() | {path: entry}
    target = cache_directory() / _MEMORY
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=_MEMORY)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        Path(name).replace(target)
    except OSError:
        pass
