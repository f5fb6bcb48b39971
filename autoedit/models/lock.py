"""The lock file: which commit and which bytes of each weight, so that an edit can be repeated.

A YAML file:

    version: 1
    weights:
      IDEA-Research/grounding-dino-tiny:
        commit: <the hub's commit, 40 hexadecimal digits>
        files:
          model.safetensors: <SHA-256>

It is named by $AUTOEDIT_LOCK, or is autoedit.lock.yaml in the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from autoedit.errors import OutputError, SettingError, WeightsError
from autoedit.models.completeness import WEIGHTS
from autoedit.models.digests import digests_of

NAME = "autoedit.lock.yaml"
_VARIABLE = "AUTOEDIT_LOCK"
_HEAD = "# Written by 'autoedit models lock': what was on the disk, byte by byte.\n"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


class LockedWeights(BaseModel):
    """What a reference stood for.

    Attributes:
        commit: of the hub's repository; None for a path or an address.
        files: path inside the checkpoint -> SHA-256, for each file of weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: Commit | None = None
    files: dict[str, Sha256]


class Lock(BaseModel):
    """A lock file: the text of a reference -> what it stood for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    weights: dict[str, LockedWeights]


def current() -> Lock | None:
    """The lock file in use; None when there is none.

    Raises:
        SettingError: when it is not valid, or $AUTOEDIT_LOCK names no file.
    """
    named = os.environ.get(_VARIABLE)
    path = Path(named).expanduser() if named else Path(NAME)
    if not named and not path.is_file():
        return None
    try:
        return Lock.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        origin = f" that ${_VARIABLE} names" if named else ""
        raise SettingError(f"The lock file {path}{origin} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        detail = " ".join(str(error).split())
        raise SettingError(f"The lock file {path} is not valid YAML: {detail}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingError(
            f"The lock file {path}: {place or 'content'}: {first['msg']}. "
            "Write it again: autoedit models lock"
        ) from error


def commit_of(reference: str) -> str | None:
    """The commit that the lock file gives a reference; None when it gives none."""
    entry = _entry(reference)
    return entry.commit if entry else None


def verify(reference: str, path: Path) -> None:
    """Check a single file of weights against the lock file, where that has an entry for it.

    Raises:
        WeightsError: when the file is another one.
    """
    entry = _entry(reference)
    expected = entry.files.get(path.name) if entry else None
    if expected and (found := digests_of(path).sha256) != expected:
        raise WeightsError(
            f"The weights {path} are not those of the lock file: their SHA-256 is {found}, not "
            f"{expected}. Fetch them again (autoedit models remove, then pull), or lock anew."
        )


def record(weights: Iterable[tuple[str, Path]]) -> Lock:
    """Measure weights that are on the disk.

    Args:
        weights: each reference with the file or directory where it lies.

    Raises:
        WeightsError: when a file cannot be read, or the hub's checksum for it is another.
    """
    entries: dict[str, LockedWeights] = {}
    for reference, path in weights:
        files = {path.name: path} if path.is_file() else _weight_files(path)
        digests = {name: _checked(file) for name, file in files.items()}
        entries[reference] = LockedWeights(commit=_commit(path), files=digests)
    return Lock(weights=entries)


def write(locked: Lock, path: Path) -> None:
    """Write a lock file, replacing an earlier one.

    Raises:
        OutputError: when it cannot be written.
    """
    content = locked.model_dump(mode="json", exclude_none=True)
    text = _HEAD + yaml.safe_dump(content, sort_keys=False, width=1000)
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"The lock file {path} cannot be written: {error.strerror}.") from error


def _entry(reference: str) -> LockedWeights | None:
    locked = current()
    return locked.weights.get(reference) if locked else None


def _weight_files(directory: Path) -> dict[str, Path]:
    found = (path for path in sorted(directory.rglob("*")) if path.suffix in WEIGHTS)
    return {path.relative_to(directory).as_posix(): path for path in found}


def _checked(path: Path) -> str:
    """The file's SHA-256; the hub's cache names large files by theirs, so damage shows."""
    found = digests_of(path).sha256
    named = path.resolve().name
    if path.is_symlink() and len(named) == len(found) and named != found:
        raise WeightsError(
            f"The weights {path} are damaged: their SHA-256 is {found}, but was {named} when they "
            "were published. Remove them and fetch them again: autoedit models remove, then pull"
        )
    return found


def _commit(path: Path) -> str | None:
    """The commit of a snapshot in the hub's cache, .../snapshots/COMMIT or a file below it."""
    parts = path.parts
    for place in range(len(parts) - 1, 0, -1):
        if parts[place - 1] == "snapshots" and len(parts[place]) == 40:
            return parts[place]
    return None
