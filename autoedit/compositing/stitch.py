"""Paste a filled window back: only where the matte is above 0."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.window import Window


def stitch(pixels: PixelArray, filled: PixelArray, matte: FloatArray, window: Window) -> None:
    """Blend a filled window into a photo, in place.

    Args:
        pixels: RGB uint8 (H, W, 3), changed in place; bit-identical wherever the matte is 0.
        filled: RGB uint8 (h, w, 3) of the window's size.
        matte: float32 (h, w) in [0, 1] of the window's size.
        window: where it goes.
    """
    target = pixels[window.slices]
    touched = matte > 0
    weight = matte[touched][:, None]
    mixed = filled[touched] * weight + target[touched] * (1.0 - weight)
    target[touched] = np.rint(mixed).astype(np.uint8)


def blend(before: PixelArray, after: PixelArray, matte: FloatArray) -> PixelArray:
    """A whole-frame blend of two photos of one size, as a new array; 0 keeps `before` exactly."""
    pixels = before.copy()
    stitch(pixels, after, matte, Window(0, 0, before.shape[1], before.shape[0]))
    return pixels
