"""Measure the neural chain on fresh scenes of ShapeWorld, whose every answer is known.

    python scripts/bench_shapeworld.py
    python scripts/bench_shapeworld.py --scenes 12 --no-record

Writes the table to docs/benchmarks.md; exits with 1 when a figure misses its bound. The scenes'
seeds begin at 1,000,000, where no training seed lies. What is in a hole afterwards is told by
`shapeworld.checks`, without any network.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from bench_tables import write_section
from PIL import Image
from shapeworld import checks
from shapeworld.domain import COLOURS, SHAPES, Scene, Thing, scene

from autoedit.core.mask import Mask
from autoedit.core.result import EditResult
from autoedit.editor import Editor
from autoedit.errors import AutoEditError

FIRST_SEED = 1_000_000
BOUNDS = {"found": 0.97, "iou": 0.93, "removed": 0.97, "replaced": 0.90, "outside": 1.0}
WORDS = {
    "found": "phrase to object",
    "iou": "mask IoU, mean",
    "removed": "removal: colour gone, at least 26 dB in the hole",
    "replaced": "replacement: asked colour and shape there",
    "outside": "outside the matte bit-identical",
}
_DECIBELS = 26.0


@dataclass(frozen=True)
class Row:
    """One scene's answers, each 0 or 1 but for the IoU and what follows it."""

    found: float
    iou: float
    removed: float
    replaced: float
    outside: float
    decibels: float
    passed: float
    seconds: float


def phrase_for(drawn: Scene, thing: Thing) -> str:
    """Words that name this thing and no other: by what it is, and at times by where it is too."""
    others = [other for other in drawn.things if other is not thing]
    words = [thing.colour, thing.shape]
    if not any(other.colour == thing.colour for other in others) and thing.centre[0] > 48:
        words = [thing.colour, "shape"]
    same = [other for other in others if other.shape == thing.shape]
    if same and all(thing.centre[0] < other.centre[0] - 15 for other in same):
        return f"the {thing.shape} on the left" if len(same) == 1 else f"the {thing.name}"
    if same and all(thing.radius > 1.5 * other.radius for other in same):
        return f"the big {thing.shape}"
    return f"the {' '.join(words)}"


def answer(editor: Editor, drawn: Scene, seed: int, keep: Path | None = None) -> Row:
    """Find, outline, remove and replace one thing of a scene; pictures of it go to `keep`."""
    rng = np.random.default_rng(seed)
    thing = drawn.things[int(rng.integers(len(drawn.things)))]
    phrase = phrase_for(drawn, thing)
    colour, shape = other_look(rng, thing)
    true = thing.coverage() > 0.5
    start = time.perf_counter()
    mask = segment(editor, drawn, phrase)
    removed = edit(editor, drawn, f"remove {phrase}")
    replaced = edit(editor, drawn, f"replace {phrase} with a {colour} {shape}")
    seconds = time.perf_counter() - start
    results = [result for result in (removed, replaced) if result is not None]
    if keep is not None:
        grey = np.full_like(drawn.pixels, 128)
        parts = [grey if result is None else result.photo.pixels for result in (removed, replaced)]
        keep.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.concatenate([drawn.pixels, *parts], axis=1)).save(keep / f"{seed}.png")
    decibels = psnr(removed, drawn.without(thing)) if removed else 0.0
    gone = removed is not None and not checks.colour_left(
        removed.photo.pixels, removed.matte.array > 0, thing.colour
    )
    there = replaced is not None and checks.seen(
        replaced.photo.pixels, replaced.matte.array > 0
    ) == (colour, shape)
    return Row(
        found=float(iou(mask, true) > 0.5),
        iou=iou(mask, true),
        removed=float(gone and decibels >= _DECIBELS),
        replaced=float(there),
        outside=float(all(untouched(drawn, result) for result in results)),
        decibels=decibels,
        passed=float(len(results) == 2 and all(result.verdict.passed for result in results)),
        seconds=seconds,
    )


def other_look(rng: np.random.Generator, thing: Thing) -> tuple[str, str]:
    """A colour and a shape, both other than the thing's."""
    colours = [name for name in COLOURS if name != thing.colour]
    shapes = [name for name in SHAPES if name != thing.shape]
    return str(rng.choice(colours)), str(rng.choice(shapes))


