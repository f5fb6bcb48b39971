"""What all promptable segmenters share: from a prompt to a decoder's masks to an outline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Box, Point
from autoedit.errors import MaskError
from autoedit.segmentation import Prompt
from autoedit.segmentation.full_size import Grid, outline_of_logits, outline_of_mask
from autoedit.segmentation.multimask import Wanted, choose

_CERTAIN = 8.0  # logits for what a given mask covers whole; decoders' own lie between -15 and 15
_SAME = 0.5  # cells: outlines nearer than this say the same


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a decoder offers for one prompt.

    Attributes:
        logits: float32 (N, h, w), above 0 inside; row 0 is for prompts that leave no doubt.
        predicted_iou: float32 (N,).
    """

    logits: FloatArray
    predicted_iou: FloatArray


Decode = Callable[[Prompt, FloatArray | None], Candidates]
"""Takes a prompt in pixels of the photo, all of it inside, and a mask as logits (h, w)."""


@dataclass(frozen=True, slots=True)
class PreparedPromptable:
    """One encoded photo, ready for many prompts.

    Attributes:
        photo: the photo.
        grid: how the decoder's masks lie over it.
        decode: runs the decoder over the photo's embedding.
        origin: the back end's name, for the masks.
        refine: whether edges are moved to where the photo has them.
    """

    photo: Photo
    grid: Grid
    decode: Decode
    origin: str
    refine: bool

    def outline(self, prompt: Prompt) -> Mask:
        """The thing at the prompt: float32 (H, W), soft over about two pixels at its edge.

        A given mask goes to the decoder with its box. Where the decoder sees the same thing in it,
        the given mask stays, whose edge may be finer than the decoder's. Empty when the prompt is,
        or when the decoder sees nothing.

        Raises:
            MaskError: for a mask of another size than the photo.
        """
        inside, coarse = self._within(prompt), self._coarse(prompt)
        if inside.box is None and not inside.points:
            return Mask(np.zeros(self.photo.shape, np.float32), self.origin)
        found = self.decode(inside, None if coarse is None else (2 * coarse - 1) * _CERTAIN)
        logits = self.grid.without_padding(found.logits)
        wanted = Wanted(
            box=None if inside.box is None else self.grid.box(inside.box),
            points=tuple(self.grid.point(each) for each in inside.points),
            negative_points=tuple(self.grid.point(each) for each in inside.negative_points),
            coarse=None if coarse is None else coarse > 0.5,
        )
        best = logits[choose(logits, found.predicted_iou, wanted)]
        pixels = self.photo.pixels
        if inside.mask is not None and _agree(best > 0, inside.mask, wanted, inside):
            array = outline_of_mask(inside.mask.array, self.grid, pixels, refine=self.refine)
        else:
            array = outline_of_logits(best, self.grid, pixels, refine=self.refine)
        return Mask(array, self.origin)

    def _within(self, prompt: Prompt) -> Prompt:
        """The prompt with all of it inside the photo, and with its mask's box."""
        mask = prompt.mask
        if mask is not None and mask.shape != self.photo.shape:
            raise MaskError(
                f"The mask is {mask.shape[1]}x{mask.shape[0]} but the photo is "
                f"{self.photo.width}x{self.photo.height}. Give a mask of the photo's size."
            )
        mask_box = None if mask is None else mask.box
        box = _clip(prompt.box, self.photo.shape) if prompt.box is not None else mask_box
        return replace(
            prompt,
            box=box,
            points=self._clamp(prompt.points),
            negative_points=self._clamp(prompt.negative_points),
            mask=None if mask_box is None else mask,
        )

    def _clamp(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        width, height = self.photo.width, self.photo.height
        return tuple((min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in points)

    def _coarse(self, prompt: Prompt) -> FloatArray | None:
        if prompt.mask is None or prompt.mask.box is None:
            return None
        return self.grid.reduce(prompt.mask.array)


def _clip(box: Box, shape: tuple[int, int]) -> Box | None:
    x0, x1 = max(0.0, min(box[0], box[2])), min(float(shape[1]), max(box[0], box[2]))
    y0, y1 = max(0.0, min(box[1], box[3])), min(float(shape[0]), max(box[1], box[3]))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _agree(found: BoolArray, given: Mask, wanted: Wanted, prompt: Prompt) -> bool:
    """Whether a given mask is what was found, to within half a cell, and what the points say."""
    if wanted.coarse is None:
        return False
    binary = given.binary
    height, width = binary.shape
    for points, value in ((prompt.points, True), (prompt.negative_points, False)):
        for x, y in points:
            if binary[min(int(y), height - 1), min(int(x), width - 1)] != value:
                return False
    byte = wanted.coarse.astype(np.uint8)
    rim = np.count_nonzero(cv2.morphologyEx(byte, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    return bool(np.count_nonzero(found != wanted.coarse) <= _SAME * max(1, rim / 2))
