"""A window at the scale at which a model works, and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """The sizes, each (height, width) in pixels, that a window goes through.

    Attributes:
        window: as it comes.
        small: the window, reduced to the model's scale where it is larger.
        scaled: the window at the model's scale, enlarged where it is smaller.
        padded: `scaled`, with its sides made up to the model's multiple by reflection, so that the
            aspect stays and a window at the model's own scale is not resampled at all.
    """

    window: Size
    small: Size
    scaled: Size
    padded: Size

    @classmethod
    def of(cls, window: Size, native: int, multiple: int, by_area: bool = False) -> Fit:
        """How a window fits a model.

        Args:
            window: (height, width).
            native: the long side that the model works at; with `by_area`, the side of the square
                whose area it works at.
            multiple: what the sides must be multiples of.
            by_area: whether the area counts and not the long side.
        """
        height, width = window
        scale = native / (sqrt(height * width) if by_area else max(window))
        scaled = max(1, round(height * scale)), max(1, round(width * scale))
        small = scaled if scale < 1 else window
        padded = -(-scaled[0] // multiple) * multiple, -(-scaled[1] // multiple) * multiple
        return cls(window, small, scaled, padded)

    def shrink(self, pixels: PixelArray) -> PixelArray:
        """A window's RGB uint8 at the size `small`."""
        return _resized(pixels, self.small)

    def shrink_mask(self, mask: BoolArray) -> BoolArray:
        """A bool mask at the size `small`: whatever is touched by it belongs to it."""
        if mask.shape == self.small:
            return mask
        return _resized(mask.astype(np.float32), self.small) > 0

    def to_model(self, pixels: PixelArray) -> PixelArray:
        """RGB uint8 of the size `small` at the size `padded`."""
        return self._pad(_resized(pixels, self.scaled))

    def mask_to_model(self, mask: BoolArray, soft: bool) -> FloatArray:
        """A bool mask of the size `small` as float32 in [0, 1] at the size `padded`.

        Args:
            mask: True in the hole.
            soft: whether an enlarged edge may have values between; else they become 0 or 1.
        """
        values = mask.astype(np.float32)
        if mask.shape != self.scaled:
            size = self.scaled[1], self.scaled[0]
            values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR))
        return self._pad(values if soft else (values >= 0.5).astype(np.float32))

    def from_model(self, picture: FloatArray) -> FloatArray:
        """What a model returned, float32 (h, w, 3) of any size, at the size `small`."""
        height, width = self.scaled
        return _resized(_resized(picture, self.padded)[:height, :width], self.small)

    def enlarge(self, pixels: PixelArray) -> PixelArray:
        """RGB uint8 of the size `small` at the size `window`."""
        return _resized(pixels, self.window)

    def _pad(self, values: FloatArray) -> FloatArray:
        below, right = self.padded[0] - self.scaled[0], self.padded[1] - self.scaled[1]
        sides = [(0, below), (0, right), (0, 0)][: values.ndim]
        return np.pad(values, sides, mode="symmetric")


def _resized(values: FloatArray, size: Size) -> FloatArray:
    if values.shape[:2] == size:
        return values
    shrinks = size[0] * size[1] < values.shape[0] * values.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(values, (size[1], size[0]), interpolation=how))
