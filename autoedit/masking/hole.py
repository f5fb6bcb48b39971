"""Clean, grow and feather a mask.

The mask is grown first and feathered inward from the grown edge: a blur centred on the object's
own edge would leave a ghost of it inside and change pixels outside.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, Mask

_GAP = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))  # what a thing's outline may lack
_BESIDE = np.ones((15, 15), np.uint8)  # pixels round a target


def clean(mask: Mask, *, speck: float = 0.01, hole: float = 0.02) -> Mask:
    """Drop specks and fill small enclosed gaps.

    Args:
        mask: the target's mask, (H, W).
        speck: parts smaller than this fraction of the mask's area are dropped; the largest stays.
        hole: gaps enclosed by the mask that are smaller than this fraction of it are filled.

    Returns:
        A mask of the same size; untouched soft values where nothing was dropped or filled.
    """
    array = mask.array.copy()
    binary = mask.binary
    area = int(binary.sum())
    if area == 0:
        return mask
    count, labels, stats = _parts(binary)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    for label in range(1, count):
        size = sizes[label - 1]
        if size < speck * area and size < sizes.max():
            x, y, w, h = stats[label, :4]
            part = array[y : y + h, x : x + w]
            part[labels[y : y + h, x : x + w] == label] = 0.0
    for x, y, w, h, inside in _gaps(array > 0.5):
        if inside.sum() < hole * area:
            array[y : y + h, x : x + w][inside] = 1.0
    return Mask(array, mask.origin)


def _parts(binary: BoolArray) -> tuple[int, np.ndarray, np.ndarray]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(binary.astype(np.uint8), None, None,
                                                               None, 8)  # fmt: skip
    return count, labels, stats


def _gaps(binary: BoolArray) -> list[tuple[int, int, int, int, BoolArray]]:
    """Enclosed gaps as (x, y, w, h, bool (h, w)); those at the photo's border are open."""
    height, width = binary.shape
    outside = np.ascontiguousarray(~binary).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, None, None, None, 4)
    gaps: list[tuple[int, int, int, int, BoolArray]] = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if x > 0 and y > 0 and x + w < width and y + h < height:
            gaps.append((x, y, w, h, labels[y : y + h, x : x + w] == label))
    return gaps


def grow_radius(mask: Mask, *, fraction: float, minimum: float, maximum: float) -> float:
    """How far to grow, in pixels: a fraction of the square root of the mask's area, bounded."""
    side = float(np.sqrt(mask.binary.sum()))
    return float(np.clip(fraction * side, minimum, maximum))


def matte_for(mask: Mask, radius: float, *, feather: float = 0.5) -> Mask:
    """Grow a mask by a radius and feather it inward from the grown edge.

    Args:
        mask: what must be covered, (H, W); it is 1 in the matte wherever it was above half.
        radius: growth in pixels.
        feather: width of the ramp as a fraction of the radius, in [0, 1].

    Returns:
        The matte: exactly 0 outside the grown mask, 1 inside but for the ramp.
    """
    box = mask.box
    matte = np.zeros(mask.shape, np.float32)
    if box is None:
        return Mask(matte, "grown")
    margin = int(np.ceil(radius)) + 2
    x0, y0 = max(0, int(box[0]) - margin), max(0, int(box[1]) - margin)
    x1, y1 = int(box[2]) + margin, int(box[3]) + margin
    inside = mask.binary[y0:y1, x0:x1]
    if inside.all():
        matte[y0:y1, x0:x1] = 1.0
        return Mask(matte, "grown")
    away = distance(~inside)
    ramp = max(radius * feather, 1e-6)
    soft = np.clip((radius + 1.0 - away) / (ramp + 1.0), 0.0, 1.0)
    soft[away >= radius + 1.0] = 0.0
    matte[y0:y1, x0:x1] = np.where(inside, 1.0, soft)
    return Mask(matte, "grown")


def spare(matte: Mask, others: Mask, mask: Mask, *, margin: float, coarse: bool = True) -> Mask:
    """Keep other things out of a matte, so that a grown edge or a shadow does not eat into them.

    Args:
        matte: what is to be composited, (H, W).
        others: the other things' masks, joined.
        mask: the target itself, which is never spared.
        margin: nor is what lies this close to it, in pixels: its own rim.
        coarse: whether the others' masks may have stairs, and stand off the things.

    Returns:
        The matte, 0 on the other things and softened at their edges.
    """
    if others.box is None:
        return matte
    away = cv2.distanceTransform((~mask.binary).astype(np.uint8), cv2.DIST_L2, 5)
    keep = others.binary.astype(np.float32)
    if coarse:
        keep = np.clip((cv2.GaussianBlur(keep, (0, 0), 2.0) - 0.6) / 0.3, 0, 1)
    keep = keep * np.clip(away - margin, 0, 1)
    return Mask(np.minimum(matte.array, 1.0 - keep).astype(np.float32), matte.origin)


def up_to(things: Mask, target: BoolArray) -> Mask:
    """What stands right before a target, with the rim that its outline lacks.

    What lies between both outlines is that rim; away from the target, a thing's outline is as rough
    as any other's, and nothing is said of it.

    Args:
        things: what stands before the target, (H, W).
        target: bool (H, W), outlined to the pixel.
    """
    if things.box is None:
        return things
    near = cv2.dilate(target.astype(np.uint8), _BESIDE) > 0
    both = (things.binary | target).astype(np.uint8)
    closed = cv2.morphologyEx(both, cv2.MORPH_CLOSE, _GAP) > 0
    return Mask((closed & near & ~target).astype(np.float32), things.origin)
