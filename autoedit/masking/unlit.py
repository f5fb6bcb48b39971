"""What of a shadow stays dark although its light was given back."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import KDTree

from autoedit.core.dense_prediction import predict
from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.masking.light import changed_by, logs, reduced
from autoedit.masking.tone import tones
from autoedit.masking.view import View, in_photo

_SIDE = 320  # pixels of the longer side
# How likely, at most, lit ground is of the thing's effects, of a thing, and of any thing's effects.
_FREE, _BARE, _CLEAR = 0.08, 0.2, 0.3
_PERHAPS, _SURELY = 0.1, 0.5  # how likely, at least, what is asked is an effect, and what surely is
_SOLID = 0.97  # how likely, at least, a thing is that is no shadow for all that
_ROUND, _NEAR = 1.0, 0.5  # sizes round the shadow: lit ground that tells, and what may be of it
_FEWEST, _MOST = 60, 2000  # pixels of lit ground
_COMMON = 0.02  # share of the lit ground that has a tone
_DARKER = 12.0  # of 255: than lit ground is
_SMOOTH = 1.5  # pixels
# Pixels that surely are shadow; how likely all is, on average; times that, its share of the shadow,
# or so likely that any share will do.
_CORE, _LIKELY, _SHARE, _PURE = 40, 0.35, 0.1, 0.9
# How likely it is of the thing, at least, to how likely of any; share of what is round another's.
_OWN, _GOES_ON = 0.3, 0.5
_ROUND_PART = np.ones((5, 5), np.uint8)


def still_dark(view: View, shadow: Mask) -> BoolArray:
    """Where a shadow is darker than any ground near by, in the light that the gain gives it.

    The network takes a deep shadow for a thing now and then, and lights its edge alone. It cannot
    be told from the ground's own dark spots by that, but by the ground beside it, which has no such
    tones; only a large part of a shadow, of which most surely is one, is meant.

    Args:
        view: what `view_round` says of the thing.
        shadow: where its shadow is found, (H, W).

    Returns:
        bool (H, W).
    """
    found = np.zeros(shadow.shape, np.bool_)
    (x0, y0, x1, y1), (rows, columns) = view.box, view.inside.shape
    scale = min(1.0, _SIDE / max(rows, columns))
    height, width = (max(1, round(side * scale)) for side in (rows, columns))

    def small(values: np.ndarray) -> FloatArray:
        return reduced(values, height, width)

    square = np.ones((3, 3), np.uint8)
    inside, thing, effect = small(view.inside), small(view.seen.thing), small(view.seen.effect)
    shaded = (small(shadow.array[y0:y1, x0:x1]) > 0.5) & (inside < 0.5)
    if not shaded.any():
        return found
    away = distance(~shaded) / (view.size * view.scale * scale)
    free = (effect < _FREE) & (cv2.dilate(np.maximum(thing, inside), square) < _BARE)
    asked = (effect > _PERHAPS) & (thing < _SOLID) & (away < _NEAR)
    asked &= cv2.dilate(inside, square) < 0.5
    if not asked.any():
        return found
    anyone = small(predict(view.pixels).effect)
    lit = free & (anyone < _CLEAR) & (away < _ROUND)
    if np.count_nonzero(lit) < _FEWEST:
        return found
    pixels = view.pixels.astype(np.float32)
    values = logs(small(np.clip(pixels + changed_by(pixels, view.gain), 0, 255)))
    dark = _darker(values, lit, asked) > _DARKER
    count, parts = cv2.connectedComponents((dark & asked).astype(np.uint8), connectivity=4)
    labels = np.asarray(parts, np.intp)
    area = np.bincount(labels.ravel(), minlength=count)
    sure = np.bincount(labels[shaded & (effect > _SURELY)], minlength=count)
    likely = np.bincount(labels.ravel(), effect.ravel(), minlength=count)
    chosen = (sure >= _CORE) & (likely > _LIKELY * area)
    chosen &= (likely > _SHARE * np.count_nonzero(shaded)) | (likely > _PURE * area)
    chosen[0] = False
    still = chosen[labels]
    still &= ~_others(still, effect, anyone, inside < 0.5)
    return in_photo(cv2.dilate(still.astype(np.uint8), square) > 0, view, shadow.shape)


def _others(
    dark: BoolArray, effect: FloatArray, anyone: FloatArray, around: BoolArray
) -> BoolArray:
    """What of the dark is another thing's shadow, bool (h, w): it goes on beyond, as another's.

    Args:
        dark: bool (h, w).
        effect: how likely the thing's effects show, (h, w).
        anyone: how likely any thing's effects show, (h, w).
        around: bool (h, w), all but the thing.
    """
    its, anyone = (cv2.GaussianBlur(each, (0, 0), _SMOOTH) for each in (effect, anyone))
    foreign = its < _OWN * anyone
    parts = np.asarray(cv2.connectedComponents((dark & foreign).astype(np.uint8))[1], np.intp)
    beyond = around & ~dark
    others = np.zeros_like(dark)
    for part in range(1, int(parts.max()) + 1):
        ring = beyond & (cv2.dilate((parts == part).astype(np.uint8), _ROUND_PART) > 0)
        if ring.any() and np.mean((foreign & (anyone > _SURELY))[ring]) > _GOES_ON:
            others |= parts == part
    return others


def _darker(values: FloatArray, lit: BoolArray, asked: BoolArray) -> FloatArray:
    """How much darker than the lit ground most alike, of 255: (h, w); `values` are logs."""
    known, wanted = (tones(values, where, 0)[:, :3] for where in (lit, asked))
    known = known[:: -(-len(known) // _MOST)]
    _, nearest = KDTree(known).query(wanted, k=max(5, int(_COMMON * len(known))))
    light = known[nearest][:, :, 2].mean(axis=1)
    both = np.zeros((*asked.shape, 2), np.float32)
    both[asked, 0] = np.exp(light) - np.exp(wanted[:, 2])
    both[asked, 1] = 1
    lacking, weight = cv2.split(cv2.GaussianBlur(both, (0, 0), _SMOOTH))
    return np.asarray(lacking / np.maximum(weight, 0.01), np.float32)
