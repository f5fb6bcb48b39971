"""Measure how well subjects are cut out: alpha, their colours, halo, time and memory.

    python scripts/render_subjects.py --out build/subjects
    python scripts/bench_matting.py --sheet matting.png
    python scripts/bench_matting.py --limit 4 --skip-cost

Rendered subjects with exact alpha before photographic and rendered backgrounds, from two masks: the
best hard one, and one whose outline wobbles. Beside ours: that mask as it is, and PyMatting in a
band of fixed width as rembg calls it. Exit code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from bench_tables import write_section
from masks_bench.measures import markdown
from matting_bench import cost
from matting_bench.cases import Case, Folders, cases, exact, wobbly
from matting_bench.measures import NAMES, measures, over
from matting_bench.methods import METHODS
from PIL import Image

TITLE = "Matting"
MASKS = {"exact": exact, "wobbly": wobbly}
_HALO, _TIME, _PEAK, _STAGE = 0.5, 1.0, 2.5, 1.5  # bounds: ratios to rembg's, gigabytes
_TILE, _SHEET_COLOUR = 240, (255, 255, 255)

Row = tuple[str, str, str, tuple[float, ...]]
"""Mask, kind of subject, method, measures."""


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


def measure(chosen: Sequence[Case], tiles: list[np.ndarray] | None = None) -> list[Row]:
    """Cut out each subject from both masks by all methods."""
    rows: list[Row] = []
    for case in chosen:
        for mask, maker in MASKS.items():
            inside = maker(case.alpha)
            shown = [case.pixels, over(case.colours, case.alpha, _SHEET_COLOUR)]
            for method, matte in METHODS.items():
                alpha, colours = matte(case.pixels, inside)
                rows.append((mask, case.kind, method, measures(case, alpha, colours)))
                shown.append(over(np.asarray(colours, np.float32), alpha, _SHEET_COLOUR))
                say(f"{case.name}, {mask}, {method}: " + figures(rows[-1][3]))
            if tiles is not None and mask == "wobbly":
                tiles.append(np.hstack([_tile(picture, case) for picture in shown]))
    return rows


def figures(values: Sequence[float]) -> str:
    """Measures with their names."""
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(NAMES, values, strict=True))


def _tile(picture: np.ndarray, case: Case) -> np.ndarray:
    """The upper edge of the subject at full size: where hair is longest."""
    rows, columns = np.nonzero(case.alpha > 0.5)
    top = int(np.clip(rows.min() - 30, 0, case.alpha.shape[0] - _TILE))
    middle = int(columns.mean()) - _TILE // 2
    left = int(np.clip(middle, 0, case.alpha.shape[1] - _TILE))
    part = picture[top : top + _TILE, left : left + _TILE]
    return np.clip(part, 0, 255).astype(np.uint8)


def means(rows: Sequence[Row], mask: str, kind: str, method: str) -> np.ndarray:
    """The mean of each measure over the subjects of a kind, or of all kinds."""
    fitting = [r[3] for r in rows if r[0] == mask and r[2] == method and kind in (r[1], "all")]
    return np.mean(fitting, axis=0)


def table(rows: Sequence[Row]) -> str:
    """Markdown: a row for each mask, kind and method."""
    kinds = [*sorted({row[1] for row in rows}), "all"]
    lines = [
        [mask, kind, method, *(float(value) for value in means(rows, mask, kind, method))]
        for mask in MASKS
        for kind in kinds
        for method in METHODS
    ]
    return markdown(["mask", "subjects", "method", *NAMES], lines)


def missed(rows: Sequence[Row]) -> list[str]:
    """The bounds that do not hold: better than both by each mean, half of rembg's halo."""
    wrong: list[str] = []
    for mask in MASKS:
        own, plain, other = (means(rows, mask, "all", method) for method in METHODS)
        for at, name in enumerate(NAMES):
            # Outside its outline a hard mask cannot have a halo; its fault shows in the others.
            bound = other[at] * _HALO if name == "halo" else min(plain[at], other[at])
            if own[at] > bound:
                wrong.append(f"{name} from {mask} masks: {own[at]:.3f} above {bound:.3f}")
    return wrong


def measure_cost(case: Case, rounds: int) -> tuple[str, list[str]]:
    """Time and memory at 12 megapixels: a table, and the bounds that do not hold."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cost.prepare(folder, case)
        taken: dict[str, list[float]] = {"ours": [], "rembg": []}
        for _ in range(rounds):
            for method, times in taken.items():
                times.append(cost.seconds(method, folder))
                say(f"12 megapixels, {case.name}, {method}: {times[-1]:.1f} s")
        peaks = {method: cost.gigabytes(method, folder) for method in ("ours", "rembg", "idle")}
    ratio = float(np.median(taken["ours"]) / np.median(taken["rembg"]))
    stage = peaks["ours"] - peaks["idle"]
    lines: list[list[object]] = [
        ["time over rembg's chain", ratio, _TIME],
        ["peak of the process, GB", peaks["ours"], _PEAK],
        ["of that the matte, GB", stage, _STAGE],
        ["peak of rembg's chain, GB", peaks["rembg"], None],
    ]
    wrong = [
        f"{case.name}: {name} {value:.2f} above {bound}"
        for name, value, bound in lines
        if isinstance(value, float) and isinstance(bound, float) and value > bound
    ]
    return markdown([f"12 megapixels, {case.name}", "", "bound"], lines), wrong


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--subjects", type=Path, metavar="FOLDER", help="rendered subjects")
    made.add_argument("--limit", type=int, metavar="N", help="the first subjects alone")
    made.add_argument("--skip-cost", action="store_true", help="no 12 megapixels")
    made.add_argument("--rounds", type=int, default=1, help="how often each chain is timed")
    made.add_argument("--sheet", type=Path, metavar="FILE", help="photo, truth and each method")
    made.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    return made


def main(arguments: Sequence[str] | None = None, folders: Folders | None = None) -> int:
    """Measure, print, write; 1 when a bound is missed or nothing could be measured."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    folders = folders or Folders()
    if options.subjects:
        folders = Folders(options.subjects, folders.photos, folders.renders)
    cv2.setNumThreads(1)
    began = time.monotonic()
    chosen = list(cases(folders, options.limit))
    if not chosen:
        say(f"No subjects in {folders.subjects}; render them with scripts/render_subjects.py.")
        return 1
    tiles: list[np.ndarray] | None = [] if options.sheet else None
    rows = measure(chosen, tiles)
    parts, wrong = [table(rows)], missed(rows)
    if not options.skip_cost:
        for kind in ("hard", "furry"):
            for case in [case for case in chosen if case.kind == kind][:1]:
                body, above = measure_cost(case, options.rounds)
                parts.append(body)
                wrong += above
    parts += [f"Missed: {line}" for line in wrong]
    note = f"{len(chosen)} subjects. Measures are explained in `scripts/matting_bench/measures.py`."
    command = " ".join(["python scripts/bench_matting.py", *arguments])
    text = "\n\n".join([f"`{command}`", note, *parts])
    print(f"## {TITLE}\n\n{text}\n", flush=True)
    say(f"{time.monotonic() - began:.0f} s")
    if tiles:
        Image.fromarray(np.vstack(tiles)).save(options.sheet)
    if options.write:
        write_section(TITLE, text)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
