"""How far pixels are from an edge, to the same bits each time."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray


def distance(inside: BoolArray) -> FloatArray:
    """Each inner pixel's Euclidean distance to the nearest outer one, 0 outside.

    OpenCV takes the root in a way whose last bit depends on where in memory the result happens to
    lie. The squares are whole numbers, so they are restored, and the root is taken again.

    Args:
        inside: bool (H, W).

    Returns:
        float32 (H, W), in pixels; the same bits on every call up to some 1400 pixels. Where nothing
        is outside, larger than any photo.
    """
    rough = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(np.square(rough, dtype=np.float64))).astype(np.float32)
