"""The part of a photo round a prompt, at a size that is quick to work on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.region import Box, Point


@dataclass(frozen=True, slots=True)
class Window:
    """A crop of a photo, perhaps reduced.

    Attributes:
        left, top, right, bottom: the crop in pixels of the photo.
        scale: pixels of the window for one of the photo, at most 1.
    """

    left: int
    top: int
    right: int
    bottom: int
    scale: float

    @classmethod
    def around(cls, box: Box, shape: tuple[int, int], margin: float, side: int) -> Window:
        """The box grown by `margin` of its mean side, its longer side reduced to `side` pixels."""
        grow = margin * ((box[2] - box[0]) + (box[3] - box[1])) / 2 + 8
        left, top = max(0, int(box[0] - grow)), max(0, int(box[1] - grow))
        right = min(shape[1], int(np.ceil(box[2] + grow)))
        bottom = min(shape[0], int(np.ceil(box[3] + grow)))
        scale = min(1.0, side / max(1, right - left, bottom - top))
        return cls(left, top, right, bottom, scale)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the window's own pixels."""
        return (
            max(1, round((self.right - self.left) * self.scale)),
            max(1, round((self.bottom - self.top) * self.scale)),
        )

    def take(self, pixels: PixelArray) -> PixelArray:
        """The window's pixels (h, w, 3)."""
        crop = pixels[self.top : self.bottom, self.left : self.right]
        if self.scale == 1:
            return np.ascontiguousarray(crop)
        return np.asarray(cv2.resize(crop, self.size, interpolation=cv2.INTER_AREA), np.uint8)

    def take_map(self, values: FloatArray) -> FloatArray:
        """A map over the photo (H, W) in the window (h, w)."""
        crop = values[self.top : self.bottom, self.left : self.right]
        return np.asarray(cv2.resize(crop, self.size, interpolation=cv2.INTER_AREA), np.float32)

    def put_map(self, values: FloatArray, shape: tuple[int, int]) -> FloatArray:
        """A map in the window brought back into one over the photo, 0 elsewhere."""
        whole = np.zeros(shape, np.float32)
        size = (self.right - self.left, self.bottom - self.top)
        crop = values if values.shape[::-1] == size else cv2.resize(values, size)
        whole[self.top : self.bottom, self.left : self.right] = crop
        return whole

    def box(self, box: Box) -> Box:
        """A box of the photo in the window's pixels."""
        x0, y0, x1, y1 = box
        return (
            (x0 - self.left) * self.scale, (y0 - self.top) * self.scale,
            (x1 - self.left) * self.scale, (y1 - self.top) * self.scale,
        )  # fmt: skip

    def point(self, point: Point) -> tuple[int, int]:
        """A point of the photo as the window's (x, y), held inside it."""
        width, height = self.size
        x = int((point[0] - self.left) * self.scale)
        y = int((point[1] - self.top) * self.scale)
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)
