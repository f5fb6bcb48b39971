"""Back ends that are quick, and do to their process what a photo's first pixel says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from autoedit import backends
from autoedit.bulk.jobs import Job
from autoedit.core.mask import BoolArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.errors import InpaintingError, TargetNotFoundError
from autoedit.inpainting import Fill, FillRequest, WindowNeeds

SITE = Path(__file__).with_name("site")
ROOT = Path(__file__).parents[2]
INSTRUCTION = "blur the red mug"

PLAIN = (9, 9, 9)
SEGFAULT = (255, 0, 255)
HANG = (0, 255, 255)
NO_MEMORY = (255, 255, 0)
KILLED = (255, 0, 0)
NOT_FOUND = (0, 0, 255)
UNFORESEEN = (0, 255, 0)
FILL_CRASH = (255, 0, 254)
FILL_FAILS = (254, 0, 255)


class DrillGrounder:
    def __init__(self, *, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def prepare(self, photo: Photo) -> Any:
        time.sleep(self._seconds)
        return _Prepared(photo)


class DrillSegmenter(DrillGrounder):
    pass


class DrillInpainter:
    """Fills with a grey that the window and the seed decide; `batches` are the sizes it was given.

    A fill fails, or takes its process along, when its window's first pixel says so.
    """

    batches: ClassVar[list[int]] = []
    needs = WindowNeeds(minimum=64)

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        return self.fill_many([Fill(pixels, hole, request)])[0]

    def fill_many(self, fills: Sequence[Fill]) -> list[list[PixelArray]]:
        self.batches.append(len(fills))
        return [[self._filled(fill, n) for n in range(fill.request.count)] for fill in fills]

    def _filled(self, fill: Fill, number: int) -> PixelArray:
        match tuple(int(value) for value in fill.pixels[0, 0]):
            case (255, 0, 254):
                os.kill(os.getpid(), signal.SIGSEGV)
            case (254, 0, 255):
                raise InpaintingError("It cannot be filled.")
        grey = (int(fill.pixels[~fill.hole].mean()) + fill.request.seed + number) % 256
        return np.where(fill.hole[:, :, None], np.uint8(grey), fill.pixels)


class _Prepared:
    def __init__(self, photo: Photo) -> None:
        self._photo = photo

    def find(self, target: Target) -> Regions:
        match tuple(int(value) for value in self._photo.pixels[0, 0]):
            case (255, 0, 255):
                os.kill(os.getpid(), signal.SIGSEGV)
            case (0, 255, 255):
                time.sleep(1000)
            case (255, 255, 0):
                raise MemoryError
            case (255, 0, 0):
                os.kill(os.getpid(), signal.SIGKILL)
            case (0, 0, 255):
                raise TargetNotFoundError(f"Nothing in the photo fits {target.phrase!r}.")
            case (0, 255, 0):
                raise ZeroDivisionError("what nobody thought of")
        return Regions((Region(self._box, 0.9, "mug"),))

    def outline(self, prompt: Any) -> Mask:
        inside = np.zeros(self._photo.shape, np.float32)
        x0, y0, x1, y1 = (round(value) for value in self._box)
        inside[y0:y1, x0:x1] = 1
        return Mask(inside, "drill")

    @property
    def _box(self) -> tuple[float, float, float, float]:
        height, width = self._photo.shape
        return width / 4, height / 4, 3 * width / 4, 3 * height / 4


def register(monkeypatch: Any) -> None:
    """In this process and, through PYTHONPATH, in those that it starts."""
    names = {"grounding": "DrillGrounder", "segmentation": "DrillSegmenter",
             "inpainting": "DrillInpainter"}  # fmt: skip
    for stage, name in names.items():
        row = backends.Backend(f"tests.bulk.drill:{name}", batches=stage == "inpainting")
        monkeypatch.setitem(backends.BACKENDS[stage], "drill", row)
    monkeypatch.setenv("PYTHONPATH", f"{SITE}{os.pathsep}{ROOT}")


def write_pipeline(path: Path, seconds: float = 0.0, inpainter: str = "patch_diffusion") -> Path:
    path.write_text(
        "name: drill\nplanning: {backend: grammar}\n"
        f"grounding: {{backend: drill, seconds: {seconds}}}\n"
        f"segmentation: {{backend: drill}}\ninpainting: {{backend: {inpainter}}}\n",
        "utf-8",
    )
    return path


def write_photo(path: Path, number: int = 0, first: tuple[int, int, int] = PLAIN) -> Path:
    """A small PNG of noise, another for each number."""
    pixels = np.random.default_rng(number).integers(10, 200, (24, 32, 3), np.uint8)
    pixels[0, 0] = first
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def job(folder: Path) -> Job:
    """A job for an engine alone."""
    return Job(1, str(folder / "a.png"), str(folder / "b.png"), "", "{}", "{}")
