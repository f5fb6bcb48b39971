"""Photos out: atomically, with everything that came in."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from autoedit.core.files.encoding import encode
from autoedit.core.photo import Photo
from autoedit.errors import AutoEditError, OutputError, SettingError

FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG",
    ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".dib": "BMP", ".gif": "GIF",
    ".avif": "AVIF", ".heic": "HEIF", ".heif": "HEIF", ".hif": "HEIF",
}  # fmt: skip
"""Suffix to Pillow's name of the format."""
CLEAR = {".png", ".tif", ".tiff", ".webp", ".avif"}
"""Suffixes of the formats that hold transparency."""


def result_suffix(suffix: str, *, transparent: bool = False) -> str:
    """The suffix that the result has of a photo with this one: the same where it can be written.

    Args:
        suffix: the photo's, with its dot, in any case; "" for none.
        transparent: whether the result has transparency.
    """
    kept = CLEAR if transparent else FORMATS.keys() - {".gif"}  # of 256 colours
    return suffix if suffix.lower() in kept else ".png"


def save_photo(
    photo: Photo,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = True,
    quality: int | None = None,
) -> Path:
    """Write a photo; the suffix decides the format.

    The file appears whole or not at all. PNG, TIFF and BMP lose nothing; a JPEG that came from a
    JPEG keeps its quantisation tables and chroma subsampling. What the format cannot hold (alpha
    in a JPEG, 16 bits outside PNG and TIFF) is logged as a warning.

    Args:
        photo: what to write.
        path: where to. A link is followed; a replaced file's permissions stay.
        overwrite: whether a file that is there may be replaced.
        quality: 1 to 100 for lossy formats; None for that of the input, else 95 for JPEG and 90
            for WebP, AVIF and HEIC.

    Returns:
        The path as given.

    Raises:
        OutputError: when it cannot be written; nothing is left behind then.
        SettingError: for a quality out of range.
    """
    if quality is not None and not 1 <= quality <= 100:
        raise SettingError(f"A quality is from 1 to 100; got {quality}.")
    given = Path(path)
    kind = FORMATS.get(given.suffix.lower())
    if kind is None:
        raise OutputError(
            f"{given} must end in the suffix of a format that can be written: {', '.join(FORMATS)}."
        )
    with _clear_errors(given):
        target = Path(os.path.realpath(given))
        mode = _check_target(target, given, overwrite)
        content = encode(photo, kind, quality)
        _write(content, target, mode, overwrite)
    return given


def _check_target(target: Path, given: Path, overwrite: bool) -> int | None:
    """Refuse what cannot be written before any work; the permissions of the file that is there."""
    if not target.parent.is_dir():
        raise OutputError(f"There is no folder {given.parent} for {given.name}; create it first.")
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"{given} is a folder; name a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(f"{given} is a pipe or device; name a file.")
    if not overwrite:
        raise FileExistsError
    return stat.S_IMODE(status.st_mode)


def _write(content: bytes, target: Path, mode: int | None, overwrite: bool) -> None:
    temporary = target.with_name(f".autoedit-{secrets.token_hex(8)}")
    # Not tempfile: its files are for the owner alone, and here the umask decides.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0),
                     0o666)  # fmt: skip
    claimed = False
    try:
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                temporary.chmod(mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not overwrite:
            # Claiming the name fails when another process was faster; replacing would not.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            claimed = True
        temporary.replace(target)
    except BaseException:
        for leftover in (temporary, *[target] * claimed):
            with suppress(OSError):
                leftover.unlink()
        raise


@contextmanager
def _clear_errors(path: Path) -> Generator[None]:
    """Turn what the system or an encoder says into one line."""
    try:
        yield
    except FileExistsError as error:
        raise OutputError(f"{path} is already there; choose another name.") from error
    except PermissionError as error:
        raise OutputError(
            f"{path} may not be written; change the folder's permissions or choose another."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OutputError(f"{path} does not fit: the disk is full; free some space.") from error
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path} cannot be written ({reason}); choose another name or place."
        ) from error
    except MemoryError as error:
        raise OutputError(f"There is not enough memory to write {path}; close programs.") from error
    except AutoEditError:
        raise
    except Exception as error:  # encoders raise nearly every kind
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise OutputError(f"{path} cannot be written ({reason}); choose another format.") from error
