"""Render random scenes to learn from, each as one file of small pictures.

    python scripts/render_lessons.py --seed 100000 --count 400 --out LESSONS

Each seed becomes SEED.npz with, for two views of a scene, 320x240 pixels: `photo` and `bare`
(without all things), uint8 (V, H, W, 3); `clean` (without one), uint8 (V, N, H, W, 3); `ids`, which
thing each pixel shows, uint8 (V, H, W), 0 on the ground; and `targets`, the numbers of the N that
were taken away, one at a time. Sixteen scenes in turn are of `scripts/render_crowds.py`, one on
each ground, and sixteen have random shapes on random grounds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from scenes import crowd_stage, lessons, stage
from scenes.crowds import plan

SCALE = 320 / stage.WIDTH
_MOST = 4  # things of a scene that are taken away


def render(seed: int, out: Path, samples: int) -> int:
    """Write the file of a seed; how many things it has."""
    scene, rng = plan(seed), random.Random(seed)
    things = lessons.build(scene) if seed // 16 % 2 else crowd_stage.build(scene)
    bpy.context.scene.render.use_persistent_data = True  # else each picture builds it all anew
    views = [scene, lessons.other_view(scene, rng)]
    carriers = {item.stands_on for item in scene.items}
    free = [item.number for item in scene.items if item.number not in carriers]
    targets = rng.sample(free, min(_MOST, len(free)))
    photo, bare, clean, ids = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for one in views:
            lessons.aim(one.view)
            photo.append(stage.render(samples, SCALE, folder, bounces=1))
            made = [crowd_stage.without(things[n], samples, SCALE, folder) for n in targets]
            clean.append(np.stack(made))
            for each in things.values():
                stage.show(each, False)
            bare.append(stage.render(samples, SCALE, folder, bounces=1))
            for each in things.values():
                stage.show(each, True)
        stage.flatten({part: n / 255 for n, thing in things.items() for part in thing.parts})
        for one in views:
            lessons.aim(one.view)
            ids.append(crowd_stage.shown(SCALE, folder))
    file = out / f"{seed}.npz"
    np.savez_compressed(
        file.with_suffix(".part.npz"), photo=np.stack(photo), bare=np.stack(bare),
        clean=np.stack(clean), ids=np.stack(ids), targets=np.array(targets),
    )  # fmt: skip
    file.with_suffix(".part.npz").replace(file)
    return len(things)


def main() -> None:
    """Render the seeds that the command line asks for."""
    parser = argparse.ArgumentParser(description="Render random scenes to learn from.")
    parser.add_argument("--seed", type=int, default=100000, help="the first seed")
    parser.add_argument("--count", type=int, default=400, help="how many")
    parser.add_argument("--step", type=int, default=1, help="from one seed to the next")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--samples", type=int, default=3, help="light paths per pixel")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seed, options.seed + options.count, options.step):
        if (options.out / f"{seed}.npz").exists():
            continue
        began = time.monotonic()
        count = render(seed, options.out, options.samples)
        print(f"{seed}: {count} things, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
