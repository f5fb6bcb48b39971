"""Render the example scenes: photos, their clean plates and the masks of their targets.

Each scene NAME becomes three pictures of 960x720 pixels in the folder `examples/`:

    NAME.jpg         the scene
    NAME.clean.jpg   the same scene without the target: the answer to the instruction
    NAME.mask.png    the target's silhouette, white on black

and one line of `examples/scenes.jsonl`, with the instruction and the target's place.

    pip install '.[render]'
    python scripts/render_scenes.py              # all of them, a minute or two each
    python scripts/render_scenes.py --only desk
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image
from scenes import stage
from scenes.catalog import SCENES, Scene

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load_scenes() -> None:
    """Import the modules that fill the list of scenes, in the list's order."""
    for module in ("tabletops", "floors", "outdoors"):
        import_module(f"scenes.{module}")


def save_photo(pixels: np.ndarray, path: Path) -> None:
    """Write a JPEG without chroma subsampling."""
    Image.fromarray(pixels).save(path, quality=95, subsampling=0, optimize=True)


def render_scene(scene: Scene, out: Path, samples: int, scale: float) -> np.ndarray:
    """Write the scene's three pictures and return its mask."""
    stage.clear()
    target = scene.build()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_photo(stage.render(samples, scale, folder), out / f"{scene.name}.jpg")
        stage.show(target, False)
        save_photo(stage.render(samples, scale, folder), out / f"{scene.name}.clean.jpg")
        stage.show(target, True)
        mask = stage.silhouette(target, scale, folder)
    Image.fromarray(mask).save(out / f"{scene.name}.mask.png", optimize=True)
    return mask


def describe(scene: Scene, mask: np.ndarray) -> dict[str, object]:
    """The scene's line of scenes.jsonl."""
    inside = mask >= 128
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return {
        "name": scene.name,
        "photo": f"{scene.name}.jpg",
        "clean_plate": f"{scene.name}.clean.jpg",
        "mask": f"{scene.name}.mask.png",
        "instruction": scene.instruction,
        "target": {"phrase": scene.phrase},
        "answer": {"box": [int(edge) for edge in box], "area": round(float(inside.mean()), 5)},
        "ground": scene.ground,
        "light": scene.light,
    }


def update_index(out: Path, line: dict[str, object]) -> None:
    """Put the line into scenes.jsonl, in the order of the list of scenes."""
    path = out / "scenes.jsonl"
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = {entry["name"]: entry for entry in map(json.loads, known)}
    lines[str(line["name"])] = line
    ordered = [json.dumps(lines[name]) for name in SCENES if name in lines]
    path.write_text("\n".join(ordered) + "\n", encoding="utf-8")


def main() -> None:
    """Render the scenes that the command line asks for."""
    parser = argparse.ArgumentParser(description="Render the example scenes.")
    parser.add_argument("--only", metavar="NAME", action="append", help="a scene (repeatable)")
    parser.add_argument("--out", type=Path, default=EXAMPLES, help="the folder to write to")
    parser.add_argument("--samples", type=int, default=64, help="light paths per pixel")
    parser.add_argument("--scale", type=float, default=1.0, help="size, for quick previews")
    parser.add_argument("--list", action="store_true", help="list the scenes and stop")
    options = parser.parse_args()
    load_scenes()
    if options.list:
        for scene in SCENES.values():
            print(f"{scene.name:12} {scene.instruction}")
        return
    unknown = set(options.only or ()) - set(SCENES)
    if unknown:
        parser.error(f"no such scene: {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only or SCENES:
        began = time.monotonic()
        mask = render_scene(SCENES[name], options.out, options.samples, options.scale)
        update_index(options.out, describe(SCENES[name], mask))
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
