"""Measure the embedded pipeline end to end, through the command line, and against its peers.

Writes the tables to docs/benchmarks.md. Everything that is compared runs in this one process run,
so that the ratios hold on a busy machine, too.

    python scripts/bench_edit.py

Needs the development extra. G'MIC (Debian's `gmic`) is measured beside us when it is installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import piq
import torch
from bench_tables import write_section
from inpaint_bench.timing import peak as peak_of
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TITLE = "The embedded pipeline, end to end"


@dataclass(frozen=True)
class Row:
    """One scene's figures."""

    name: str
    instruction: str
    exit_code: int
    iou: float
    ours: float
    telea: float
    outside: int


def read(path: Path) -> np.ndarray:
    """RGB uint8 (H, W, 3)."""
    return np.asarray(Image.open(path).convert("RGB"))


def edit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`autoedit edit` in a process of its own."""
    command = [sys.executable, "-m", "autoedit", "edit", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def haarpsi(a: np.ndarray, b: np.ndarray) -> float:
    """HaarPSI (Reisenhofer et al. 2018) of two RGB windows, 1 for equal ones."""
    first, second = (
        torch.from_numpy(part.astype(np.float32) / 255).permute(2, 0, 1)[None] for part in (a, b)
    )
    return float(piq.haarpsi(first, second, data_range=1.0))


def window_round(changed: np.ndarray, margin: int = 16) -> tuple[slice, slice]:
    """The box of what changed, with a margin."""
    rows, columns = np.nonzero(changed)
    return (
        slice(max(0, rows.min() - margin), rows.max() + margin + 1),
        slice(max(0, columns.min() - margin), columns.max() + margin + 1),
    )


def measure_scene(scene: dict[str, str], folder: Path) -> Row:
    """Edit one example as a user would, and compare with its clean plate and true mask."""
    name = scene["name"]
    photo, clean = read(EXAMPLES / scene["photo"]), read(EXAMPLES / scene["clean_plate"])
    true_mask = np.asarray(Image.open(EXAMPLES / scene["mask"]).convert("L")) > 127
    source = folder / f"{name}.png"
    Image.fromarray(photo).save(source)
    paths = {kind: folder / f"{name}.{kind}.png" for kind in ("out", "mask", "matte")}
    done = edit(
        source, scene["instruction"], "-o", paths["out"],
        "--save-mask", paths["mask"], "--save-matte", paths["matte"],
    )  # fmt: skip
    if not paths["out"].is_file():
        print(f"{name}: {done.stderr.strip()}", file=sys.stderr)
        return Row(name, scene["instruction"], done.returncode, 0.0, 0.0, 0.0, 0)
    result = read(paths["out"])
    mask = np.asarray(Image.open(paths["mask"])) > 127
    matte = np.asarray(Image.open(paths["matte"])) > 0
    place = window_round(matte | true_mask)
    telea = cv2.inpaint(photo, true_mask.astype(np.uint8) * 255, 5, cv2.INPAINT_TELEA)
    return Row(
        name=name,
        instruction=scene["instruction"],
        exit_code=done.returncode,
        iou=float((mask & true_mask).sum() / (mask | true_mask).sum()),
        ours=haarpsi(result[place], clean[place]),
        telea=haarpsi(telea[place], clean[place]),
        outside=int(((result != photo).any(axis=2) & ~matte).sum()),
    )


def median_seconds(run: Callable[[], object], times: int) -> float:
    """The median wall time of a call; the first one, which fills caches, is not counted."""
    run()
    taken: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def process(command: Sequence[str | Path]) -> Callable[[], object]:
    """A call that runs a command to its end."""
    return lambda: subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, check=True
    )


def against_gmic(folder: Path) -> float | None:
    """Our whole process over G'MIC's on the same hole of the desk; None without G'MIC."""
    if shutil.which("gmic") is None:
        return None
    photo, matte, hole = EXAMPLES / "desk.jpg", folder / "matte.png", folder / "hole.png"
    arguments = (photo, "remove the red mug", "-o", folder / "desk.png")
    edit(*arguments, "--save-matte", matte)
    Image.fromarray((np.asarray(Image.open(matte)) > 0).astype(np.uint8) * 255).save(hole)
    ours = [sys.executable, "-m", "autoedit", "edit", *arguments]
    gmic = ["gmic", photo, hole, "inpaint_matchpatch[0]", "[1]", "-o[0]", folder / "gmic.png"]
    return median_seconds(process(ours), 5) / median_seconds(process(gmic), 5)


