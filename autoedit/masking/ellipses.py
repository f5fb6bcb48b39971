"""The rest of a round thing that a hole hides: its outline is an ellipse, as far as it shows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from autoedit.core.mask import BoolArray

_CLEAR = np.ones((7, 7), np.uint8)  # an outline is not to be trusted nearer to the hole
_KEPT = 0.85  # of an outline: the rest may be a stalk's
_OFF, _LEAST_OFF = 0.012, 0.8  # of the thing's size, and pixels: how far off an ellipse it may be
_OUTER = 0.03  # of what is seen, that may lie outside of the ellipse, as a stalk does
_SECTORS, _SHOWN = 36, 0.5  # of the turn round its middle; how many show it
_NARROW = 0.5  # of its length: less wide, and it is something long of which an end shows


def hidden_arc(seen: BoolArray, hides: BoolArray) -> BoolArray | None:
    """All of a round thing, by the ellipse through its free outline.

    The image of a ball, and nearly that of an apple, is an ellipse; it is fitted as by Fitzgibbon,
    Pilu and Fisher 1999, "Direct least square fitting of ellipses".

    Args:
        seen: bool (H, W), what is seen of a thing.
        hides: bool (H, W), what is hidden.

    Returns:
        bool (H, W); None where the outline is no ellipse's, or too little of it shows.
    """
    hull = _hull_outline(seen)
    height, width = seen.shape
    near = cv2.dilate(hides.astype(np.uint8), _CLEAR) > 0
    near[[0, height - 1]] = near[:, [0, width - 1]] = True  # the frame's edge is no edge of it
    free = hull[~near[hull[:, 1], hull[:, 0]]]
    if len(free) < _SECTORS:
        return None
    ellipse = cv2.fitEllipseDirect(free.astype(np.float32))
    nearest = np.argsort(_off(ellipse, free)[0], kind="stable")[: int(_KEPT * len(free))]
    ellipse = cv2.fitEllipseDirect(free[np.sort(nearest)].astype(np.float32))
    if not np.isfinite([*ellipse[0], *ellipse[1]]).all():
        return None
    off, unit = _off(ellipse, free)
    size = np.sqrt(np.count_nonzero(seen))
    if np.sqrt(np.mean(np.sort(off)[: len(nearest)] ** 2)) > max(_LEAST_OFF, _OFF * size):
        return None
    if min(ellipse[1]) < _NARROW * max(ellipse[1]):
        return None
    sectors = np.floor(np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi) * _SECTORS).astype(int)
    if len(np.unique(sectors)) < _SHOWN * _SECTORS:
        return None
    whole = np.zeros(seen.shape, np.uint8)
    cv2.ellipse(whole, ellipse, 1, cv2.FILLED)
    if np.count_nonzero(seen & (whole == 0)) > _OUTER * np.count_nonzero(seen):
        return None
    return whole > 0


def _off(ellipse: Any, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far points (N, 2) are off an ellipse, about, in pixels; where on its unit circle."""
    middle, axes, angle = ellipse
    turn = np.deg2rad(angle)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    unit = (points - middle) @ turned / (np.maximum(np.array(axes), 1e-3) / 2)
    return np.abs(np.linalg.norm(unit, axis=1) - 1) * np.sqrt(np.prod(axes)) / 2, unit


def _hull_outline(seen: BoolArray) -> np.ndarray:
    """The pixels of an outline that lie on its convex hull, (N, 2) as x, y."""
    outlines, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return np.zeros((0, 2), np.int32)
    points = np.concatenate(outlines)[:, 0]
    hull = cv2.convexHull(points)
    inward = np.array([cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in points])
    return points[inward < 1.5]
