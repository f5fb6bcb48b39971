"""Render subjects with exact alpha on a transparent film, to measure how well they are cut out.

Each kind and seed becomes one picture, KIND_SEED.png: 16 bits a sample, RGBA, straight (not
premultiplied), sRGB. What the alpha says is exact up to the light paths' noise, and the colours are
the subject's alone: over any backdrop, `colour * alpha + backdrop * (1 - alpha)` of the sRGB values
is the photo.

    pip install '.[render]'
    python scripts/render_subjects.py --out build/subjects
    python scripts/render_subjects.py --out build/subjects --only furry --seeds 2
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import bpy
from scenes import stage, subjects


def render(path: Path, samples: int, width: int) -> None:
    """Render the scene that is built into a 16-bit RGBA PNG of that width in pixels."""
    scene = bpy.context.scene
    scene.cycles.samples, scene.cycles.seed = samples, 7
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    scene.cycles.max_bounces, scene.cycles.transparent_max_bounces = 3, 8
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 4
    settings = scene.render
    settings.resolution_x, settings.resolution_y = width, width * stage.HEIGHT // stage.WIDTH
    settings.image_settings.file_format = "PNG"
    settings.image_settings.color_mode, settings.image_settings.color_depth = "RGBA", "16"
    settings.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def main() -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(description="Render subjects with exact alpha.")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--only", choices=subjects.KINDS, action="append", help="repeatable")
    parser.add_argument("--seeds", type=int, default=4, help="how many of each kind")
    parser.add_argument("--samples", type=int, default=40, help="light paths per pixel")
    parser.add_argument("--width", type=int, default=720, help="in pixels")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for kind in options.only or subjects.KINDS:
        for seed in range(options.seeds):
            path = options.out / f"{kind}_{seed}.png"
            if path.exists():  # a broken run can be taken up again
                continue
            began = time.monotonic()
            subjects.build(kind, seed)
            render(path, options.samples, options.width)
            print(f"{path.name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
