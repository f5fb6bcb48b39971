"""Where results go, checked before any work so that nobody waits for nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autoedit.errors import InputError, OutputError

if TYPE_CHECKING:
    from autoedit.core.mask import Mask
    from autoedit.core.result import EditResult

_SAMPLE = "sample:"
_MASK_SUFFIXES = {".png", ".tif", ".tiff", ".bmp"}
_HEIF_SUFFIXES = {".heic", ".heif", ".hif"}

Kind = Literal["photo", "mask", "matte", "report"]


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a command will write."""

    path: Path
    kind: Kind = "photo"


def edited_path(
    photo: str,
    output: Path | None,
    *,
    in_place: bool = False,
    transparent: bool = False,
    ending: str = "edited",
) -> Path:
    """Where an edited photo goes: `output`, the photo itself, or NAME-edited beside it.

    Args:
        photo: as given on the command line, a path or a sample.
        output: as given, or None.
        in_place: whether the photo itself is to be overwritten.
        transparent: whether the result has transparency that the photo's format may not hold.
        ending: what follows NAME.

    Raises:
        InputError: when --in-place is given with --output or with a sample.
    """
    if in_place:
        if output is not None:
            raise InputError("--in-place and --output say two things; give one of them.")
        if photo.startswith(_SAMPLE):
            raise InputError("A sample cannot be edited in place; give --output.")
        return Path(photo)
    if output is not None:
        return output
    if photo.startswith(_SAMPLE):
        return Path(f"{photo.removeprefix(_SAMPLE)}-{ending}.png")
    from autoedit.core.files.writing import result_suffix

    path = Path(photo)
    suffix = result_suffix(path.suffix, transparent=transparent)
    return path.with_name(f"{path.stem}-{ending}{suffix}")


def check_clear(path: Path) -> None:
    """Refuse a format that cannot hold transparency, for a result that is nothing without it.

    Raises:
        InputError: when the suffix names such a format.
    """
    from autoedit.core.files.writing import CLEAR

    if path.suffix.lower() not in CLEAR:
        raise InputError(
            f"{path}: what is cut out needs a format with transparency. "
            f"Use one of: {' '.join(sorted(CLEAR))}"
        )


def numbered(path: Path, count: int) -> list[Path]:
    """OUT, OUT-2, OUT-3, ... with the suffix of OUT."""
    more = [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, count + 1)]
    return [path, *more]


def check(
    outputs: Sequence[Output], *, inputs: Sequence[str | Path | None], overwrite: bool = True
) -> None:
    """Refuse what could not be written, or would overwrite an input or another output.

    Raises:
        InputError: for an unknown suffix, or two files that are one.
        OutputError: for a directory that is missing or cannot be written to.

    """
    known = [Path(source) for source in inputs if source is not None]
    for number, output in enumerate(outputs):
        _check_suffix(output)
        _check_place(output.path, overwrite=overwrite)
        for source in known:
            if _same(output.path, source):
                raise InputError(
                    f"{output.path} is an input and would be overwritten. Write to another "
                    "file, or use 'autoedit edit --in-place'."
                )
        for other in outputs[:number]:
            if _same(output.path, other.path):
                raise InputError(f"Two outputs go to one file, {output.path}. Name two files.")


def _check_suffix(output: Output) -> None:
    suffix = output.path.suffix.lower()
    if output.kind == "report":
        return
    known = _photo_suffixes() if output.kind == "photo" else _MASK_SUFFIXES
    if suffix not in known:
        raise InputError(
            f"{output.path}: its suffix names no format that a {output.kind} can be written in. "
            f"Use one of: {' '.join(sorted(known))}"
        )
    if suffix in _HEIF_SUFFIXES and find_spec("pillow_heif") is None:
        raise OutputError(
            f"{output.path}: writing HEIC needs pillow-heif. Run: pip install 'autoedit[heic]'"
        )


def _photo_suffixes() -> set[str]:
    from autoedit.core.files.writing import FORMATS

    return set(FORMATS)


def format_of(path: Path) -> str:
    """Pillow's name of the format that a path's suffix, which was checked, stands for."""
    from autoedit.core.files.writing import FORMATS

    return FORMATS[path.suffix.lower()]


def _check_place(path: Path, *, overwrite: bool) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder} to write {path.name} to. Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {folder} cannot be written to. Write to another one.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Name a file in it.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already, and --no-overwrite was given.")


def _same(a: Path, b: Path) -> bool:
    """Whether two paths are one file, by whatever name or link."""
    try:
        return a.samefile(b)
    except OSError:
        return a.resolve() == b.resolve()


def write_photos(result: EditResult, paths: Sequence[Path], *, overwrite: bool) -> list[Path]:
    """Write the edited photo, and further candidates to the other paths."""
    from autoedit.core.files import save_photo

    photos = result.candidates or (result.photo,)
    return [
        save_photo(photo, path, overwrite=overwrite)
        for photo, path in zip(photos, paths, strict=True)
    ]


def write_mask(mask: Mask, path: Path) -> Path:
    """Write a mask as an 8-bit greyscale picture, white inside.

    Raises:
        OutputError: when it cannot be written.
    """
    import numpy as np

    from autoedit.core.files import save_photo
    from autoedit.core.photo import Photo

    grey = np.asarray(mask.to_image())
    return save_photo(Photo(np.dstack([grey, grey, grey]), grey=True), path)


def write_report(account: dict[str, Any], path: Path) -> None:
    """Write a JSON document, whole or not at all.

    Raises:
        OutputError: when it cannot be written.
    """
    import json

    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(account, indent=2, ensure_ascii=False) + "\n", "utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written ({error.strerror}).") from error
