"""Take away the fine line that a shadow's edge leaves where its light was given back."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_FLAT, _STEEP = 0.03, 0.06  # of the gain's log over a pixel: no edge, and wholly one
_BESIDE = 3.0  # pixels: how far off the ground beside an edge tells what it looks like
_FEW = 0.02  # share of ground there that is too little to tell
_CONTRAST = 0.15  # of the ground's light, times which it is twice too uneven for that
_DARK = 12.0  # of 255, added to light before a ratio


def rim_change(
    pixels: FloatArray, gain: FloatArray, free: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """What is to be added to ground that was lit anew, so that no rim is left.

    The gain is as fine as the network's maps, the edge of a hard shadow is finer: a line just
    within it stays dark, and one just beyond becomes too bright. There the ground is made as it is
    on both sides; where it is of many tones, it stays, for no rim can be told from it.

    Args:
        pixels: RGB in 0..255, float32 (h, w, 3), lit anew, at the size of the maps.
        gain: float32 (h, w), log of the factor by which it was, of a smooth map.
        free: bool (h, w), ground that will stay to be seen.

    Returns:
        float32 (h, w, 3), to be added; and (h, w) in [0, 1], where and how much of the ground it
        replaces.
    """
    steps = np.hypot(*(cv2.Sobel(gain, cv2.CV_32F, *way, ksize=3) / 8 for way in ((1, 0), (0, 1))))
    edge = np.clip((steps - _FLAT) / (_STEEP - _FLAT), 0, 1) * free
    beside = (free & (edge == 0)).astype(np.float32)
    near = cv2.GaussianBlur(beside, (0, 0), _BESIDE)

    def mean(values: FloatArray) -> FloatArray:
        total = cv2.GaussianBlur(values * beside[:, :, None], (0, 0), _BESIDE)
        return np.asarray(total / np.maximum(near, 0.001)[:, :, None], np.float32)

    ground = mean(pixels)
    uneven = np.sqrt(np.maximum(mean(pixels**2) - ground**2, 0) + 1).mean(axis=2)
    uneven /= ground.mean(axis=2) + _DARK
    edge *= np.clip(_CONTRAST / uneven - 0.5, 0, 1) * (near > _FEW)
    return edge[:, :, None] * (ground - pixels), edge.astype(np.float32)
