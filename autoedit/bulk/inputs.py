"""Which photos: files, folders, globs, manifests, standard input and URLs, one item each."""

from __future__ import annotations

import csv
import glob
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TextIO

from autoedit.bulk import storage
from autoedit.core.region import Box
from autoedit.errors import InputError

MANIFESTS = (".csv", ".jsonl")
_KEYS = ("photo", "instruction", "mask", "box", "pick", "seed", "pipeline")

Source = str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A photo, and what is said of it alone.

    Attributes:
        photo: an absolute path or a URL.
        name: relative to the input that it came from, with "/": the result goes to that folder.
        instruction, pipeline, seed: its own; None takes the run's.
        mask, box, pick: as for `Editor.edit`.
        stamp: of `storage.stamp`, where the listing said it already.
        place: where it was named, for messages.
    """

    photo: str
    name: str
    instruction: str | None = None
    mask: str | None = None
    box: Box | None = None
    pick: int | Literal["all"] | None = None
    seed: int | None = None
    pipeline: str | None = None
    stamp: str | None = None
    place: str = ""


@dataclass(slots=True)
class Inputs:
    """The photos that sources name.

    Args:
        sources: paths, folders, globs, manifests (.csv, .jsonl), URLs, "-" for standard input, and
            mappings with a manifest's keys.
        out: the output folder; what lies in it is no input.
        stdin: what "-" reads.

    Attributes:
        skipped: files in folders that have no photo's suffix, counted while iterating.
    """

    sources: Iterable[Source]
    out: str = ""
    stdin: TextIO | None = None
    skipped: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Item]:
        """One item a photo, in a stable order.

        Raises:
            InputError: when a source does not exist, or a manifest is not understood.
        """
        for number, source in enumerate(self.sources, 1):
            if isinstance(source, Mapping):
                yield _from_keys(source, Path.cwd(), f"Photo {number}")
            else:
                yield from self._from_text(os.fspath(source))

    def _from_text(self, text: str) -> Iterator[Item]:
        if text == "-":
            yield from self._from_stdin()
        elif storage.is_url(text):
            yield from self._from_url(text)
        elif os.path.isdir(text):  # noqa: PTH112
            yield from self._walk(os.path.abspath(text))  # noqa: PTH100  (links stay as named)
        elif Path(text).suffix.lower() in MANIFESTS:
            yield from _from_manifest(Path(text))
        elif storage.is_glob(text) and not os.path.lexists(text):
            yield from self._from_glob(text)
        elif os.path.lexists(text):
            yield Item(_absolute(text), Path(text).name, place=text)
        else:
            raise InputError(f"There is no file or folder {text}; check the path.")

    def _walk(self, root: str) -> Iterator[Item]:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(
                name for name in folders if name[0] != "." and self._is_outside(folder, name)
            )
            for name in sorted(files):
                if name[0] == ".":
                    continue
                path = f"{folder}/{name}"
                if storage.is_photo_name(name):
                    yield Item(path, path[len(root) :].lstrip("/").replace(os.sep, "/"))
                else:
                    self.skipped += 1

    def _is_outside(self, folder: str, name: str) -> bool:
        return not self.out or os.path.join(folder, name) != self.out  # noqa: PTH118

    def _from_glob(self, pattern: str) -> Iterator[Item]:
        base = storage.fixed_part(Path(pattern).as_posix())
        found = 0
        for path in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
            if os.path.isdir(path):  # noqa: PTH112
                continue
            found += 1
            if storage.is_photo_name(path):
                yield Item(_absolute(path), Path(path).as_posix().removeprefix(base).lstrip("/"))
            else:
                self.skipped += 1
        if not found:
            raise InputError(f"No file fits {pattern}; check the pattern.")

    def _from_url(self, url: str) -> Iterator[Item]:
        if PurePosixPath(url).suffix.lower() in MANIFESTS:
            with storage.as_local(url) as path:
                yield from _from_manifest(Path(path), url.rpartition("/")[0])
            return
        for place, name, stamp in storage.listed(url):
            inside = self.out and place.startswith(f"{self.out}/") and self.out != url.rstrip("/")
            if storage.is_photo_name(name) and not inside:
                yield Item(place, name, stamp=stamp)
            else:
                self.skipped += not inside

    def _from_stdin(self) -> Iterator[Item]:
        if self.stdin is None:
            raise InputError('"-" reads standard input, and there is none here.')
        here = Path.cwd()
        for number, line in enumerate(self.stdin, 1):
            text = line.strip()
            place = f"Standard input, line {number}"
            if text.startswith("{"):
                yield _from_json(text, here, place)
            elif text:
                yield _from_keys({"photo": text}, here, place)


def _from_manifest(path: Path, base: str | None = None) -> Iterator[Item]:
    """The lines of a manifest; `base` is where relative photos lie, when not beside it."""
    folder = path.absolute().parent if base is None else base
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".jsonl":
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _from_json(line, folder, f"{path.name}, line {number}")
                return
            reader = csv.DictReader(file)
            for row in reader:
                place = f"{path.name}, line {reader.line_num}"
                if None in row:
                    raise InputError(f"{place}: more columns than the first line names.")
                yield _from_keys({key: row[key] for key in row if row[key]}, folder, place)
    except OSError as error:
        raise InputError(f"The manifest {path} cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The manifest {path} is no UTF-8 text with columns: {error}.") from error


def _from_json(line: str, folder: Path | str, place: str) -> Item:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place} is not valid JSON: {error}.") from error
    if isinstance(values, str):
        values = {"photo": values}
    if not isinstance(values, dict):
        raise InputError(f'{place} must be an object such as {{"photo": "a.jpg"}}.')
    return _from_keys(values, folder, place)


def _from_keys(values: Mapping[str, Any], folder: Path | str, place: str) -> Item:
    """An item from a manifest's keys; relative paths are beside the manifest."""
    if unknown := [str(key) for key in values if key not in _KEYS]:
        raise InputError(f"{place}: unknown {unknown[0]!r}; known are {', '.join(_KEYS)}.")
    photo = os.fspath(values.get("photo") or "")
    if not photo:
        raise InputError(f"{place} names no photo; there must be a column or key 'photo'.")
    written = PurePosixPath(photo.replace(os.sep, "/"))
    inner = not (storage.is_url(photo) or written.is_absolute() or ".." in written.parts)
    item = Item(
        _anchored(photo, folder), str(written) if inner else written.name, place=place,
        box=_box(values.get("box"), place), pick=_pick(values.get("pick"), place),
        seed=_seed(values.get("seed"), place),
    )  # fmt: skip
    mask, pipeline = values.get("mask"), values.get("pipeline")
    if pipeline and str(pipeline).endswith((".yaml", ".yml")):
        pipeline = _anchored(str(pipeline), folder)
    return replace(
        item,
        instruction=values.get("instruction") or None,
        mask=_anchored(os.fspath(mask), folder) if mask else None,
        pipeline=str(pipeline) if pipeline else None,
    )


def _anchored(path: str, folder: Path | str) -> str:
    if storage.is_url(path):
        return path
    if isinstance(folder, str):
        return f"{folder}/{path}"
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100  (links stay as named)


def _box(value: Any, place: str) -> Box | None:
    if not value:
        return None
    try:
        parts = value.split(",") if isinstance(value, str) else list(value)
        x0, y0, x1, y1 = (float(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{place}: a box is x0,y0,x1,y1 in pixels, for example 40,60,220,310; got {value!r}."
        ) from error
    return x0, y0, x1, y1


def _pick(value: Any, place: str) -> int | Literal["all"] | None:
    if value in (None, ""):
        return None
    if str(value).strip().lower() == "all":
        return "all"
    if str(value).strip().isdecimal() and int(value) >= 1:
        return int(value)
    raise InputError(f"{place}: pick is a number from 1, or all; got {value!r}.")


def _seed(value: Any, place: str) -> int | None:
    if value in (None, ""):
        return None
    if str(value).strip().isdecimal():
        return int(value)
    raise InputError(f"{place}: a seed is a whole number from 0; got {value!r}.")
