"""The subject's own colours, where a photo's pixels mix them with the background's.

Blur fusion, twice: Forte, "Approximate Fast Foreground Colour Estimation" (2021).
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray

_WIDE, _NARROW = 60, 4  # pixels, half widths of the two passes
_TILE = 768
_TINY = 1e-5


def foreground(pixels: PixelArray, alpha: FloatArray) -> PixelArray:
    """RGB uint8 (H, W, 3): the subject's colours where alpha is neither 0 nor 1, else the photo's.

    Args:
        pixels: RGB uint8 (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
    """
    result = pixels.copy()
    soft = (alpha > 0) & (alpha < 1)
    height, width = alpha.shape
    margin = _WIDE + _NARROW
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            core = np.s_[top : top + _TILE, left : left + _TILE]
            if not soft[core].any():
                continue
            y0, x0 = max(0, top - margin), max(0, left - margin)
            window = np.s_[y0 : top + _TILE + margin, x0 : left + _TILE + margin]
            estimated = _fused(pixels[window].astype(np.float32), alpha[window])
            rows, columns = soft[core].shape
            inner = estimated[top - y0 : top - y0 + rows, left - x0 : left - x0 + columns]
            result[core][soft[core]] = np.rint(inner[soft[core]]).astype(np.uint8)
    return result


def _fused(image: FloatArray, alpha: FloatArray) -> FloatArray:
    weight = alpha[:, :, None]
    subject, ground = image, image
    for radius in (_WIDE, _NARROW):
        size = (2 * radius + 1, 2 * radius + 1)
        share = cv2.blur(alpha, size)[:, :, None]
        mean = cv2.blur(subject * weight, size) / (share + _TINY)
        ground = cv2.blur(ground * (1 - weight), size) / (1 - share + _TINY)
        subject = mean + weight * (image - weight * mean - (1 - weight) * ground)
        subject = np.clip(subject, 0, 255)
    return subject
