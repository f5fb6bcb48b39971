"""Masks as people and segmenters draw them: of a thing, grown by a margin, or of nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .domain import SIDE, Thing

Mask = NDArray[np.bool_]
MARGIN = (3.0, 9.0)
"""Pixels by which a hole is grown beyond its thing."""


def around(thing: Thing, rng: np.random.Generator) -> Mask:
    """A hole that holds a whole thing: silhouette, box, hull or ellipse, grown.

    Returns:
        bool (SIDE, SIDE); True where the picture is to be made anew.
    """
    margin = float(rng.uniform(*MARGIN))
    silhouette = (thing.coverage() > 0).astype(np.uint8)
    kind = rng.choice(["silhouette", "box", "hull", "ellipse"], p=[0.5, 0.25, 0.15, 0.1])
    x0, y0, x1, y1 = thing.box
    if kind == "box":
        left, top, right, bottom = rng.uniform(*MARGIN, 4) if rng.random() < 0.5 else [margin] * 4
        hole = np.zeros((SIDE, SIDE), np.uint8)
        rows = slice(max(0, round(y0 - top)), round(y1 + bottom))
        hole[rows, max(0, round(x0 - left)) : round(x1 + right)] = 1
        return hole > 0
    if kind == "hull":
        outline = cv2.findContours(silhouette, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
        silhouette = cv2.fillConvexPoly(silhouette, cv2.convexHull(outline), (1,))
    if kind == "ellipse":
        centre = (round((x0 + x1) / 2), round((y0 + y1) / 2))
        reach = 1.15 * thing.radius + margin / 2
        axes = (round(reach * rng.uniform(1, 1.2)), round(reach * rng.uniform(1, 1.2)))
        cv2.ellipse(silhouette, centre, axes, float(rng.uniform(0, 180)), 0, 360, (1,), -1)
    size = 2 * round(margin) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(silhouette, kernel) > 0


def anywhere(rng: np.random.Generator) -> Mask:
    """A box or a convex blob of 10 to 56 pixels, which may touch the border and hold anything."""
    hole = np.zeros((SIDE, SIDE), np.uint8)
    middle, half = rng.uniform(0, SIDE, 2), rng.uniform(5, 28, 2)
    if rng.random() < 0.5:
        (x0, y0), (x1, y1) = np.rint(middle - half).astype(int), np.rint(middle + half).astype(int)
        hole[max(0, y0) : y1, max(0, x0) : x1] = 1
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 12))))
        corners = middle + half * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        cv2.fillConvexPoly(hole, cv2.convexHull(np.rint(corners).astype(np.int32)), (1,))
    return hole > 0
