"""From a click to a coarse mask."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Point
from autoedit.core.superpixels import Superpixels, cut_superpixels, to_lab
from autoedit.segmentation.graph_cut import path_contrast
from autoedit.segmentation.window import Window

_SIDE = 400
_STEP = 12
_TRIES = 40
_LARGEST = 0.4  # of the photo


def grow_from_points(
    photo: Photo, points: tuple[Point, ...], negative_points: tuple[Point, ...]
) -> Mask:
    """The region round the points that is best set off from what lies about it.

    Regions of growing contrast from the points are tried, the one with the strongest outline for
    its size is taken; pieces nearer to a negative point are left out.

    Returns:
        A coarse mask over the whole photo, empty without points.
    """
    if not points:
        return Mask(np.zeros(photo.shape, np.float32), "points")
    window = Window.around((0, 0, photo.width, photo.height), photo.shape, 0, _SIDE)
    pieces = cut_superpixels(to_lab(window.take(photo.pixels)), _STEP)
    seeds = _at(points, pieces, window)
    distance = path_contrast(pieces, seeds) + _colour_distance(pieces, seeds)
    allowed = np.ones(pieces.count, bool)
    if negative_points:
        refused = _at(negative_points, pieces, window)
        allowed = distance < path_contrast(pieces, refused) + _colour_distance(pieces, refused)
    inside = _best_level(pieces, np.where(allowed, distance, np.inf), seeds)
    mask = inside[pieces.labels].astype(np.float32)
    return Mask(window.put_map(mask, photo.shape), "points")


def _at(points: tuple[Point, ...], pieces: Superpixels, window: Window) -> BoolArray:
    marked = np.zeros(pieces.count, bool)
    for point in points:
        x, y = window.point(point)
        marked[pieces.labels[y, x]] = True
    return marked


def _colour_distance(pieces: Superpixels, seeds: BoolArray) -> FloatArray:
    """CIELAB difference to the nearest seed's colour, lightness counting half."""
    colour = pieces.colour * np.array([0.5, 1, 1], np.float32)
    apart = np.linalg.norm(colour[:, None] - colour[seeds][None], axis=2)
    return apart.min(axis=1).astype(np.float32)


def _best_level(pieces: Superpixels, distance: FloatArray, seeds: BoolArray) -> BoolArray:
    reachable = np.sort(distance[np.isfinite(distance)])
    shares = np.geomspace(0.003, 1, _TRIES)
    levels = reachable[np.minimum((shares * reachable.size).astype(int), reachable.size - 1)]
    total = pieces.area.sum()
    best, best_score = seeds, -1.0
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    for level in np.unique(levels):
        inside = (distance <= level) | seeds
        share = pieces.area[inside].sum() / total
        if share > _LARGEST:
            break
        rim = inside[first] != inside[second]
        length = pieces.length[rim].sum()
        if length == 0:
            continue
        outline = float((pieces.contrast[rim] * pieces.length[rim]).sum() / length)
        held = float(pieces.border[inside].sum() / (length + pieces.border[inside].sum()))
        score = outline * (1 - held) * float(share) ** 0.15
        if score > best_score:
            best, best_score = inside, score
    return best
