"""Bring what is lit anew level with the ground just beyond the edge of its shadow."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import KDTree

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.masking.light import logs
from autoedit.masking.tone import tones
from autoedit.masking.view import View

_EDGE, _SMALLEST = 0.5, 100  # how likely an effect is at the edge of a shadow; pixels of one
_WITHIN, _BEYOND = 0.7, 0.15  # likewise, at least within that edge and at most beyond it
_NEAR = range(5, 11)  # pixels from the edge that are compared
_BARE = 0.3  # how likely ground is a thing, at most
_FEWEST, _MOST = 15, 0.35  # pixels of an edge; a step, in logs: more is no shadow's
_SMOOTH, _AROUND = 2.0, 25.0  # pixels: of the edge's direction, and about which a step tells
_ALIKE = 4  # pixels of an edge that say much the same
_SURE, _SURER = 3.0, 5.0  # times what a step differs by chance: nothing is done, and all is
_OWN = 3.0  # pixels of an edge near by, with which half of the step is made up for
_NONE, _FULL = 0.3, 0.7  # how likely an effect is where the step is made up for
_LIT, _TONES, _ASKED, _ALIKE_TONES = 0.08, 5000, 3000, 10  # ground that tells tones, and pixels
_APART = 0.2  # how much a tone may differ, a log, for being a thing's size nearer
_FARTHER = 2.0  # times as far from the tones of the lit ground: a step of its pattern, not of light
_SQUARE = np.ones((5, 5), np.uint8)


def levelled(view: View) -> FloatArray:
    """A gain after which a shadow with a sharp edge is as light on both sides of it.

    Where the edge is sharp, the ground just within was lit like the ground just beyond, and over
    enough of the edge their patterns are alike: what is left of a step is the gain's error (after
    Shor and Lischinski 2008, "The shadow meets the mask", who compare strips along the edge).
    It is made up for where it is surely more than chance, and near that part of the edge.

    Args:
        view: what `view_round` says of the thing.

    Returns:
        float32 (h, w, 3), log of the factor on values.
    """
    effect = view.seen.effect
    thing = np.maximum(view.seen.thing, view.inside.astype(np.float32))
    bare = np.asarray(cv2.dilate(thing, _SQUARE)) < _BARE
    shadow = ((effect > _EDGE) & bare).astype(np.uint8)
    if np.count_nonzero(shadow) < _SMALLEST:
        return view.gain
    steps, rows, columns = _steps(view, shadow, bare)
    if len(steps) < _FEWEST:
        return view.gain
    marks = np.zeros((*effect.shape, 3), np.float32), np.zeros((*effect.shape, 2), np.float32)
    squares = (steps**2).mean(axis=1)
    np.add.at(marks[0], (rows, columns), steps)
    np.add.at(marks[1], (rows, columns), np.stack([squares, np.ones_like(squares)], axis=1))
    told, both = (cv2.GaussianBlur(each, (0, 0), _AROUND) for each in marks)
    square, count = cv2.split(both * np.float32(2 * np.pi * _AROUND**2))
    told *= np.float32(2 * np.pi * _AROUND**2)
    number = np.maximum(count, 1e-6)
    mean = told / number[:, :, None]
    spread = np.sqrt(np.maximum(square / number - (mean**2).mean(axis=2), 1e-6))
    chance = spread / np.sqrt(np.maximum(count / _ALIKE, 0.01))
    sure = np.clip((np.abs(mean).mean(axis=2) / chance - _SURE) / (_SURER - _SURE), 0, 1)
    weight = sure * count / (count + _OWN) * ((effect > _NONE) & (thing < _EDGE))
    change = cv2.GaussianBlur(mean * weight[:, :, None], (0, 0), _SMOOTH)
    share = np.clip((effect - _NONE) / (_FULL - _NONE), 0, 1)
    gain = np.asarray(view.gain + change * share[:, :, None], np.float32)
    return view.gain if _misled(view, gain, bare) else gain


def _misled(view: View, gain: FloatArray, bare: BoolArray) -> bool:
    """Whether the steps were the ground's: after them it has tones that no lit ground has.

    So it is where the edge of a shadow runs along squares or stripes, and not across them.
    """
    lit = bare & (view.seen.effect < _LIT)
    changed = bare & (gain != view.gain).any(axis=2)
    if np.count_nonzero(lit) < _SMALLEST or not changed.any():
        return False
    values = logs(view.pixels.astype(np.float32))
    near = _APART / max(1.0, view.size * view.scale)
    known = tones(values, lit, near)
    known = known[:: -(-len(known) // _TONES)]
    tree = KDTree(known)

    def strange(by: FloatArray) -> float:
        asked = tones(values + by, changed, near)
        asked = asked[:: -(-len(asked) // _ASKED)]
        nearest = np.asarray(tree.query(asked, k=_ALIKE_TONES)[1], np.intp)
        apart = (known[nearest].mean(axis=1) - asked)[:, :3]
        return float(np.linalg.norm(apart, axis=1).mean())

    return strange(gain) > _FARTHER * strange(view.gain)


def _steps(
    view: View, shadow: np.ndarray, bare: BoolArray
) -> tuple[FloatArray, np.ndarray, np.ndarray]:
    """By how much it is lighter beyond the edge, in logs, (N, 3); the rows and columns there."""
    effect = view.seen.effect
    values = logs(view.pixels.astype(np.float32)) + view.gain
    smooth = cv2.GaussianBlur(effect, (0, 0), _SMOOTH)
    inner = cv2.erode(shadow, _SQUARE[:3, :3]) == 0
    rows, columns = np.nonzero((shadow > 0) & inner)
    inward = np.stack([
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1)[rows, columns],
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0)[rows, columns],
    ])  # fmt: skip
    inward /= np.maximum(np.linalg.norm(inward, axis=0), 1e-6)
    good = np.ones(rows.size, np.bool_)
    total = np.zeros((rows.size, 3), np.float32)
    limits = np.array(effect.shape)[:, None] - 1
    for away in _NEAR:
        for way in (1, -1):
            place = np.rint(np.stack([rows, columns]) + way * away * inward).astype(int)
            good &= ((place >= 0) & (place <= limits)).all(axis=0)
            y, x = np.clip(place, 0, limits)
            likely = effect[y, x]
            good &= bare[y, x] & (likely > _WITHIN if way > 0 else likely < _BEYOND)
            total -= way * values[y, x] / len(_NEAR)
    return np.clip(total[good], -_MOST, _MOST), rows[good], columns[good]
