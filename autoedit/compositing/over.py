"""Lay a subject over a backdrop."""

from __future__ import annotations

import numpy as np

from autoedit.compositing.colours import RGB
from autoedit.core.mask import FloatArray, Mask, PixelArray

_STRIP = 256  # rows that are worked on at once, which bounds the memory


def over(
    colours: PixelArray,
    alpha: Mask,
    backdrop: PixelArray | RGB,
    shade: FloatArray | None = None,
) -> PixelArray:
    """A subject over a backdrop: exactly the backdrop wherever alpha is 0 and the shade 1.

    Args:
        colours: RGB uint8 (H, W, 3), the subject's own.
        alpha: the subject's.
        backdrop: RGB uint8 (H, W, 3), or one colour.
        shade: float32 (H, W) in [0, 1], what is left of the light on the backdrop; None for all.

    Returns:
        RGB uint8 (H, W, 3).
    """
    result = np.empty_like(colours)
    flat = isinstance(backdrop, RGB)
    for top in range(0, colours.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        behind = np.asarray(backdrop if flat else backdrop[rows], np.float32)
        if shade is not None:
            behind = behind * shade[rows, :, None]
        weight = alpha.array[rows, :, None]
        mixed = colours[rows] * weight + behind * (1 - weight)
        result[rows] = np.rint(np.clip(mixed, 0, 255))
    return result
