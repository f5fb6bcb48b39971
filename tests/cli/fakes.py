"""An editor that does what a test wants, in place of the real chain."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autoedit.core.files import load_mask, load_photo
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.core.region import Region, Regions
from autoedit.core.result import Check, EditResult, StepResult, Verdict
from autoedit.pipeline import load_pipeline


def region(number: int) -> Region:
    return Region((4.0 * number, 5.0, 4.0 * number + 3, 20.0), 0.9 - number / 10, f"thing {number}")


@dataclass
class FakeEditor:
    """Paints the box or a fixed square; what it was asked is in `calls`, what it does in `does`."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    passed: bool = True
    error: BaseException | None = None
    regions: Regions = field(default_factory=lambda: Regions((region(1), region(2)), (), True))
    steps: tuple[EditStep, ...] = (EditStep(operation="remove", target=Target(phrase="red mug")),)

    def __call__(
        self, pipeline: str | None = None, *, overrides: tuple[str, ...] = (), pull: bool = False
    ) -> Any:
        self.pull = pull
        self.pipeline = load_pipeline(pipeline or "embedded", overrides)
        return self

    def plan(self, instruction: str, photo: Any = None) -> EditPlan:
        return EditPlan(steps=self.steps, instruction=instruction)

    def locate(self, photo: Photo, phrase: str) -> Regions:
        return self._does("locate", self.regions, photo=photo, phrase=phrase)

    def segment(self, photo: str, phrase: str | None = None, **where: Any) -> Mask:
        mask = self._square(load_photo(photo).shape)
        return self._does("segment", mask, photo=photo, phrase=phrase, **where)

    def inpaint(self, photo: str, mask: Path, **settings: Any) -> Photo:
        loaded = load_photo(photo)
        hole = load_mask(mask, loaded.shape)
        filled = self._painted(loaded, hole, 7)
        return self._does("inpaint", filled, photo=photo, mask=mask, **settings)

    def edit(self, photo: str, plan: EditPlan, **settings: Any) -> EditResult:
        loaded = load_photo(photo)
        mask = self._square(loaded.shape)
        count = settings["candidates"]
        photos = tuple(self._painted(loaded, mask, 10 * number) for number in range(count))
        checks = (
            Check("outside_untouched", True, 0.0, 0.0),
            Check("seam", self.passed, 3.0, 2.0, "the seam shows"),
        )
        step = StepResult("remove", (region(1),), mask, mask, attempts=1, verdict=Verdict(checks))
        result = EditResult(
            photos[0], loaded, plan, (step,), {"inpainting": 0.1}, settings["seed"],
            candidates=photos if count > 1 else (), notes=("CMYK was converted to RGB",),
        )  # fmt: skip
        settings["progress"]("inpainting", 1.0)
        return self._does("edit", result, photo=photo, **settings)

    def _does(self, name: str, value: Any, **settings: Any) -> Any:
        self.calls.append((name, settings))
        if self.error is not None:
            raise self.error
        return value

    @staticmethod
    def _square(shape: tuple[int, int]) -> Mask:
        array = np.zeros(shape, np.float32)
        array[10:20, 10:30] = 1
        return Mask(array, "square")

    @staticmethod
    def _painted(photo: Photo, mask: Mask, value: int) -> Photo:
        pixels = photo.pixels.copy()
        pixels[mask.binary] = value
        return photo.with_pixels(pixels)


@dataclass(frozen=True)
class Done:
    """What a run of the command line left."""

    code: int
    out: str
    err: str
