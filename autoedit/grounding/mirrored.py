"""Mirror images in water and on glossy ground are no things of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.core.region import Box
from autoedit.core.superpixels import to_lab
from autoedit.grounding.candidates import Candidate
from autoedit.grounding.choosing import Rated
from autoedit.grounding.scene import Scene

_COMPARED = 12  # candidates, the best first
_ABREAST = 0.6  # of the wider one's width, that the two share
_TALLER, _APART, _INTO = 1.5, 1.0, 0.35  # heights of the thing: of its image, and between the two
_SIDE, _SMOOTH = 96, 1.5  # the thing's longer side where they are compared; ripples are no matter
_AROUND = 0.35  # of its sides: how far off the image may lie from where its box says
_ALIKE, _ALIKE_MORE = 0.6, 0.2  # correlation, turned over; and how much less it is upright


def without_mirrored(
    scene: Scene, rated: Sequence[Rated[Candidate]], least: float
) -> list[Rated[Candidate]]:
    """The same, where what is the mirror image of another above it carries a refusal.

    Two like things, one above the other, are alike as they stand; a thing and its mirror image are
    more alike when one of them is turned over. By normalised cross-correlation (Lewis 1995).

    Args:
        scene: of the candidates.
        rated: the candidates.
        least: score of those that are compared.
    """
    compared = [each for each in rated if not each.refusal and each.score >= least]
    compared = sorted(compared, key=lambda each: -each.score)[:_COMPARED]
    images = {
        id(below)
        for below in compared
        for above in compared
        if _may_mirror(above.item.box, below.item.box)
        and _is_mirrored(scene, above.item.box, below.item.box)
    }
    return [
        replace(each, refusal="is the mirror image of what is above it")
        if id(each) in images
        else each
        for each in rated
    ]


def _may_mirror(above: Box, below: Box) -> bool:
    """By their places alone."""
    height = above[3] - above[1]
    shared = min(above[2], below[2]) - max(above[0], below[0])
    gap = below[1] - above[3]
    return (
        shared >= _ABREAST * max(above[2] - above[0], below[2] - below[0])
        and -_INTO * height <= gap <= _APART * height
        and above[1] + above[3] < below[1] + below[3]
        and below[3] - below[1] <= _TALLER * height
    )


def _is_mirrored(scene: Scene, above: Box, below: Box) -> bool:
    """By what is seen there."""
    side = max(above[2] - above[0], above[3] - above[1])
    scale = _SIDE * scene.scale / side
    across, down = _AROUND * (above[2] - above[0]), _AROUND * (above[3] - above[1])
    wider = (below[0] - across, below[1] - down, below[2] + across, below[3] + down)
    thing, around = (_seen(scene, box, scale) for box in (above, wider))
    if thing.shape[0] > around.shape[0] or thing.shape[1] > around.shape[1]:
        return False  # cut off by the frame
    turned, upright = (
        float(cv2.matchTemplate(around, template, cv2.TM_CCOEFF_NORMED).max())
        for template in (np.ascontiguousarray(thing[::-1]), thing)
    )
    return turned >= _ALIKE and turned - upright >= _ALIKE_MORE


def _seen(scene: Scene, box: Box, scale: float) -> FloatArray:
    """What lies in a box, as CIELAB float32 (h, w, 3), so many pixels for one of the scene's."""
    height, width = scene.pixels.shape[:2]
    x0, y0, x1, y1 = (round(side / scene.scale) for side in box)
    part: PixelArray = scene.pixels[max(0, y0) : min(height, y1), max(0, x0) : min(width, x1)]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    resized = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(to_lab(np.asarray(resized, np.uint8)), (0, 0), _SMOOTH)
