"""Time and memory of a product photo of 12 megapixels, each chain in its own process.

All chains load the JPEG, lay its subject on white and save a JPEG. "given" and "rembg" get the same
mask; "found" finds the subject itself. rembg's is its own without its network: its matting in a
band of fixed width, then the composite, with no framing, no exact background and no checks.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from inpaint_bench.timing import peak
from matting_bench import methods
from PIL import Image

from autoedit.core.plan import EditPlan
from autoedit.editor import Editor

SIZE = (4000, 3000)  # width, height
CHAINS = {"given": "AutoEdit, mask given", "found": "AutoEdit, product found",
          "rembg": "rembg's chain, mask given"}  # fmt: skip


def prepare(folder: Path, photo: Path) -> None:
    """Write photo.jpg at 12 megapixels, and the outline of its subject as mask.png."""
    pixels = np.asarray(Image.open(photo).convert("RGB"))
    inside = Editor("product").segment(pixels).array
    height, width = pixels.shape[:2]
    wide = min(width, height * SIZE[0] // SIZE[1])
    high = wide * SIZE[1] // SIZE[0]
    top, left = (height - high) // 2, (width - wide) // 2
    place = slice(top, top + high), slice(left, left + wide)
    large = cv2.resize(pixels[place], SIZE, interpolation=cv2.INTER_CUBIC)
    outline = cv2.resize(inside[place], SIZE, interpolation=cv2.INTER_CUBIC) > 0.5
    Image.fromarray(large).save(folder / "photo.jpg", quality=95)
    Image.fromarray(outline.astype(np.uint8) * 255).save(folder / "mask.png")


def command(chain: str, folder: Path) -> list[str]:
    """What runs a chain."""
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path.cwd())]!r};"
        "from product_bench import cost; cost.main(sys.argv[1:])"
    )
    return [sys.executable, "-c", code, chain, str(folder)]


def seconds(chain: str, folder: Path) -> float:
    """How long the processor works at a chain, without the start of its process."""
    done = subprocess.run(command(chain, folder), check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def gigabytes(chain: str, folder: Path) -> float:
    """The peak of a chain's whole process."""
    return peak(command(chain, folder)) / 1e9


def main(arguments: list[str]) -> None:
    """Run one chain, once on a small photo so that all is compiled and imported, then timed."""
    chain, folder = arguments[0], Path(arguments[1])
    run = rembg if chain == "rembg" else product
    small = folder / f"small-{chain}"
    small.mkdir(exist_ok=True)
    for name in ("photo.jpg", "mask.png"):
        with Image.open(folder / name) as image:
            image.resize((320, 240), Image.Resampling.NEAREST).save(small / name)
    run(small, found=chain == "found")
    began = time.process_time()
    run(folder, found=chain == "found")
    print(time.process_time() - began)


def product(folder: Path, *, found: bool) -> None:
    """From the file to the file, as `autoedit product` does it."""
    mask = None if found else folder / "mask.png"
    result = Editor("product").edit(folder / "photo.jpg", EditPlan(steps=()), mask=mask)
    result.save(folder / "ours.jpg")


def rembg(folder: Path, *, found: bool) -> None:
    """Load, matte, lay on white, save."""
    if found:
        raise ValueError("rembg's chain is measured without its network.")
    with Image.open(folder / "photo.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    with Image.open(folder / "mask.png") as image:
        inside = np.asarray(image) > 127
    alpha, colours = methods.rembg(pixels, inside)
    cutout = np.dstack([np.clip(colours, 0, 255), alpha * 255]).astype(np.uint8)
    white = Image.new("RGBA", (pixels.shape[1], pixels.shape[0]), (255, 255, 255, 255))
    white.alpha_composite(Image.fromarray(cutout))
    white.convert("RGB").save(folder / "rembg.jpg", quality=95, subsampling=0)