def twelve_megapixels(folder: Path) -> tuple[float, float]:
    """A photo of 12 megapixels against one of 1, both with a hole of 120,000 pixels.

    Returns:
        The ratio of the whole processes' times, and the larger one's peak memory in GB.
    """
    seconds: list[float] = []
    peak = 0.0
    scene = read(EXAMPLES / "tiles.clean.jpg")
    for height, width in ((866, 1155), (3000, 4000)):
        photo = cv2.resize(scene, (width, height), interpolation=cv2.INTER_CUBIC)
        mask = np.zeros((height, width), np.uint8)
        y, x = height // 2 - 173, width // 2 - 173
        mask[y : y + 346, x : x + 346] = 255
        cv2.rectangle(photo, (x + 8, y + 8), (x + 338, y + 338), (200, 30, 30), -1)
        source, hole = folder / f"{width}.jpg", folder / f"{width}.mask.png"
        Image.fromarray(photo).save(source, quality=92)
        Image.fromarray(mask).save(hole)
        command = [
            sys.executable, "-m", "autoedit", "edit", str(source), "remove the red square",
            "--mask", str(hole), "-o", str(folder / f"{width}.out.jpg"),
        ]  # fmt: skip
        seconds.append(median_seconds(process(command), 3))
        peak = max(peak, peak_of(command) / 1e9)
    return seconds[1] / seconds[0], peak


def help_ratio() -> float:
    """`autoedit --help` over importing typer and rich, whole processes."""
    ours = median_seconds(process([sys.executable, "-m", "autoedit", "--help"]), 9)
    return ours / median_seconds(process([sys.executable, "-c", "import typer, rich"]), 9)


def table(rows: Sequence[Row], figures: dict[str, str]) -> str:
    """The section as Markdown."""
    lines = [
        "`python scripts/bench_edit.py` on the rendered scenes of `examples/`, each edited by its",
        "instruction in a process of its own. IoU is of the target's mask; HaarPSI is of the",
        "window round the edit against the clean plate, Telea with the true mask.",
        "",
        "| scene | instruction | exit | IoU | HaarPSI | Telea's | changed outside the matte |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row.name} | {row.instruction} | {row.exit_code} | {row.iou:.3f} | {row.ours:.3f} "
        f"| {row.telea:.3f} | {row.outside} |"
        for row in rows
    ]
    mean = [
        statistics.mean(values)
        for values in zip(*((r.iou, r.ours, r.telea) for r in rows), strict=True)
    ]
    lines.append(f"| **mean** |  |  | {mean[0]:.3f} | {mean[1]:.3f} | {mean[2]:.3f} | |")
    lines += ["", "| measured in the same run | value | bound |", "| --- | --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in figures.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes-only", action="store_true", help="leave out the timings")
    parser.add_argument("--keep", type=Path, help="keep the edited photos in this folder")
    options = parser.parse_args()
    text = (EXAMPLES / "scenes.jsonl").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [measure_scene(json.loads(line), folder) for line in text.splitlines()]
        figures: dict[str, str] = {}
        if not options.scenes_only:
            ratio = against_gmic(folder)
            gmic = "not installed" if ratio is None else f"{ratio:.2f}"
            figures["whole process over G'MIC's, same hole (desk)"] = f"{gmic} | 2.5"
            larger, peak = twelve_megapixels(folder)
            figures["12 megapixels over 1, same hole"] = f"{larger:.2f} | 8"
            figures["peak memory, 12 megapixels"] = f"{peak:.2f} GB | 2.5 GB"
            figures["`--help` over importing typer and rich"] = f"{help_ratio():.2f} | 2.5"
    section = table(rows, figures)
    print(section)
    if not options.scenes_only:
        write_section(TITLE, section)


if __name__ == "__main__":
    main()
