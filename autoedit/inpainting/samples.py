"""A fill on its way through a diffusion model: what goes in, and what is made of what comes out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.inpainting import Fill
from autoedit.inpainting.residuals import add_residuals
from autoedit.inpainting.resizing import Fit
from autoedit.inpainting.tone import match_tone

TEXTS = ("prompt", "negative_prompt")
"""The arguments of a pipeline that may differ between fills that go together."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One fill, resolved.

    Attributes:
        fit: how the window fits the model.
        small, hole: RGB uint8 (h, w, 3) and bool (h, w) at the size `fit.small`.
        image: RGB uint8 (H, W, 3) at the model's scale.
        mask: float32 (H, W) in [0, 1], 1 in the hole.
        arguments: of the pipeline, but for the pictures and the generators.
        erase: whether attention is kept from the hole.
    """

    fit: Fit
    small: PixelArray
    hole: BoolArray
    image: PixelArray
    mask: FloatArray
    arguments: dict[str, Any]
    erase: bool

    @property
    def kind(self) -> Hashable:
        """Equal for fills that one call of the pipeline can make."""
        shared = (item if item[0] not in TEXTS else item[0] for item in self.arguments.items())
        return (*shared, id(self) if self.erase else 0)  # attention knows one mask


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture to be made."""

    work: Work
    seed: int


def copies(fill: Fill) -> list[PixelArray]:
    """The fills of a window without a hole."""
    return [fill.pixels.copy() for _ in range(fill.request.count)]


def finished(work: Work, fill: Fill, picture: FloatArray) -> PixelArray:
    """What a model returned, as a fill of the window's size."""
    fit, request = work.fit, fill.request
    filled = match_tone(fit.from_model(picture), work.small, work.hole)
    if fit.small == fit.window:
        return filled
    if request.intent == "remove":
        return add_residuals(filled, work.hole, fill.pixels, fill.hole, request.forbidden)
    return fit.enlarge(filled)
