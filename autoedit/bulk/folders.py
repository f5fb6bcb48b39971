"""Where a run keeps its ledger, and the lock that one run at a time holds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from autoedit.bulk import storage
from autoedit.errors import OutputError

NAME = ".autoedit"


def ledger_folder(out: str, given: str | None = None) -> Path:
    """Where an output's ledger is: as given, else inside it, or for a URL in the state folder."""
    if given is not None:
        return Path(given).absolute()
    if not storage.is_url(out):
        return Path(out).absolute() / NAME
    import platformdirs

    url = out.rstrip("/")
    tail = "".join(sign if sign.isalnum() else "-" for sign in url.rpartition("/")[2])[:40]
    name = f"{tail}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    return platformdirs.user_state_path("autoedit") / "batch" / name


class Folder:
    """A run's own files, locked against a second run until it is closed or its process ends.

    Attributes:
        ledger: the database.
        temporary: results that are not at their place yet; emptied when a run begins.
        logs: what the workers' libraries print.

    Raises:
        OutputError: when it cannot be made, or another run holds it.
    """

    def __init__(self, path: Path, out: str) -> None:
        self.path = path
        self.ledger = path / "ledger.sqlite"
        self.temporary = path / "unfinished"
        self.logs = path / "logs"
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise OutputError(f"{path} cannot be made or written ({error.strerror}).") from error
        try:
            _lock(self._lock)
        except OSError as error:
            holder = os.read(self._lock, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            raise OutputError(
                f"Another run (process {holder}) is writing to {out}. Wait for it, stop it, or "
                "choose another output folder."
            ) from error
        try:
            os.ftruncate(self._lock, 0)
            os.write(self._lock, str(os.getpid()).encode())
            for folder in (self.temporary, self.logs):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            os.close(self._lock)
            raise OutputError(f"{path} cannot be written ({error.strerror}).") from error

    def close(self) -> None:
        """Let another run begin."""
        for folder in (self.temporary, self.logs):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def is_locked(path: Path) -> bool:
    """Whether a run holds a ledger's folder."""
    try:
        handle = os.open(path / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _lock(handle: int) -> None:
    """Take the lock or raise OSError; the system releases it when the process ends, however."""
    try:
        import fcntl
    except ImportError:
        import msvcrt  # pragma: no cover  (Windows)

        getattr(msvcrt, "locking")(handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
