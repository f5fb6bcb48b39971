"""What a box or points say about each superpixel: how likely it is part of the thing meant."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.region import Box
from autoedit.core.superpixels import IntArray, Superpixels
from autoedit.segmentation.colour_models import LocalColours
from autoedit.segmentation.graph_cut import path_contrast
from autoedit.segmentation.hierarchy import Hierarchy, merge_pieces

_LEVELS = (300, 150, 75, 40, 20, 10)
_CO_LEVELS = (600, 400, 300, 200, 150, 100, 75, 50, 40, 30, 20, 14, 10, 7, 5)
_BORDER_LEVELS = _CO_LEVELS[4:]
# Logistic regression over the pieces of photos with true masks, each photo counting alike.
_BOX_ODDS, _OVERHANG, _BOX_COLOUR, _BOX_WALLS = -0.7, -2.4, 2.0, 1.31
_POINT_ODDS, _WANTED, _REFUSED, _BORDER, _POINT_COLOUR = -2.73, 1.53, -0.45, -1.93, 1.27
_FAR, _FROM_POINTS, _FROM_REST, _NEARER = -1.1, -0.78, 1.04, 0.92
_NEAR, _REACH = 0.25, 0.2  # shares of the diagonal


def box_cues(
    pieces: Superpixels, colours: LocalColours, box: Box, outside: BoolArray
) -> FloatArray:
    """Log odds of each piece for the thing, from three cues.

    Overhang: regions of a hierarchy of merges that reach out of the box belong to the background
    (as in Arbelaez et al. 2014, "MCG", where proposals are regions that a box can hold). Colour:
    whether it is more usual near the box's middle than elsewhere. Walls: how much contrast has to
    be crossed to come in from outside (Zhang & Sclaroff 2013).

    Args:
        pieces: the window's superpixels.
        colours: their colour models.
        box: xyxy in pixels of the window.
        outside: bool (N,), pieces outside the box; at least one True and one False.

    Returns:
        float32 (N,).
    """
    x0, y0, x1, y1 = box
    half = np.array([(x1 - x0) / 2, (y1 - y0) / 2], np.float32)
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2], np.float32)
    off_centre = (((pieces.centre - middle) / half) ** 2).sum(axis=1)
    central = np.where(outside, 0, np.exp(-off_centre)).astype(np.float32)
    usual = colours.log_ratio(colours.likelihood(central), colours.likelihood(1 - central))
    overhang = merge_pieces(pieces).share(pieces.area * outside, pieces.area, _LEVELS)
    walls = np.log1p(_crossed(pieces, outside))
    return (_BOX_ODDS + _OVERHANG * overhang + _BOX_COLOUR * usual + _BOX_WALLS * walls).astype(
        np.float32
    )


def point_cues(pieces: Superpixels, wanted: BoolArray, refused: BoolArray) -> FloatArray:
    """Log odds of each piece for the thing at some points.

    Company: how many of the regions that a piece belongs to, in a hierarchy of merges, hold a
    point of either kind. Frame: how much of the photo's frame they hold, as background does
    (Zhu et al. 2014, "boundary connectivity"). Colour, distance and walls: as for a box, with the
    photo's frame as what lies outside.

    Args:
        pieces: superpixels of the whole photo.
        wanted: bool (N,), pieces with a positive point; at least one True.
        refused: bool (N,), pieces with a negative point.

    Returns:
        float32 (N,).
    """
    tree = merge_pieces(pieces)
    diagonal = float(np.hypot(*pieces.labels.shape))
    apart = _distance(pieces, wanted) / diagonal
    near = np.where(wanted, 1, np.exp(-((apart / _NEAR) ** 2)))
    if refused.any():
        near *= np.where(
            wanted, 1, 1 - np.exp(-((_distance(pieces, refused) / diagonal / _NEAR) ** 2))
        )
    near = np.where(refused, 0.1 * near, near).astype(np.float32)
    colours = LocalColours.of(pieces, _REACH * diagonal)
    usual = colours.log_ratio(colours.likelihood(near), colours.likelihood(1 - near))
    from_points = _crossed(pieces, wanted)
    rest = ((pieces.border > 0) | refused) & ~wanted
    from_rest = _crossed(pieces, rest) if rest.any() else np.zeros_like(from_points)
    odds = _POINT_ODDS + _WANTED * _company(tree, wanted) + _REFUSED * _company(tree, refused)
    odds += _BORDER * _frame(tree, pieces) + _POINT_COLOUR * usual
    odds += _FAR * np.log(apart + 0.02) + _FROM_POINTS * np.log1p(from_points)
    odds += _FROM_REST * np.log1p(from_rest) + _NEARER * np.tanh((from_rest - from_points) / 5)
    return odds.astype(np.float32)


def _crossed(pieces: Superpixels, sources: BoolArray) -> FloatArray:
    """Contrast to be crossed from the sources, in units of the mean contrast: float32 (N,)."""
    if not pieces.length.size:
        return np.zeros(pieces.count, np.float32)
    typical = float(np.average(pieces.contrast, weights=pieces.length)) + 1e-6
    return path_contrast(pieces, sources) / np.float32(typical)


def _distance(pieces: Superpixels, to: BoolArray) -> FloatArray:
    """Pixels to the nearest of the marked pieces, float32 (N,)."""
    apart = pieces.centre[:, None] - pieces.centre[to][None]
    return np.linalg.norm(apart, axis=2).min(axis=1).astype(np.float32)


def _company(tree: Hierarchy, marked: BoolArray) -> FloatArray:
    """At how many of the levels a piece's region holds a marked piece: float32 (N,) in [0, 1]."""
    regions: list[IntArray] = [tree.regions(left) for left in _CO_LEVELS]
    held = [np.isin(node, node[marked]) for node in regions]
    return np.asarray(np.mean(held, axis=0), np.float32)


def _frame(tree: Hierarchy, pieces: Superpixels) -> FloatArray:
    """Whether a piece's regions hold an eighth of the photo's frame, mean over the levels: (N,)."""
    total = np.zeros(pieces.count, np.float32)
    for left in _BORDER_LEVELS:
        node = tree.regions(left)
        held = np.bincount(node, pieces.border, tree.parent.size) / pieces.border.sum()
        total += np.minimum(1, 8 * held[node]).astype(np.float32)
    return total / len(_BORDER_LEVELS)
