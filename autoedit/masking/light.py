"""Values as logs of light, on which a gain is added; and maps of it, reduced."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray

_DARK = 12.0  # of 255, added to values before their ratio, as when the network was taught


def logs(values: FloatArray) -> FloatArray:
    """Of values in 0..255, float32 of any shape."""
    return np.log(values + np.float32(_DARK))


def changed_by(values: FloatArray, gain: FloatArray) -> FloatArray:
    """What a gain adds to values.

    Args:
        values: float32 (H, W, 3) in 0..255.
        gain: float32 (H, W, 3), log of the factor.
    """
    return (values + np.float32(_DARK)) * np.expm1(gain)


def reduced(values: np.ndarray, height: int, width: int) -> FloatArray:
    """A map, (H, W) or (H, W, C) of any type, at a smaller size: float32, each pixel a mean."""
    given = np.ascontiguousarray(values, np.float32)
    return np.asarray(cv2.resize(given, (width, height), interpolation=cv2.INTER_AREA), np.float32)
