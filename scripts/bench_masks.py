"""Measure how well things are found, outlined and taken along with their shadows.

    python scripts/render_crowds.py --seed 1000 --count 60 --out build/crowds
    python scripts/bench_masks.py
    python scripts/bench_masks.py --only prompts --limit 6 --sheet prompts.png

Sections, all by the embedded pipeline:

    phrases    random scenes, phrases from their scene graphs: the right thing, or doubt owned?
    named      what a person would say of the thing in a real photo: found, or doubt owned?
    shadows    shadow and mirror image against what changes between scene and clean plate
    prompts    boxes and points on photos that people outlined, beside plain GrabCut
    subjects   the main subject of the same photos without any prompt
    text       text in photos
    scale      what a box prompt costs at 12 megapixels over 1

Sections whose photos are not there are left out with a note.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from bench_tables import write_section
from masks_bench import effects, named, prompted, sets, spoken
from masks_bench.measures import markdown, mean
from masks_bench.sets import Folders
from masks_bench.sheet import Sheet


@dataclass(frozen=True)
class Options:
    """What a section is given."""

    folders: Folders
    limit: int | None
    removal: bool
    sheet: Sheet | None


@dataclass(frozen=True)
class Section:
    """A part of the bench: its heading, and what measures it; "" where photos are missing."""

    title: str
    measure: Callable[[Options], str]


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


def _phrases(options: Options) -> str:
    cases = list(sets.scenes(options.folders.scenes, options.limit))
    if not cases:
        return ""
    rows = spoken.measure(cases, options.sheet)
    for row in rows:
        if not row.right:
            meant, found = list(row.phrase.things), list(row.candidates)
            said = f"{row.phrase.text!r} ({row.phrase.sort}) {row.said}"
            say(f"{row.scene}: {said}, meant {meant}, found {found}")
    note = (
        f"{len(cases)} scenes. Right: taken as sure, the same things, IoU at least 0.5; for a "
        "toss-up, asked with all of them offered; for what is not there, refused. IoU is of the "
        "right ones. Noun: what only its noun tells apart, which this pipeline cannot check. Near "
        "colour: nothing has it, but something has a neighbour of it."
    )
    return f"{note}\n\n{spoken.table(rows)}"


def _named(options: Options) -> str:
    rows = named.measure(named.cases(options.folders, options.limit), options.sheet)
    for row in rows:
        say(f"{row.name}: {row.phrase!r} {row.said}, IoU {row.iou:.2f}")
    note = (
        "Right: taken as sure, IoU with the truth at least 0.5, of what grounding says, before the "
        "outline is made exact. Offered: a question, with what is meant among its candidates. No "
        "noun can be checked by this pipeline."
    )
    return f"{note}\n\n{named.table(rows)}" if rows else ""


def _shadows(options: Options) -> str:
    rows = effects.measure(
        sets.plates(options.folders, options.limit), options.sheet, removal=options.removal
    )
    for row in rows:
        figures = f"P {row.precision:.2f} R {row.recall:.2f}"
        say(f"{row.name}: {figures}, error {row.kept:.2f} -> {row.taken:.2f}")
    note = (
        "From the true silhouette. Truth: what differs between scene and clean plate by more than "
        "8 of 255 outside the silhouette and 2 pixels round it, after a 3x3 median, without "
        "patches below 0.02 % of the photo. Real plates: the thing outlined by the box of their "
        "mask, which holds the effects too; precision is against that mask. Errors: mean absolute "
        "difference to the clean plate over the whole frame, of 255, of things with effects. What "
        "shows of it: the ratio of what differs by more than 8 of 255, as the truth does."
    )
    return f"{note}\n\n{effects.table(rows)}" if rows else ""


def _prompts(options: Options) -> str:
    rows = prompted.measure(sets.outlined(options.folders.photos, options.limit), options.sheet)
    return prompted.table(rows) if rows else ""


def _subjects(options: Options) -> str:
    cases = sets.outlined(options.folders.photos, options.limit)
    rows = prompted.measure_subjects(cases, options.sheet)
    for row in rows:
        say(f"{row.name}, {row.prompt}: IoU {row.iou:.3f}, boundary F {row.boundary:.3f}")
    return prompted.table(rows) if rows else ""


def _text(options: Options) -> str:
    if importlib.util.find_spec("masks_bench.text") is None:
        return ""
    rows: list[dict[str, object]] = importlib.import_module("masks_bench.text").measure(
        options.limit
    )
    if not rows:
        return ""
    head = list(rows[0])
    last: list[object] = []
    for key in head:
        values = [row[key] for row in rows if row[key] is not None]  # unknown for real labels
        numbers = [float(v) for v in values if isinstance(v, (bool, int, float))]
        last.append(mean(numbers) if len(numbers) == len(values) else "")
    last[0] = last[0] or "**mean**"
    return markdown(head, [*([row.get(key, "") for key in head] for row in rows), last])


def _scale(options: Options) -> str:
    cases = list(sets.outlined(options.folders.photos))
    if not cases:
        return ""
    largest = max(cases, key=lambda case: case.truth.size)
    figures = prompted.measure_scale(largest)
    return markdown(["a box prompt, the photo scaled", ""], [[k, v] for k, v in figures.items()])


SECTIONS = {
    "phrases": Section(spoken.TITLE, _phrases),
    "named": Section(named.TITLE, _named),
    "shadows": Section(effects.TITLE, _shadows),
    "prompts": Section(prompted.PROMPTS, _prompts),
    "subjects": Section(prompted.SUBJECTS, _subjects),
    "text": Section("Masks: text", _text),
    "scale": Section(prompted.SCALE, _scale),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--only", choices=list(SECTIONS), action="append", help="repeatable")
    made.add_argument("--scenes", type=Path, metavar="FOLDER", help="random scenes")
    made.add_argument("--limit", type=int, metavar="N", help="photos of each set")
    made.add_argument("--skip-removal", action="store_true", help="shadows: fill no holes")
    made.add_argument("--sheet", type=Path, metavar="FILE", help="contact sheets, FILE-SECTION.png")
    made.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    return made


def main(arguments: Sequence[str] | None = None, folders: Folders | None = None) -> int:
    """Measure, print, write; 1 when nothing could be measured."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    folders = folders or Folders()
    if options.scenes:
        folders = Folders(options.scenes, folders.examples, folders.photos)
    cv2.setNumThreads(1)
    measured = 0
    for key in options.only or SECTIONS:
        section = SECTIONS[key]
        sheet = Sheet() if options.sheet else None
        began = time.monotonic()
        body = section.measure(Options(folders, options.limit, not options.skip_removal, sheet))
        if not body:
            say(f"{key}: left out, its photos or its module are not there.")
            continue
        measured += 1
        say(f"{key}: {time.monotonic() - began:.0f} s")
        text = f"`{' '.join(['python scripts/bench_masks.py', *arguments])}`\n\n{body}"
        print(f"## {section.title}\n\n{text}\n", flush=True)
        if sheet is not None and sheet.tiles:
            sheet.save(options.sheet.with_name(f"{options.sheet.stem}-{key}.png"))
        if options.write:
            write_section(section.title, text)
    return int(not measured)


if __name__ == "__main__":
    sys.exit(main())
