"""What bulk editing costs beside the editing: workers, ledger, Ray, memory, planning, counting.

    python scripts/bench_bulk.py

The photos are crops of the examples, each another one, edited by the embedded pipeline with one
thread a worker. The bare loop is `Editor.edit` and `save` in one process, which has its models
loaded as the workers have; rates are taken from when the first photo of each worker is done, so
that what starting costs, once, is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bench_tables import write_section
from PIL import Image

from autoedit.bulk import Batch, Settings
from autoedit.bulk.editing import resident_bytes
from autoedit.bulk.ledger import Ledger
from autoedit.bulk.local import thread_caps

ROOT = Path(__file__).parents[1]
INSTRUCTION = "blur the main subject"
LOOP = """
import json, sys, time
from pathlib import Path
from autoedit.editor import Editor
editor, times = Editor("embedded"), []
plan = editor.plan(sys.argv[1])
for path in sorted(Path(sys.argv[2]).glob("*.png")):
    editor.edit(path, plan).save(Path(sys.argv[3], path.name))
    times.append(time.perf_counter())
print(json.dumps(times))
"""


@dataclass
class Course:
    """When each photo was done, in seconds, and what memory was held then, in bytes."""

    times: list[float] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)

    def seconds_a_photo(self, skipped: int) -> float:
        """The mean after the first photos, which wait for the models."""
        return (self.times[-1] - self.times[skipped - 1]) / (len(self.times) - skipped)

    def growth(self) -> tuple[float, float]:
        """Of the parent's and the workers' memory, from a quarter of the photos to the last.

        Both ends are means of twenty photos, after which the scenes repeat: a photo's memory
        depends on what it shows.
        """
        start, span = len(self.times) // 4, min(20, max(1, len(self.times) // 4))
        grown: list[float] = []
        for series in (self.parent, self.workers):
            before = np.mean(series[start : start + span])
            grown.append(float(np.mean(series[-span:]) / before - 1))
        return grown[0], grown[1]


def write_photos(folder: Path, count: int, side: int) -> None:
    """Crops of the examples, each another one."""
    scenes = [path for path in sorted((ROOT / "examples").glob("*.jpg"))
              if path.name.count(".") == 1]  # fmt: skip
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        with Image.open(scenes[number % len(scenes)]) as scene:
            small = scene.resize((side * 5 // 4, side * 5 // 4 * scene.height // scene.width))
            x = int(rng.integers(0, small.width - side + 1))
            small.crop((x, 0, x + side, small.height)).save(folder / f"{number:04}.png")


def course_of(photos: Path, out: Path, engine: str, workers: int) -> Course:
    """Run all photos; when each was done."""
    course = Course()
    settings = Settings(str(out), INSTRUCTION, engine=engine, workers=workers, threads=1)  # pyright: ignore[reportArgumentType]
    with Batch(photos, settings) as batch:
        batch.prepare()
        for result in batch.results():
            if result is None:
                continue
            if result.state not in ("done", "refused"):
                raise RuntimeError(f"{result.photo}: {result.error}")
            course.times.append(time.perf_counter())
            course.workers.append(result.memory)
            course.parent.append(resident_bytes())
    return course


def bare_loop(photos: Path, out: Path) -> Course:
    """`Editor.edit` and `save`, one photo after the other, in a process of its own."""
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LOOP, INSTRUCTION, str(photos), str(out)],
        env={**os.environ, **thread_caps(1)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Course(json.loads(done.stdout))


def planning(folder: Path, count: int) -> tuple[float, float]:
    """Seconds and the parent's peak in megabytes for a dry run over a manifest of small files."""
    small = next((folder / "photos").iterdir()).read_bytes()[:1000]
    files = folder / "small"
    with (folder / "list.jsonl").open("w") as manifest:
        for number in range(count):
            place = files / f"{number // 1000:03}" / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(small)
            manifest.write(json.dumps({"photo": str(place)}) + "\n")
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "autoedit", "batch", INSTRUCTION, str(folder / "list.jsonl"), "-o",
         str(folder / "never"), "--dry-run"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    shutil.rmtree(files)
    # Of all children so far this is the largest; the trial's worker counts, too.
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def counting(folder: Path, rows: int) -> float:
    """Seconds of `autoedit batch status` on a ledger of many rows."""
    home = folder / "large" / ".autoedit"
    home.mkdir(parents=True)
    ledger = Ledger(home / "ledger.sqlite")
    ledger.add_pipeline("embedded", "hash", "{}")
    ledger.add_plan(INSTRUCTION, 1, "hash", "{}", "", "")
    ledger.close()
    base = sqlite3.connect(home / "ledger.sqlite")
    base.execute("PRAGMA synchronous = OFF")
    base.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO "
        "photos (key, photo, output, output_key, plan, pipeline, seed, stamp, run, state, kind, "
        "verdict) SELECT randomblob(16), '/photos/' || i || '.jpg', i || '.jpg', randomblob(16), "
        "1, 1, 0, '1:1', 1, 2 + (i % 50 = 0), iif(i % 50 = 0, 'Crash', ''), iif(i % 50, 1, NULL) "
        "FROM n",
        (rows,),
    )
    base.commit()
    base.close()
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "autoedit", "batch", "status", str(folder / "large")],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - start


