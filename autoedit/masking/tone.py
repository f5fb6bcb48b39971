"""Bring what is lit anew to the tones of the ground that always was in the light."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import KDTree

from autoedit.core.dense_prediction import Prediction
from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.masking.light import logs, reduced

_SIDE = 320  # pixels of the longer side
_LIT, _BARE = 0.08, 0.2  # how likely, at most, ground is to show an effect, or a thing
_UNLIKELY, _LIKELY = 0.02, 0.07  # likewise, how likely there is an effect that is set right
_SOLID = 0.8  # how likely a thing is, at least, whose lit side tells what its shaded one looks like
_FEWEST, _MOST = 60, 5000  # pixels of what is lit
_ALIKE, _ABOUT = 10, 30  # of them, that tell a tone, and how the ground varies about it
_DOUBT, _LEAST = 2.0, 0.5  # times that, which halves what is sure; what is made up for anyhow
_FOREIGN = 0.35  # logs of red and blue over green: what differs by more is another surface
_APART = 0.2  # how much a tone may differ, a log, for being a thing's size nearer
_SPREAD, _AROUND, _SOME = 0.7, 5.0, 0.1  # pixels; share of what has a tone within so many


def toned(pixels: PixelArray, inside: BoolArray, seen: Prediction, size: float) -> FloatArray:
    """A gain that leads to tones which the lit ground near by has.

    What the network says of the light is right by some percent, and in the dark of a contact
    shadow, where the thing throws its colour, by much less: what it lights is too bright, or has a
    tint. The ground itself shows what it looks like: the lit ground most alike, and not far away,
    tells what the light must lead to, and on a tray the lit part of the tray (after Guo, Dai and
    Hoiem 2011, "Single-image shadow detection and removal using paired regions"). The change is
    smooth, so that the ground keeps its grain.

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
        return reduced(values, height, width)

    likely = np.clip((seen.effect - _UNLIKELY) / (_LIKELY - _UNLIKELY), 0, 1).astype(np.float32)
    within, share = small(inside), small(likely)
    free = small(seen.effect) < _LIT
    square = np.ones((3, 3), np.uint8)
    about = np.asarray(cv2.dilate(within, square))
    thing = np.asarray(cv2.dilate(np.maximum(small(seen.thing), within), square))
    core = np.where(about > 0, 0, cv2.erode(small(seen.thing), square))
    ground = 1 - np.clip(2 * thing, 0, 1)
    solid = np.clip(2 * core - 1, 0, 1)
    values, gain = logs(small(pixels)), small(seen.gain)
    change = np.zeros((height, width, 3), np.float32)
    # A thing that has a shadow on it keeps its own colours: none of them are the ground's.
    for lit, sought, part in (
        (free & (thing < _BARE), (share > 0) & (within < 0.5), ground),
        (free & (core > _SOLID), (share > 0) & (solid > 0), solid),
    ):
        if np.count_nonzero(lit) >= _FEWEST and sought.any():
            step = _step(values, gain, lit, sought, _APART / max(1.0, size * scale))
            change += step * (share * part)[:, :, None]
    shape = inside.shape[1], inside.shape[0]
    large = cv2.resize(change, shape, interpolation=cv2.INTER_LINEAR)
    return np.asarray(seen.gain + large, np.float32)


def _step(
    values: FloatArray, gain: FloatArray, lit: BoolArray, sought: BoolArray, near: float
) -> FloatArray:
    """What a gain lacks where it is sought, by the lit pixels most alike: smooth, (h, w, 3)."""
    known, asked = tones(values, lit, near), tones(values + gain, sought, near)
    known = known[:: -(-len(known) // _MOST)]
    chosen = np.asarray(KDTree(known).query(asked, k=_ABOUT)[1], np.intp)
    apart = (known[chosen[:, :_ALIKE]].mean(axis=1) - asked)[:, :3]
    # Where the ground has many tones, one that is near is not surely the right one.
    wide, size = (np.linalg.norm(each, axis=1) for each in (known[chosen, :3].std(axis=1), apart))
    sure = size**2 / np.maximum(size**2 + (_DOUBT * wide) ** 2, 1e-9)
    apart *= (_LEAST + (1 - _LEAST) * sure)[:, None]
    foreign = np.zeros_like(sought)
    foreign[sought] = np.hypot(apart[:, 0], apart[:, 1]) > _FOREIGN
    red_green, blue_green, light = apart.T
    green = light - (red_green + blue_green) / 3
    change = np.zeros_like(gain)
    change[sought] = np.stack([green + red_green, green, green + blue_green], axis=1)
    change[foreign] = 0
    # What has a tone of no lit ground, as where the thing's own colour shines, goes with the rest.
    known = (sought & ~foreign).astype(np.float32)
    around, share = (cv2.GaussianBlur(each, (0, 0), _AROUND) for each in (change, known))
    alike = foreign & (share > _SOME)
    change[alike] = around[alike] / share[alike][:, None]
    weight = sought.astype(np.float32)
    change, near_by = (cv2.GaussianBlur(each, (0, 0), _SPREAD) for each in (change, weight))
    return np.asarray(change * (weight / np.maximum(near_by, 0.001))[:, :, None], np.float32)


def tones(values: FloatArray, of: BoolArray, near: float) -> np.ndarray:
    """Red and blue over green, light, and place of pixels: (N, 5); `values` are logs, (h, w, 3)."""
    red, green, blue = values[of].T
    rows, columns = np.nonzero(of)
    light = (red + green + blue) / 3
    return np.stack([red - green, blue - green, light, columns * near, rows * near], axis=1)
