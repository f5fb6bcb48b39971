"""A page that shows every photo of a ledger before and after, and the ledger as CSV."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import resources
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from PIL import Image, ImageOps

from autoedit.bulk import storage
from autoedit.bulk.folders import ledger_folder
from autoedit.bulk.jobs import STATES
from autoedit.bulk.ledger import Counts, Ledger
from autoedit.bulk.local import cores
from autoedit.core.files import load_photo
from autoedit.errors import AutoEditError, OutputError

_SIDE = 360
_SHOWN = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".avif"}
_BATCH = 512
_COLUMNS = (
    "photo", "output", "state", "verdict", "kind", "error", "findings", "notes", "seconds",
    "attempts", "instruction", "pipeline", "seed", "content", "output_hash", "plan_hash",
    "pipeline_hash", "wanted", "finished",
)  # fmt: skip

Progress = Callable[[int, int], None]


def write_report(
    out: str,
    page: Path | None = None,
    *,
    ledger: str | None = None,
    pictures: bool = True,
    progress: Progress | None = None,
) -> tuple[Path, Path]:
    """Write the page, its small pictures, and the table; works while a run writes.

    The page is one file that opens from disk. It names the photos and results where they are, and
    the small pictures in a folder beside it, which the browser loads when they come into view.

    Args:
        out: the output folder or URL of a run.
        page: where the page goes, an .html file; None is report.html in the output folder, or for
            a URL in the current one.
        ledger: folder of the ledger, when it is not where it usually is.
        pictures: whether small pictures are made.
        progress: called with how many photos have theirs, and how many there are.

    Returns:
        The page, and the table as CSV beside it.

    Raises:
        InputError: when there is no ledger.
        OutputError: when something cannot be written.
    """
    folder = ledger_folder(out, ledger)
    base = Ledger(folder / "ledger.sqlite", read_only=True)
    if page is None:
        page = Path("." if storage.is_url(out) else out, "report.html")
    table = page.with_suffix(".csv")
    try:
        counts = base.counts()
        builder = _Builder(base.fact("out") or out, page)
        _write_whole(table, lambda file: _write_table(file, base.rows()))
        rows = iter(base.rows())
        done = 0
        with ThreadPoolExecutor(cores() if pictures else 1) as pool:
            while batch := list(islice(rows, _BATCH)):
                small = pool.map(builder.pictures_of, batch) if pictures else [("", "")] * _BATCH
                for row, (before, after) in zip(batch, small, strict=False):
                    builder.add(row, before, after)
                done += len(batch)
                if progress is not None:
                    progress(done, counts.total)
        _write_whole(page, lambda file: file.write(builder.html(counts)))
    except OSError as error:
        raise OutputError(f"{page} cannot be written ({error.strerror}).") from error
    finally:
        base.close()
    return page, table


def _write_table(file: Any, rows: Iterator[sqlite3.Row]) -> None:
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in rows:
        values = dict(row)
        values["pipeline"] = values["pipeline_name"]
        values["state"] = STATES[row["state"]]
        values["verdict"] = {1: "passed", 0: "failed"}.get(row["verdict"], "")
        writer.writerow([values[name] for name in _COLUMNS])


def _write_whole(path: Path, write: Callable[[Any], object]) -> None:
    """Write a text file whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=".autoedit-", delete=False
    ) as file:
        try:
            write(file)
            file.close()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