def segment(editor: Editor, drawn: Scene, phrase: str) -> Mask:
    """The outline; empty when nothing was found."""
    try:
        return editor.segment(drawn.pixels, phrase)
    except AutoEditError:
        return Mask(np.zeros(drawn.pixels.shape[:2], np.float32))


def edit(editor: Editor, drawn: Scene, instruction: str) -> EditResult | None:
    """The result; None when the chain refused."""
    try:
        return editor.edit(drawn.pixels, instruction)
    except AutoEditError:
        return None


def iou(mask: Mask, true: np.ndarray) -> float:
    """Intersection over union with a bool (H, W)."""
    return float((mask.binary & true).sum() / max(1, (mask.binary | true).sum()))


def psnr(result: EditResult, truth: np.ndarray) -> float:
    """Decibels within the hole, against the scene drawn without the thing."""
    hole = result.matte.array > 0
    error = result.photo.pixels[hole].astype(np.float64) - truth[hole]
    return float(10 * np.log10(255.0**2 / max(1e-9, np.mean(error**2))))


def untouched(drawn: Scene, result: EditResult) -> bool:
    """Whether every pixel outside the matte is as it was."""
    outside = result.matte.array == 0
    return bool((result.photo.pixels[outside] == drawn.pixels[outside]).all())


def measure(count: int, pipeline: str, keep: Path | None = None, workers: int = 1) -> list[Row]:
    """The rows of so many fresh scenes, in order."""
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    work = partial(measure_some, pipeline=pipeline, keep=keep)
    if workers == 1:
        return work(list(seeds))
    for library in ("OMP", "MKL", "NUMBA"):  # else the processes' threads wait for each other
        os.environ[f"{library}_NUM_THREADS"] = "1"
    parts = [list(seeds[start::workers]) for start in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        found = dict(
            pair
            for part, rows in zip(parts, pool.map(work, parts), strict=True)
            for pair in zip(part, rows, strict=True)
        )
    return [found[seed] for seed in seeds]


def measure_some(seeds: list[int], pipeline: str, keep: Path | None) -> list[Row]:
    """The rows of scenes of these seeds."""
    editor = Editor(pipeline)
    return [answer(editor, scene(seed), seed, keep) for seed in seeds]


def lines(rows: list[Row]) -> Iterator[str]:
    """The table in Markdown."""
    yield "| measured | value | bound |"
    yield "| --- | --- | --- |"
    for name, bound in BOUNDS.items():
        yield f"| {WORDS[name]} | {mean(rows, name):.3f} | {bound} |"
    yield f"| PSNR in the hole after removal, mean | {mean(rows, 'decibels'):.1f} dB | |"
    yield f"| both edits pass the program's own verdict | {mean(rows, 'passed'):.3f} | |"
    yield f"| seconds for an outline, a removal and a replacement | {mean(rows, 'seconds'):.2f} | |"


def mean(rows: list[Row], name: str) -> float:
    """A column's mean."""
    return float(np.mean([getattr(row, name) for row in rows]))


def main() -> int:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--pipeline", default="shapeworld")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--no-record", action="store_true", help="leave docs/benchmarks.md alone")
    parser.add_argument("--keep", type=Path, help="write before and after pictures to this folder")
    parser.add_argument("--failures", action="store_true", help="print the rows that fell short")
    options = parser.parse_args()
    rows = measure(options.scenes, options.pipeline, options.keep, options.workers)
    if options.failures:
        for seed, row in enumerate(rows, FIRST_SEED):
            if min(row.found, row.removed, row.replaced, row.outside) < 1 or row.iou < 0.85:
                print(seed, *(f"{f.name}={getattr(row, f.name):.2f}" for f in fields(row)))
    table = "\n".join(lines(rows))
    print(table)
    if not options.no_record:
        command = f"python scripts/bench_shapeworld.py --scenes {options.scenes}"
        write_section(
            "The neural chain on ShapeWorld",
            f"`{command}`: {options.scenes} fresh scenes (seeds from {FIRST_SEED:,}), one thing of "
            f"each found, outlined, removed, and replaced by another.\n\n{table}",
        )
    return int(any(mean(rows, name) < bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    sys.exit(main())
