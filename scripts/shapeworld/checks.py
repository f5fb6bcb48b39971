"""What is in a hole, told without any network: by hue and by silhouette."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .domain import COLOURS, SHAPES, Thing

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

CHROMA = 60
"""Largest minus smallest channel from which a pixel counts as coloured; backgrounds stay below 45,
things are above 125."""

_ALIKE = 0.75  # overlap with the drawn template from which a silhouette has its name
_TILTS = (-12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0)
_AREAS = {"circle": 2.657, "square": 2.509, "triangle": 1.718, "star": 1.690}  # at radius 1


def coloured(pixels: Image) -> Mask:
    """Pixels that no background has: bool (H, W) of RGB uint8 (H, W, 3)."""
    return np.ptp(pixels.astype(np.int16), axis=2) >= CHROMA


def nearest_colour(pixels: Image) -> NDArray[np.int64]:
    """The index in `COLOURS` of the colour of nearest hue: int (H, W)."""
    hues = _hues(pixels)
    palette = _hues(np.array([list(COLOURS.values())], np.uint8))[0]
    apart = np.abs((hues[:, :, None] - palette + 180) % 360 - 180)
    return apart.argmin(axis=2)


def colour_left(pixels: Image, hole: Mask, colour: str) -> bool:
    """Whether any pixel of the hole has a hue of this name."""
    number = list(COLOURS).index(colour)
    return bool((coloured(pixels) & hole & (nearest_colour(pixels) == number)).any())


def seen(pixels: Image, hole: Mask) -> tuple[str, str] | None:
    """The colour and shape of the largest thing in the hole.

    The shape is that whose template, drawn with the silhouette's centre and area at the best of
    several tilts, overlaps it most.

    Returns:
        (colour, shape), or None where the hole holds no coloured thing or an unknown shape.
    """
    inside = (coloured(pixels) & hole).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(inside, connectivity=4)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    silhouette = labels == largest
    names = nearest_colour(pixels)[silhouette]
    colour = list(COLOURS)[int(np.bincount(names).argmax())]
    overlaps = {shape: _overlap(silhouette, shape, centres[largest]) for shape in SHAPES}
    shape = max(overlaps, key=overlaps.__getitem__)
    return (colour, shape) if overlaps[shape] >= _ALIKE else None


def _overlap(silhouette: Mask, shape: str, centre: NDArray[np.float64]) -> float:
    """Intersection over union with the template of this shape, at the best tilt."""
    area = float(silhouette.sum())
    radius = float(np.sqrt(area / _AREAS[shape]))
    at = (float(centre[0]) + 0.5, float(centre[1]) + 0.5)  # pixel centres lie at halves
    best = 0.0
    for tilt in (0.0,) if shape == "circle" else _TILTS:
        drawn = Thing("red", shape, "medium", at, radius, tilt).coverage(len(silhouette)) >= 0.5
        best = max(best, float((drawn & silhouette).sum() / (drawn | silhouette).sum()))
    return best


def _hues(pixels: Image) -> NDArray[np.float32]:
    """Degrees, float32 (H, W)."""
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)[:, :, 0]
