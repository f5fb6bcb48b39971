"""The light at the edge of a thing is the thing's, not that of the ground beside it."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray
from autoedit.masking.view import View

_THING = 0.5  # how likely it is one, at least
_EDGE = np.ones((13, 13), np.uint8)  # pixels of the view: so far the network's gain runs over
_WIDE = 4.0  # pixels, of the average of what is within


def off_edges(gain: FloatArray, view: View) -> FloatArray:
    """A gain that at a thing's edge is no larger than within the thing.

    The network looks at cells of several pixels, and what it says of the ground in a deep shadow
    runs over the edge of a thing beside it, which was in the light.

    Args:
        gain: float32 (h, w, 3), log of the factor on values.
        view: what `view_round` says of the thing.

    Returns:
        float32 (h, w, 3).
    """
    things = (view.seen.thing > _THING) & ~view.inside
    ground = ~things & ~view.inside  # at the foot of what stands on a thing is its own shadow
    edge = things & (cv2.dilate(ground.astype(np.uint8), _EDGE) > 0)
    core = (things & ~edge).astype(np.float32)
    if not core.any():
        return gain
    both = cv2.GaussianBlur(np.dstack([gain * core[:, :, None], core]), (0, 0), _WIDE)
    share = both[:, :, 3]
    within = both[:, :, :3] / np.maximum(share, 1e-6)[:, :, None]
    less = np.abs(within).mean(axis=2) < np.abs(gain).mean(axis=2)
    chosen = edge & (share > 1e-3) & less
    return np.where(chosen[:, :, None], within, gain).astype(np.float32)
