"""What goes with letters everywhere: antialiasing, outlines, drop shadows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.grounding.text_reading import Line

_REACH = 0.26  # of a line's height: how far from a stroke its outline and shadow may lie
LEAST_NOISE = 2.0  # CIELAB units: what even a plain ground varies by
_SHIFTED = 0.5  # deviations by which an outline or a shadow shifts its pixels as a whole
_ENDLESS = 0.85  # of the reach
_GAP = 3  # steps that an outline or a shadow may seem to end for
FEWEST = 24  # pixels that tell


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A line's surroundings at working size.

    Attributes:
        lab: CIELAB float32 (h, w, 3).
        inside: bool (h, w), the line's quadrilateral.
        foreign: bool (h, w), other lines: no ground is learnt from them.
        line: with its corners in this view.
        height: of the line, in its pixels.
    """

    lab: FloatArray
    inside: BoolArray
    foreign: BoolArray
    line: Line
    height: float


def deviations(
    view: View, ground: BoolArray, reach: float, noise: float = LEAST_NOISE
) -> FloatArray:
    """Each channel's offset from the ground near it, in its deviations, float32 (h, w, 3)."""
    seen = ground.astype(np.float32)
    weight = blurred(seen, reach) + 1e-4
    mean = blurred(view.lab * seen[:, :, None], reach) / weight[:, :, None]
    overall = view.lab[ground].mean(axis=0) if ground.any() else view.lab.mean(axis=(0, 1))
    trust = (weight / (weight + 0.01))[:, :, None]
    off = view.lab - (trust * mean + (1 - trust) * overall)
    variance = blurred(off**2 * seen[:, :, None], reach) / weight[:, :, None]
    return off / np.sqrt(variance + noise**2)


def with_effects(view: View, strokes: BoolArray) -> BoolArray:
    """Strokes with the antialiasing, outline and shadow that go with them.

    Whatever goes with letters stands everywhere at the same distance from them: they are moved
    step by step in each direction, as far as the pixels that they newly cover are off the ground
    as a whole. What merely lies behind a letter or two is not.
    """
    reach = _REACH * view.height
    ground = ~grown(strokes, reach) & ~view.foreign
    tight = grown(strokes, 1 + 0.02 * view.height)
    beyond = ground & grown(strokes, 2 * reach)
    if beyond.sum() < FEWEST:
        return grown(strokes, 1 + 0.08 * view.height)
    off = deviations(view, ground, 0.25 * view.height, 2 * LEAST_NOISE)
    off = off - np.median(off[beyond], axis=0)
    angles = [n * np.pi / 4 for n in range(8)]
    covered = [_followed(off, strokes, angle, tight, reach) for angle in angles]
    # What lies in the strongest direction, as a shadow does, must not be ascribed to the others:
    # moved against it, a letter comes upon its neighbour's shadow.
    longest = int(np.argmax([one.sum() for one in covered]))
    first = covered[longest]
    others = [_followed(off, strokes, angle, first, reach) for angle in angles]
    return grown(np.logical_or.reduce([first, *others]), 1.5)


def _followed(
    off: FloatArray, strokes: BoolArray, angle: float, tight: BoolArray, reach: float
) -> BoolArray:
    """What letters cover when moved in one direction for as long as they uncover no ground.

    Where that never ends, it is the ground itself, as of a sign that is larger than its text.

    Args:
        off: each pixel's deviations from the ground, float32 (h, w, 3).
        strokes: the letters, bool (h, w).
        angle: the direction in radians, from x towards y.
        tight: what is covered already, bool (h, w).
        reach: how far to go at most, in pixels.
    """
    covered, waiting, farthest = tight, [], 0.0
    step = max(1.0, reach / 10)
    for distance in np.arange(step, reach, step):
        moved = _moved(strokes, angle, distance)
        new = moved & ~covered
        if new.sum() < FEWEST:
            continue
        waiting.append(moved)
        # Between a bright letter and its dark shadow lie pixels that are like the ground.
        if len(waiting) > _GAP:
            break
        if np.abs(np.median(off[new], axis=0)).max() >= _SHIFTED:
            covered = np.logical_or.reduce([covered, *waiting])
            waiting, farthest = [], distance
    return covered if farthest < _ENDLESS * reach else tight


def _moved(mask: BoolArray, angle: float, distance: float) -> BoolArray:
    x, y = round(distance * np.cos(angle)), round(distance * np.sin(angle))
    how = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = (mask.shape[1], mask.shape[0])
    return cv2.warpAffine(mask.astype(np.uint8), how, size, flags=cv2.INTER_NEAREST) > 0


def blurred(values: FloatArray, reach: float) -> FloatArray:
    """A Gaussian mean; a wide one is taken in a reduced copy, which is as smooth."""
    height, width = values.shape[:2]
    step = max(1, int(reach / 4))
    small = (max(1, width // step), max(1, height // step))
    if step > 1:
        values = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    how = cv2.BORDER_REPLICATE
    result = cv2.GaussianBlur(values, (0, 0), max(1.0, reach / step), borderType=how)
    if step > 1:
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR)
    return result


def grown(mask: BoolArray, radius: float) -> BoolArray:
    """A mask with all that lies within a radius, in pixels, of it."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= radius
