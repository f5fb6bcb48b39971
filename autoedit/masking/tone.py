"""Bring what is lit anew to the tones of the ground that always was in the light."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import KDTree

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.masking.light import logs
from autoedit.masking.view import View

_SIDE = 320  # pixels of the longer side
_LIT, _BARE = 0.08, 0.2  # how likely, at most, ground is to show an effect, or a thing
_DOUBT = 0.02  # less of a change is none
_FEWEST, _MOST = 60, 5000  # pixels of lit ground
_ALIKE = 10  # of them, that tell a tone
_APART = 0.2  # how much a tone may differ, a log, for being a thing's size nearer
_SPREAD = 0.7  # pixels


def toned(view: View, gain: FloatArray, sure: FloatArray) -> FloatArray:
    """A gain that leads to tones which the lit ground near by has.

    What the network says of the light is right by some percent, and in the dark of a contact
    shadow, where the thing throws its colour, by much less: what it lights is too bright, or has a
    tint. The ground itself shows what it looks like: the lit ground most alike, and not far away,
    tells what the light must lead to (after Guo, Dai and Hoiem 2011, "Single-image shadow detection
    and removal using paired regions"). The change is smooth, so that the ground keeps its grain.

    Args:
        view: the thing and its surroundings.
        gain: float32 (h, w, 3), log of the factor on the view's values.
        sure: float32 (h, w) in [0, 1], how much of a change is to be made.
    """
    scale = min(1.0, _SIDE / max(sure.shape))
    height, width = (max(1, round(side * scale)) for side in sure.shape)

    def small(values: np.ndarray) -> FloatArray:
        given = np.ascontiguousarray(values, np.float32)
        return np.asarray(cv2.resize(given, (width, height), interpolation=cv2.INTER_AREA))

    inside, share = small(view.inside), small(sure)
    square = np.ones((3, 3), np.uint8)
    thing = np.asarray(cv2.dilate(np.maximum(small(view.seen.thing), inside), square))
    lit = (small(view.seen.effect) < _LIT) & (thing < _BARE)
    sought = (share > _DOUBT) & (inside < 0.5)
    if np.count_nonzero(lit) < _FEWEST or not sought.any():
        return gain
    values = logs(small(view.pixels))
    near = _APART / max(1.0, view.size * view.scale * scale)
    known, asked = _tones(values, lit, near), _tones(values + small(gain), sought, near)
    known = known[:: -(-len(known) // _MOST)]
    _, chosen = KDTree(known).query(asked, k=_ALIKE)
    red_green, blue_green, light = (known[chosen].mean(axis=1) - asked)[:, :3].T
    green = light - (red_green + blue_green) / 3
    change = np.zeros((height, width, 3), np.float32)
    change[sought] = np.stack([green + red_green, green, green + blue_green], axis=1)
    weight = sought.astype(np.float32)
    change, within = (cv2.GaussianBlur(each, (0, 0), _SPREAD) for each in (change, weight))
    # A thing that has a shadow on it keeps its own colours: none of them are the ground's.
    part = share * weight * (1 - np.clip(2 * thing, 0, 1)) / np.maximum(within, 0.001)
    size = sure.shape[1], sure.shape[0]
    large = cv2.resize(change * part[:, :, None], size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(gain + large, np.float32)


def _tones(values: FloatArray, of: BoolArray, near: float) -> np.ndarray:
    """Red and blue over green, light, and place of pixels: (N, 5); `values` are logs, (h, w, 3)."""
    red, green, blue = values[of].T
    rows, columns = np.nonzero(of)
    light = (red + green + blue) / 3
    return np.stack([red - green, blue - green, light, columns * near, rows * near], axis=1)
