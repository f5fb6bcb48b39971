"""From a click to a coarse mask."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Point
from autoedit.core.superpixels import Superpixels, cut_superpixels, to_lab
from autoedit.segmentation.cues import point_cues
from autoedit.segmentation.graph_cut import minimum_cut, smoothness
from autoedit.segmentation.window import Window

_SIDE, _STEP = 400, 9
_SMOOTH, _SURE = 3.0, 50.0
_BIASES = (-0.6, -0.2, 0.2, 0.6, 1.0, 1.5)
# Regression of the overlap with the truth over cuts of photos with true masks.
_HELD, _RAGGED, _DOUBT, _LARGE = -1.6, -0.6, -1.4, 0.15


def grow_from_points(
    photo: Photo, points: tuple[Point, ...], negative_points: tuple[Point, ...]
) -> Mask:
    """The thing at the points, as far as the photo as a whole tells it from its surroundings.

    A point says little about how large its thing is: a part, the whole, or what it stands on. So
    things of several sizes are cut out (as in Carreira & Sminchisescu 2012, "CPMC"), and the one
    kept that is compact, clear of the frame and made of pieces that are sure.

    Returns:
        A coarse mask over the whole photo, empty without points.
    """
    if not points:
        return Mask(np.zeros(photo.shape, np.float32), "points")
    window = Window.around((0, 0, photo.width, photo.height), photo.shape, 0, _SIDE)
    pieces = cut_superpixels(to_lab(window.take(photo.pixels)), _STEP)
    wanted = _at(points, pieces, window)
    refused = _at(negative_points, pieces, window) & ~wanted
    inside = _best_cut(pieces, wanted, refused)
    mask = inside[pieces.labels].astype(np.float32)
    return Mask(window.put_map(mask, photo.shape), "points")


def _at(points: tuple[Point, ...], pieces: Superpixels, window: Window) -> BoolArray:
    marked = np.zeros(pieces.count, bool)
    for point in points:
        x, y = window.point(point)
        marked[pieces.labels[y, x]] = True
    return marked


def _best_cut(pieces: Superpixels, wanted: BoolArray, refused: BoolArray) -> BoolArray:
    odds = point_cues(pieces, wanted, refused)
    weights = _SMOOTH * smoothness(pieces, _STEP)
    best, highest = wanted, -np.inf
    for bias in _BIASES:
        biased = odds + np.float32(bias)
        unary = np.where(wanted, _SURE, np.where(refused, -_SURE, biased)).astype(np.float32)
        inside = minimum_cut(unary, pieces.edges, weights)
        score = _quality(pieces, inside, biased) + _LARGE * bias
        if score > highest:
            best, highest = inside, score
    return best


def _quality(pieces: Superpixels, inside: BoolArray, odds: FloatArray) -> float:
    """How much a cut looks like a whole thing: more is better, without a unit."""
    rim = float(pieces.length[inside[pieces.edges[:, 0]] != inside[pieces.edges[:, 1]]].sum())
    frame = float(pieces.border[inside].sum())
    held = frame / (rim + frame + 1e-6)
    ragged = np.log(rim / np.sqrt(pieces.area[inside].sum()) + 0.1)
    doubt = np.exp(-np.abs(odds)).mean()
    return float(_HELD * held + _RAGGED * ragged + _DOUBT * doubt)