def rows_of(folder: Path, options: argparse.Namespace) -> list[tuple[str, float, str, bool]]:
    """What was measured: its name, value, bound, and whether the bound is kept."""
    measured: list[tuple[str, float, str, bool]] = []

    def row(name: str, value: float, bound: float, *, at_least: bool = False) -> None:
        kept = value >= bound if at_least else value <= bound
        measured.append((name, value, f"{'at least' if at_least else 'at most'} {bound:g}", kept))

    seconds, megabytes = planning(folder, options.planned)
    row(f"planning {options.planned} photos, seconds", seconds, 60)
    row("the same, memory of the largest process, MB", megabytes, 500)
    row(f"status of {options.rows} rows, seconds", counting(folder, options.rows), 2)

    photos = folder / "photos"
    # The bare loop and one worker in turns, so that a change of the machine's pace meets both.
    costs: list[float] = []
    one = Course()
    for turn in range(options.turns):
        bare = bare_loop(photos, folder / f"bare-{turn}").seconds_a_photo(2)
        one = course_of(photos, folder / f"one-{turn}", "local", 1)
        costs.append(one.seconds_a_photo(2) / bare)
    row("one worker over a bare loop of Editor.edit", float(np.median(costs)), 1.03)
    two = course_of(photos, folder / "two", "local", 2)
    row("two workers over one", one.seconds_a_photo(2) / two.seconds_a_photo(4), 1.8, at_least=True)
    parent, workers = one.growth()
    row("growth of the parent's memory after a quarter", parent, 0.05)
    row("growth of a worker's memory after a quarter", workers, 0.05)
    if options.ray:
        ray = course_of(photos, folder / "ray", "ray", 2)
        row("Ray over the local engine, two workers each",
            ray.seconds_a_photo(4) / two.seconds_a_photo(4), 1.1)  # fmt: skip
    return measured


def main() -> int:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--side", type=int, default=480, help="width of a photo in pixels")
    parser.add_argument("--turns", type=int, default=2, help="of the bare loop and one worker")
    parser.add_argument("--planned", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--no-ray", dest="ray", action="store_false")
    parser.add_argument("--no-record", action="store_true", help="leave docs/benchmarks.md alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photos(folder / "photos", options.photos, options.side)
        measured = rows_of(folder, options)
    lines = [f"| {name} | {value:.4g} | {bound} |" for name, value, bound, _ in measured]
    table = "\n".join(["| measured | value | bound |", "| --- | --- | --- |", *lines, ""])
    print(table)
    if not options.no_record:
        write_section(
            "Bulk editing",
            f"`{' '.join(['python scripts/bench_bulk.py', *sys.argv[1:]])}`: {INSTRUCTION!r} on "
            f"{options.photos} photos of {options.side} pixels, embedded pipeline, one thread a "
            f"worker.\n\n{table}",
        )
    return int(not all(kept for *_, kept in measured))


if __name__ == "__main__":
    sys.exit(main())
