"""What a hole hides of another thing: the part of a tray that is seen when the vase is gone."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask

_DENTED = 0.06  # of its hull: a thing that lacks more, not counting the hole, is not convex
_LEAST, _MOST = 0.01, 1.5  # of what is seen of a thing: less is its edge, and more is a guess


def hidden_part(thing: Mask, hole: BoolArray) -> FloatArray | None:
    """The part of a hole behind which a thing goes on, if the thing is convex but for the hole.

    What is hidden of a convex shape lies in the convex hull of what is seen of it; this is all of
    it where the hole cuts in from one side, and some of it where a corner is hidden.

    Args:
        thing: another thing, (H, W), as far as it is seen.
        hole: bool (H, W), what is to be filled.

    Returns:
        float32 (H, W) in [0, 1], 0 outside the hole, soft at the thing's edge; None for nothing.
    """
    seen = thing.binary & ~hole
    visible = np.count_nonzero(seen)
    if not visible or not hole.any():
        return None
    outlines, _ = cv2.findContours(
        seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    hull = np.zeros(hole.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(outlines)), 1)
    whole = hull > 0
    part = whole & hole
    size, lacking = np.count_nonzero(part), np.count_nonzero(whole & ~hole & ~seen)
    if not _LEAST * visible < size < _MOST * visible or lacking > _DENTED * whole.sum():
        return None
    soft = cv2.GaussianBlur(hull.astype(np.float32), (0, 0), 0.8)
    return np.where(hole, soft, 0).astype(np.float32)
