"""Render random scenes with known answers: photo, clean plate, instances and scene graph.

Each seed becomes four files of one name, 640x480 pixels:

    1000.png         the photo
    1000.clean.png   the same without the target, its shadow and its mirror image
    1000.ids.png     which thing each pixel shows, by number; 0 is the ground
    1000.json        the things, where and what they are; the target; the ground and the light

    pip install '.[render]'
    python scripts/render_crowds.py --seed 1000 --count 16 --out DIR

A seed whose four files exist is left alone, so that a broken run can be taken up again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from scenes import crowd_stage, stage
from scenes.crowds import Plan, plan

SCALE = 640 / stage.WIDTH


def render(scene: Plan, out: Path, samples: int) -> None:
    """Write the four files of a scene, its description last."""
    things = crowd_stage.build(scene)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        photo = stage.render(samples, SCALE, folder, bounces=1)
        clean = crowd_stage.without(things[scene.target], samples, SCALE, folder)
        seen, whole = crowd_stage.instances(things, SCALE, folder)
    Image.fromarray(photo).save(out / f"{scene.seed}.png")
    Image.fromarray(clean).save(out / f"{scene.seed}.clean.png")
    Image.fromarray(seen).save(out / f"{scene.seed}.ids.png")
    text = json.dumps(describe(scene, photo, seen, whole), indent=1)
    (out / f"{scene.seed}.json").write_text(text + "\n", encoding="utf-8")


def describe(
    scene: Plan, photo: np.ndarray, seen: np.ndarray, whole: dict[int, np.ndarray]
) -> dict[str, object]:
    """The scene graph, with what a person sees of each thing."""
    things = []
    for item in scene.items:
        pixels = seen == item.number
        rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
        hidden = not len(rows)
        box = [] if hidden else [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        things.append(
            asdict(item)
            | {
                "height": item.height,
                "radius": item.radius,
                "box": [int(edge) for edge in box],
                "area": float(pixels.mean()),
                "visible": float(pixels.sum() / max(1, whole[item.number].sum())),
                "rgb": [] if hidden else np.median(photo[pixels], axis=0).astype(int).tolist(),
            }
        )
    entry = {"seed": scene.seed, "ground": scene.ground, "glossy": scene.glossy}
    entry |= {"wall": scene.wall, "light": scene.light, "hard": scene.hard}
    return entry | {"camera": asdict(scene.view), "target": scene.target, "things": things}


def main() -> None:
    """Render the seeds that the command line asks for."""
    parser = argparse.ArgumentParser(description="Render random scenes with known answers.")
    parser.add_argument("--seed", type=int, default=1000, help="the first seed")
    parser.add_argument("--count", type=int, default=16, help="how many")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--samples", type=int, default=32, help="light paths per pixel")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seed, options.seed + options.count):
        if (options.out / f"{seed}.json").exists():
            continue
        began = time.monotonic()
        scene = plan(seed)
        render(scene, options.out, options.samples)
        took = time.monotonic() - began
        print(f"{seed}: {len(scene.items)} things on {scene.ground}, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
