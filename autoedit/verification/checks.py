"""The checks, each of one thing, each with the figure it went by."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.region import Region, Regions
from autoedit.core.result import Check

# A step of this many of 255 between neighbours is taken as invisible: it keeps the ratio of two
# tiny gradients on a smooth wall from looking like a seam.
_INVISIBLE_STEP = 2.0
_NEAR = 0.15  # of the square root of the mask's area: how far round it a leftover is looked for
_HIDDEN = 0.5  # of a picture that is set in: more out of the frame or behind things is too much
_RING = (4, 16)  # pixels outside the hole that tell what the photo's own gradients are


def outside_untouched(before: PixelArray, after: PixelArray, matte: Mask) -> Check:
    """Whether every pixel with a matte of 0 is bit-identical.

    Args:
        before, after: RGB uint8 (H, W, 3).
        matte: what was composited.

    Returns:
        The number of changed pixels outside; the bound is 0.
    """
    changed = int(((before != after).any(axis=2) & (matte.array == 0)).sum())
    note = f"{changed} pixels outside the matte changed" if changed else "bit-identical outside"
    return Check("outside_untouched", changed == 0, float(changed), 0.0, note)


def coverage(mask: Mask, matte: Mask, *, bound: float) -> Check:
    """Whether the matte covers the target's mask.

    Returns:
        The share of the mask that is left uncovered; the bound is one minus the share asked for.
    """
    target = mask.binary
    total = int(target.sum())
    left = float((target & (matte.array < 0.999)).sum()) / total if total else 0.0
    allowed = round(1.0 - bound, 6)
    return Check("coverage", left <= allowed, left, allowed, f"{left:.1%} of the target uncovered")


def target_gone(again: Regions | None, mask: Mask, *, bound: float) -> Check:
    """Whether the target can no longer be found where it was, or close by: a rim left over counts.

    Args:
        again: what grounding finds in the result for the same target; None when the target was
            pointed at and its words mean nothing to the grounding back end.
        mask: where the target was.
        bound: the largest area that may still be found there, as a share of the mask's.

    Returns:
        The largest share of one region.
    """
    box = mask.box
    if again is None or box is None:
        return Check("target_gone", True, None, bound, "pointed at; its words cannot be looked up")
    area = float(mask.binary.sum())
    reach = int(np.ceil(_NEAR * np.sqrt(area)))
    place = (
        slice(max(0, int(box[1]) - reach), int(box[3]) + reach),
        slice(max(0, int(box[0]) - reach), int(box[2]) + reach),
    )
    near = distance(~mask.binary[place]) <= reach
    share = 0.0
    for region in again:
        share = max(share, float((covered(region, mask.shape)[place] & near).sum()) / area)
    note = f"still found on {share:.0%} of its area" if share else "not found again"
    return Check("target_gone", share <= bound, share, bound, note)


def drawn(found: Regions | None, matte: Mask, *, bound: float) -> Check:
    """Whether a thing that was to be drawn can be found where it was drawn.

    Args:
        found: what grounding finds in the result for the new thing's words; None when they were
            not looked up.
        matte: what was composited.
        bound: the largest doubt, in [0, 1].

    Returns:
        One minus the best score of a region, times its share inside the matte.
    """
    if found is None:
        return Check("drawn", True, None, bound, "its words cannot be looked up")
    best, label = 0.0, ""
    hole = matte.array > 0
    for region in found:
        where = covered(region, matte.shape)
        inside = float((where & hole).sum()) / max(1, int(where.sum()))
        if region.score * inside > best:
            best, label = region.score * inside, region.label
    note = f"found: {label} ({best:.2f})" if best else "not found where it was to be drawn"
    return Check("drawn", 1 - best <= bound, 1 - best, bound, note)


def shown(share: float) -> Check:
    """Whether a picture that was to be set in can be seen.

    Args:
        share: of the picture, that lies in the frame and behind nothing.

    Returns:
        The share that cannot be seen; the bound is half.
    """
    hidden = max(0.0, 1 - share)
    return Check("drawn", hidden <= _HIDDEN, hidden, _HIDDEN, f"{share:.0%} of the picture shows")


def covered(region: Region, shape: tuple[int, int]) -> BoolArray:
    """Where a region is: its mask, else its box; bool (H, W)."""
    if region.mask is not None:
        return region.mask.binary
    x0, y0, x1, y1 = (round(v) for v in region.box)
    inside = np.zeros(shape, np.bool_)
    inside[max(y0, 0) : y1, max(x0, 0) : x1] = True
    return inside


def seam(after: PixelArray, matte: Mask, others: Mask | None = None, *, bound: float) -> Check:
    """Whether the hole's border shows: gradients on it against the photo's own just outside.

    Args:
        after: RGB uint8 (H, W, 3).
        matte: what was composited.
        others: other things that the hole was kept out of; along them the border is their own
            edge, which is no seam.
        bound: the largest ratio.

    Returns:
        (mean gradient on the seam + s) / (mean gradient 4 to 16 px outside + s), with s of 2/255.
    """
    place = _place(matte)
    if place is None:
        return Check("seam", True, None, bound, "no border to look at")
    pixels = np.ascontiguousarray(after[place])
    hole = matte.array[place] > 0
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[:, :, 0].astype(np.float32)
    gradient = _gradient(grey)
    outside = distance(~hole)
    on_seam = (hole & (distance(hole) <= 1.5)) | (~hole & (outside <= 1.5))
    if others is not None:
        theirs = cv2.dilate(others.binary[place].astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        on_seam &= ~theirs
    ring = (hole == 0) & (outside >= _RING[0]) & (outside <= _RING[1])
    if not on_seam.any() or not ring.any():
        return Check("seam", True, None, bound, "no border to look at")
    ratio = float(
        (gradient[on_seam].mean() + _INVISIBLE_STEP) / (gradient[ring].mean() + _INVISIBLE_STEP)
    )
    return Check("seam", ratio <= bound, ratio, bound, f"{ratio:.2f} times the gradients nearby")


def _place(matte: Mask) -> tuple[slice, slice] | None:
    """The box of the hole with the ring round it; None for no hole."""
    hole = matte.array > 0
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if rows.size == 0:
        return None
    margin = _RING[1] + 2
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )


def _gradient(grey: FloatArray) -> FloatArray:
    """Largest absolute step to a direct neighbour, float32 (H, W)."""
    across = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    down = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    return np.maximum(across, down)
