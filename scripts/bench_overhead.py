"""What the chain costs beyond the diffusion model: filling a hole, against the bare pipeline.

    python scripts/bench_overhead.py

Both run the same Stable Diffusion inpainting pipeline (random weights, an eighth of the real UNet)
on the same crop of a 12-megapixel photo, with the same prompt, mask, size and steps, in turns in
one process. Ours also cuts the window, matches the tone, and blends the result into the photo.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from bench_tables import write_section
from check_full_size import FULL, build, write_pipeline
from PIL import Image

from autoedit.core.files import load_photo
from autoedit.core.window import window_round
from autoedit.editor import Editor
from autoedit.pipeline import load_pipeline
from autoedit.stages import Stages

BOUND = 1.05
PROMPT = "an empty table"
SIZE = replace(
    FULL,
    unet={**FULL.unet, "block_out_channels": (128, 256, 384, 384), "layers_per_block": 1},
    vae={**FULL.vae, "block_out_channels": (32, 64, 64, 64), "layers_per_block": 1},
)


def measure(folder: Path, steps: int, rounds: int) -> tuple[float, float]:
    """Median seconds of ours and of the bare pipeline."""
    build(folder, SIZE)
    photo = load_photo(folder / "photo.jpg")
    mask = np.zeros(photo.shape, np.uint8)
    centre = (photo.width // 2, photo.height // 2)
    cv2.ellipse(mask, centre, (128, 100), 0, 0, 360, 255, -1)
    pipeline = load_pipeline(write_pipeline(folder, steps, "cpu"))
    editor = Editor(pipeline)
    stages: Any = editor._stages
    bare = stages.inpainter.pipeline
    crop, hole = cropped(stages, photo.pixels, mask > 0)

    def directly() -> None:
        bare(
            prompt=PROMPT, image=crop, mask_image=hole, num_inference_steps=steps, strength=1.0,
            width=crop.width, height=crop.height, generator=torch.Generator().manual_seed(0),
        )  # fmt: skip

    def ours() -> None:
        editor.inpaint(photo, mask > 0, prompt=PROMPT)

    seconds: dict[str, list[float]] = {"ours": [], "directly": []}
    for turn in range(rounds + 1):
        for name, call in (("directly", directly), ("ours", ours)):
            start = time.perf_counter()
            call()
            if turn:  # the first warms up
                seconds[name].append(time.perf_counter() - start)
    return statistics.median(seconds["ours"]), statistics.median(seconds["directly"])


def cropped(
    stages: Stages, pixels: np.ndarray, mask: np.ndarray
) -> tuple[Image.Image, Image.Image]:
    """The window that the editor cuts, at the size that the model works at."""
    needs = stages.inpainter.needs
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    window = window_round(
        box, (mask.shape[0], mask.shape[1]), context=needs.context, minimum=needs.minimum,
        multiple=needs.multiple,
    )  # fmt: skip
    side = needs.native or 512
    parts = [Image.fromarray(part[window.slices]) for part in (pixels, mask)]
    scale = side / max(parts[0].size)
    size = (round(parts[0].width * scale) // 8 * 8, round(parts[0].height * scale) // 8 * 8)
    return parts[0].resize(size), parts[1].resize(size)


def main() -> int:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-record", action="store_true", help="leave docs/benchmarks.md alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours, directly = measure(Path(folder), options.steps, options.rounds)
    ratio = ours / directly
    table = (
        "| measured in one run | value | bound |\n| --- | --- | --- |\n"
        f"| filling a hole over the bare pipeline on the same crop | {ratio:.3f} | {BOUND} |\n"
    )
    print(f"{table}\n(ours {ours:.2f} s, directly {directly:.2f} s)")
    if not options.no_record:
        write_section(
            "The chain's own cost over diffusers",
            f"`python scripts/bench_overhead.py --steps {options.steps} "
            f"--rounds {options.rounds}`: "
            "drawing what a prompt says at 512 pixels in a 12-megapixel photo, medians of rounds "
            "in turns. (Removal puts a structural prefill by patch diffusion before it.)"
            f"\n\n{table}",
        )
    return int(ratio > BOUND)


if __name__ == "__main__":
    sys.exit(main())
