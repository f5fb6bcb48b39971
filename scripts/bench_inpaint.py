"""Measure how well and how fast holes are filled, side by side with what else one could take.

    python scripts/bench_inpaint.py
    python scripts/bench_inpaint.py --sets rendered --images desk --skip-timing --sheet desk.png

All methods fill the same holes in this one run. Peers, photos and folders that are not there are
left out with a note. A whole run (no option that narrows it) writes its tables to
docs/benchmarks.md. Exits with 1 and names every bound that is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bench_tables import write_section
from inpaint_bench import peers, report, timing
from inpaint_bench.metrics import scores
from inpaint_bench.peers import Method, PeerError
from inpaint_bench.photos import SETS, Case, Folders, Options
from inpaint_bench.report import Result
from inpaint_bench.sheet import Sheet
from PIL import Image

TITLE = "Filling holes"
TIMES = "Filling holes: time and memory"


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


def chosen_methods(keys: Sequence[str] | None, seed: int) -> tuple[list[Method], list[str]]:
    """The methods that can be run here, warmed up, and a note on each that cannot."""
    found: list[Method] = []
    notes: list[str] = []
    for key, method in peers.methods(seed).items():
        if keys is not None and key not in keys:
            continue
        note = method.missing()
        if not note:
            try:
                peers.warm_up(method)
            except PeerError as error:
                note = f"{method.name}: left out. {error}"
        if note:
            notes.append(note)
        else:
            found.append(method)
    return found, notes


def measure_case(
    photos: str, case: Case, methods: Sequence[Method], sheet: Sheet, save: Path | None
) -> list[Result]:
    """Fill one hole by every method, score each, and put them on the sheet."""
    results: list[Result] = []
    fills: dict[str, np.ndarray] = {}
    for method in methods:
        try:
            fill = method.fill(case.photo, case.hole)
        except PeerError as error:
            say(f"{photos}, {case.name}: {error}")
            continue
        score = scores(fill.pixels, case.truth, case.hole)
        results.append(Result(photos, case.name, method.key, score, fill.seconds, case.floor))
        fills[method.name] = fill.pixels
        if save:
            folder = save / photos
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(fill.pixels).save(folder / f"{case.name}.{method.key}.png")
    sheet.add(case, fills)
    figures = ", ".join(f"{r.method} {r.scores.haarpsi:.3f}" for r in results)
    say(f"{photos}, {case.name}: HaarPSI {figures}")
    return results


def measure(
    options: argparse.Namespace, methods: Sequence[Method], folders: Folders
) -> tuple[list[Result], list[str]]:
    """Fill the holes of the chosen sets, write a contact sheet for each."""
    results: list[Result] = []
    notes: list[str] = []
    which = Options(options.images, options.full_size, options.seed)
    sheets = options.sheet or Path(tempfile.mkdtemp(prefix="fills-")) / "sheet.png"
    for key in options.sets or SETS:
        note = SETS[key].missing(folders)
        if note:
            notes.append(note)
            continue
        sheet = Sheet(["with hole", *(method.name for method in methods), "truth"])
        for case in SETS[key].cases(folders, which):
            results += measure_case(key, case, methods, sheet, options.save)
        if sheet.rows:
            path = sheets.with_name(f"{sheets.stem}-{key}.png")
            sheet.save(path)
            say(f"contact sheet: {path}")
    return results, notes


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--sets", nargs="+", choices=list(SETS), help="default: all")
    made.add_argument("--methods", nargs="+", choices=list(peers.methods()), help="default: all")
    made.add_argument("--images", default="", metavar="PART", help="photos with this in their name")
    made.add_argument("--full-size", action="store_true", help="do not scale large real photos")
    made.add_argument("--seed", type=int, default=0, help="of our fills and of placed holes")
    made.add_argument("--rounds", type=int, default=3, help="of the timings, in turns")
    part = made.add_mutually_exclusive_group()
    part.add_argument("--skip-timing", action="store_true", help="leave out time and memory")
    part.add_argument("--only-timing", action="store_true", help="leave out the photos")
    made.add_argument("--sheet", type=Path, metavar="FILE", help="contact sheets, FILE-SET.png")
    made.add_argument("--save", type=Path, metavar="FOLDER", help="keep every fill as a PNG")
    made.add_argument("--write", action="store_true", help="write the tables of a part of it, too")
    return made


def main(arguments: Sequence[str] | None = None, folders: Folders | None = None) -> int:
    """Measure, print, write; 1 when a bound is missed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    folders = folders or Folders()
    peers.set_threads()
    methods, notes = chosen_methods(options.methods, options.seed)
    results: list[Result] = []
    if not options.only_timing:
        results, more = measure(options, methods, folders)
        notes += more
    figures: list[timing.Figure] = []
    if not options.skip_timing:
        figures = timing.figures(methods, folders, options.rounds, say)
    if not results and not figures:
        say("Nothing was measured: " + (" ".join(notes) or "no photo has that in its name."))
        return 1
    found = report.tables(results, {method.key: method.name for method in methods})
    command = " ".join(["python scripts/bench_inpaint.py", *arguments])
    whole = not (
        options.sets or options.methods or options.images or options.full_size or options.seed
    )
    for title, tables, measured in ((TITLE, found, []), (TIMES, [], figures)):
        if tables or measured:
            text = report.section(command, tables, measured, notes)
            print(text)
            if whole or options.write:
                write_section(title, text)
    missed = report.missed(found, figures)
    for line in missed:
        say(f"missed: {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