@dataclass(slots=True)
class _Numbers:
    """Texts that repeat, each kept once and named by its number."""

    texts: dict[str, int] = field(default_factory=dict)

    def of(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


class _Builder:
    """Gathers the page's data.

    Args:
        out: the output folder or URL.
        page: where the page will be.
    """

    def __init__(self, out: str, page: Path) -> None:
        self._out = out
        self._title = f"AutoEdit: {PurePosixPath(out).name or out}"
        self._home = page.absolute().parent
        self._small = self._home / f"{page.stem}-files"
        self._rows: list[list[Any]] = []
        self._folders, self._kinds, self._instructions = _Numbers(), _Numbers(), _Numbers()

    def pictures_of(self, row: sqlite3.Row) -> tuple[str, str]:
        """Make a row's small pictures, if they are not there yet; how the page names them."""
        before = after = ""
        if row["content"]:  # else it could not be decoded
            before = self._picture(row["photo"], row["content"])
        if row["output_hash"] and STATES[row["state"]] == "done":
            after = self._picture(storage.joined(self._out, row["output"]), row["output_hash"])
        return before, after

    def _picture(self, place: str, hash: str) -> str:
        path = self._small / hash[:2] / f"{hash[2:24]}.webp"
        if not path.is_file():
            try:
                image = _reduced(place)
            except (AutoEditError, OSError, ValueError):
                return ""  # moved or changed since
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.urandom(4).hex()}")
            image.save(temporary, "WEBP", quality=80)
            temporary.replace(path)
        return self._named(str(path))

    def add(self, row: sqlite3.Row, before: str, after: str) -> None:
        """Add a row; `before` and `after` are its small pictures, "" for none."""
        state = STATES[row["state"]]
        outcome = "pending" if state == "running" else state
        if state == "done":
            outcome = "flawed" if row["verdict"] == 0 else "passed"
        output = PurePosixPath(row["output"])
        folder = "" if str(output.parent) == "." else str(output.parent)
        name = f"{folder}/{_last(row['photo'])}" if folder else _last(row["photo"])
        done = state == "done"
        result = storage.joined(self._out, row["output"]) if done else ""
        self._rows.append([
            name, self._folders.of(folder), outcome, self._kinds.of(row["kind"]), row["error"],
            row["findings"], row["notes"], row["seconds"],
            self._instructions.of(row["instruction"]), before, after, self._shown(row["photo"]),
            self._shown(result),
        ])  # fmt: skip

    def _shown(self, place: str) -> str:
        """How the page names a file that a browser can show; "" for others."""
        suffix = os.path.splitext(place)[1].lower()  # noqa: PTH122  (it may be a URL)
        if not place or suffix not in _SHOWN or storage.is_url(place):
            return ""
        return self._named(place)

    def _named(self, path: str) -> str:
        try:
            near = os.path.relpath(path, self._home)
        except ValueError:  # on another drive
            return Path(path).as_uri()
        return quote(near.replace(os.sep, "/"))

    def html(self, counts: Counts) -> str:
        """The page."""
        states = counts.states
        parts = [f"{counts.total} photos", f"{states['done']} done"]
        parts += [f"{counts.flawed} of them with faults found"] if counts.flawed else []
        parts += [f"{states[name]} {name}" for name in ("failed", "refused") if states[name]]
        waiting = states["pending"] + states["running"]
        parts += [f"{waiting} to do"] if waiting else []
        data = {
            "title": self._title, "summary": ", ".join(parts), "rows": self._rows,
            "folders": list(self._folders.texts), "kinds": list(self._kinds.texts),
            "instructions": list(self._instructions.texts),
        }  # fmt: skip
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        template = resources.files("autoedit.bulk").joinpath("report.html")
        return template.read_text("utf-8").replace("@DATA@", text)


def _last(place: str) -> str:
    return place.replace(os.sep, "/").rpartition("/")[2]


def _reduced(place: str) -> Image.Image:
    """A picture of at most 360 pixels a side, upright."""
    with storage.as_local(place) as path:
        if Path(path).suffix.lower() in (".jpg", ".jpeg"):
            with Image.open(path) as opened:
                opened.draft("RGB", (_SIDE, _SIDE))  # decodes an eighth of it, where that is enough
                image = ImageOps.exif_transpose(opened)
        else:
            image = load_photo(path).to_image()
        image.thumbnail((_SIDE, _SIDE), reducing_gap=2.0)
        return image.convert("RGBA" if "A" in image.getbands() else "RGB")
