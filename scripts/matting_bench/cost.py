"""Time and memory of cutting a subject out of 12 megapixels, each chain in its own process.

`python -m matting_bench.cost METHOD FOLDER` loads FOLDER/photo.jpg and mask.png, mattes, lays the
subject on white, writes a PNG, and prints the seconds; "idle" does all but the matte.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from inpaint_bench.timing import peak
from PIL import Image

from .cases import Case

SIZE = (4000, 3000)  # width, height


def prepare(folder: Path, case: Case) -> None:
    """Write the case at 12 megapixels."""
    photo = cv2.resize(case.pixels, SIZE, interpolation=cv2.INTER_CUBIC)
    alpha = cv2.resize(case.alpha, SIZE, interpolation=cv2.INTER_LINEAR)
    Image.fromarray(photo).save(folder / "photo.jpg", quality=95)
    Image.fromarray((alpha > 0.5).astype(np.uint8) * 255).save(folder / "mask.png")


def command(method: str, folder: Path) -> list[str]:
    """What runs a chain."""
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path.cwd())]!r};"
        "from matting_bench import cost; cost.main(sys.argv[1:])"
    )
    return [sys.executable, "-c", code, method, str(folder)]


def seconds(method: str, folder: Path) -> float:
    """How long a chain takes, without the start of its process."""
    done = subprocess.run(command(method, folder), check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def gigabytes(method: str, folder: Path) -> float:
    """The peak of a chain's whole process."""
    return peak(command(method, folder)) / 1e9


def main(arguments: list[str]) -> None:
    """Run one chain."""
    from . import methods

    chains = {"ours": methods.ours, "rembg": methods.rembg, "idle": methods.hard}
    chain, folder = chains[arguments[0]], Path(arguments[1])
    small = np.zeros((64, 64, 3), np.uint8)
    small[16:48, 16:48] = 200
    chain(small, small[:, :, 0] > 0)  # compiled and imported, as in a process that has worked
    began = time.perf_counter()
    with Image.open(folder / "photo.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    with Image.open(folder / "mask.png") as image:
        inside = np.asarray(image) > 127
    alpha, colours = chain(pixels, inside)
    white = np.empty_like(pixels)
    for top in range(0, len(pixels), 500):
        rows = slice(top, top + 500)
        weight = alpha[rows, :, None].astype(np.float32)
        white[rows] = np.rint(np.clip(colours[rows] * weight + 255 * (1 - weight), 0, 255))
    Image.fromarray(white).save(folder / f"{arguments[0]}.png")
    print(time.perf_counter() - began)
