"""Bring what is lit anew to the tones of the ground that always was in the light."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import KDTree

from autoedit.core.dense_prediction import Prediction
from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.masking.light import logs

_SIDE = 320  # pixels of the longer side
_LIT, _BARE = 0.08, 0.2  # how likely, at most, ground is to show an effect, or a thing
_UNLIKELY, _LIKELY = 0.02, 0.07  # likewise, how likely there is an effect that is set right
_FEWEST, _MOST = 60, 5000  # pixels of lit ground
_ALIKE = 10  # of them, that tell a tone
_APART = 0.2  # how much a tone may differ, a log, for being a thing's size nearer
_SPREAD = 0.7  # pixels


def toned(pixels: PixelArray, inside: BoolArray, seen: Prediction, size: float) -> FloatArray:
    """A gain that leads to tones which the lit ground near by has.

    What the network says of the light is right by some percent, and in the dark of a contact
    shadow, where the thing throws its colour, by much less: what it lights is too bright, or has a
    tint. The ground itself shows what it looks like: the lit ground most alike, and not far away,
    tells what the light must lead to (after Guo, Dai and Hoiem 2011, "Single-image shadow detection
    and removal using paired regions"). The change is smooth, so that the ground keeps its grain.

    Args:
        pixels: RGB uint8 (h, w, 3).
        inside: bool (h, w), the thing.
        seen: what the network says, (h, w).
        size: side of a square of the thing's area, in pixels.

    Returns:
        float32 (h, w, 3), log of the factor on values, as the network's.
    """
    scale = min(1.0, _SIDE / max(inside.shape))
    height, width = (max(1, round(side * scale)) for side in inside.shape)

    def small(values: np.ndarray) -> FloatArray:
        given = np.ascontiguousarray(values, np.float32)
        return np.asarray(cv2.resize(given, (width, height), interpolation=cv2.INTER_AREA))

    likely = np.clip((seen.effect - _UNLIKELY) / (_LIKELY - _UNLIKELY), 0, 1).astype(np.float32)
    within, share = small(inside), small(likely)
    square = np.ones((3, 3), np.uint8)
    thing = np.asarray(cv2.dilate(np.maximum(small(seen.thing), within), square))
    lit = (small(seen.effect) < _LIT) & (thing < _BARE)
    sought = (share > 0) & (within < 0.5)
    if np.count_nonzero(lit) < _FEWEST or not sought.any():
        return seen.gain
    values = logs(small(pixels))
    near = _APART / max(1.0, size * scale)
    known, asked = _tones(values, lit, near), _tones(values + small(seen.gain), sought, near)
    known = known[:: -(-len(known) // _MOST)]
    _, chosen = KDTree(known).query(asked, k=_ALIKE)
    red_green, blue_green, light = (known[chosen].mean(axis=1) - asked)[:, :3].T
    green = light - (red_green + blue_green) / 3
    change = np.zeros((height, width, 3), np.float32)
    change[sought] = np.stack([green + red_green, green, green + blue_green], axis=1)
    weight = sought.astype(np.float32)
    change, near_by = (cv2.GaussianBlur(each, (0, 0), _SPREAD) for each in (change, weight))
    # A thing that has a shadow on it keeps its own colours: none of them are the ground's.
    part = share * weight * (1 - np.clip(2 * thing, 0, 1)) / np.maximum(near_by, 0.001)
    shape = inside.shape[1], inside.shape[0]
    large = cv2.resize(change * part[:, :, None], shape, interpolation=cv2.INTER_LINEAR)
    return np.asarray(seen.gain + large, np.float32)


def _tones(values: FloatArray, of: BoolArray, near: float) -> np.ndarray:
    """Red and blue over green, light, and place of pixels: (N, 5); `values` are logs, (h, w, 3)."""
    red, green, blue = values[of].T
    rows, columns = np.nonzero(of)
    light = (red + green + blue) / 3
    return np.stack([red - green, blue - green, light, columns * near, rows * near], axis=1)
