"""Results to their places: each whole under another name first, then renamed, then made durable."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from autoedit.bulk import storage
from autoedit.errors import OutputError


class Delivery:
    """Moves results into a local output folder.

    Args:
        temporary: where unfinished results lie, on the disk of the output folder.
    """

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._made: set[Path] = set()

    def place_for(self, id: int, output: str) -> str:
        """Where a worker writes a result until it is delivered."""
        return str(self._temporary / f"{id}{os.path.splitext(output)[1]}")  # noqa: PTH122

    def deliver(self, results: Iterable[tuple[str, str, bytes | None]]) -> None:
        """Put results to their places; they are durable afterwards.

        Args:
            results: (temporary file, output, content) each; with a content, it is written first.

        Raises:
            OutputError: when one cannot be.
        """
        folders: dict[Path, None] = {}
        for temporary, output, content in results:
            if storage.is_url(output):
                if content is not None:
                    storage.write(output, content)
                continue
            try:
                folders |= dict.fromkeys(self._deliver(temporary, Path(output), content))
            except OSError as error:
                reason = error.strerror or str(error)
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    reason = "the disk is full; free some space and run the same command again"
                raise OutputError(f"{output} cannot be written: {reason}.") from error
        for folder in folders:
            _sync_folder(folder)

    def _deliver(self, temporary: str, output: Path, content: bytes | None) -> list[Path]:
        """Deliver one result; the folders that changed."""
        changed = self._make(output.parent)
        if content is not None:
            _write(Path(temporary), content)
        try:
            os.replace(temporary, output)  # noqa: PTH105
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # A folder of the output is on another disk: the same again on that one.
            near = output.with_name(f".{output.name}.autoedit")
            _write(near, Path(temporary).read_bytes())
            near.replace(output)
            Path(temporary).unlink()
        return [*changed, output.parent]

    def _make(self, folder: Path) -> list[Path]:
        if folder in self._made:
            return []
        changed: list[Path] = []
        missing = folder
        while not missing.is_dir():
            missing = missing.parent
            changed.append(missing)
        folder.mkdir(parents=True, exist_ok=True)
        self._made.add(folder)
        return changed


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a folder's names durable, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return  # some network file systems cannot
    finally:
        os.close(handle)


def discard(temporary: str) -> None:
    """Remove what an abandoned job left, if it left anything."""
    if temporary:
        Path(temporary).unlink(missing_ok=True)
