"""The foot of what stands behind a hole: its sides run on for a little, and it ends round."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray

_REACH = 4  # pixels from what is seen to what hides it
_CUT = 0.85  # of its width, that the hole cuts off
_TOLD, _FEWEST = 0.35, 12  # of its height, by which its sides are told; rows
_STRAIGHT = 0.04  # of its width: how far off a line a side may be
_LEANING = 0.35  # columns a row, at most
_UPRIGHT = 0.6  # of its width: less high, and it may be a tray or a shelf
# Widths: how far its sides run on, and its foot beyond that. How much is hidden cannot be known;
# this is what a can shows of itself when its foot is just behind what stands before it.
_ON, _ROUND = 0.12, 0.16


def hidden_foot(seen: BoolArray, hides: BoolArray) -> BoolArray | None:
    """What is seen of a thing and its foot, where the hole cuts that off from side to side.

    Nothing tells how far down it goes; but that it ends where the outline of what stood before it
    ran is less likely than that it goes on a little, as its sides do, and stands on the ground.

    Args:
        seen: bool (H, W), what is seen of a thing.
        hides: bool (H, W), what is hidden.

    Returns:
        bool (H, W); None for what lies, is not straight at its sides, or ends before the hole.
    """
    rows = np.flatnonzero(seen.any(axis=1))
    if not rows.size:
        return None
    height, width = seen.shape
    first, last = seen.argmax(axis=1), width - 1 - seen[:, ::-1].argmax(axis=1)
    wide = float(np.median((last - first)[rows])) + 1
    if rows.size < _UPRIGHT * wide:
        return None
    below = np.zeros_like(hides)
    below[:-_REACH] = hides[_REACH:]
    ends = np.where(seen.any(axis=0), height - 1 - seen[::-1].argmax(axis=0), 0)
    cut = seen.any(axis=0) & below[ends, np.arange(width)]
    if not cut.any():
        return None
    top = int(ends[cut].min())  # above it, both sides are its own
    if cut[first[top] : last[top] + 1].mean() < _CUT:
        return None
    told = np.arange(max(rows[0], top - max(_FEWEST, round(_TOLD * rows.size))), top)
    if told.size < _FEWEST:
        return None
    sides = []
    for edge in (first[told], last[told]):
        slope, start = np.polyfit(told, edge, 1)
        off = np.abs(edge - slope * told - start).max()
        if off > max(1.0, _STRAIGHT * wide) or abs(slope) > _LEANING:
            return None
        sides.append((slope, start))
    foot = min(height - 1.0, float(np.median(ends[cut])) + _ON * wide)
    left, right = (slope * foot + start for slope, start in sides)
    if right - left < 0.5 * wide:
        return None
    whole = np.zeros(seen.shape, np.uint8)
    corners = [(slope * row + start, row) for slope, start in sides for row in (float(top), foot)]
    order = [corners[0], corners[1], corners[3], corners[2]]
    cv2.fillPoly(whole, [np.rint(order).astype(np.int32)], 1)
    middle = round((left + right) / 2), round(foot)
    axes = round((right - left) / 2), max(1, round(_ROUND * wide))
    cv2.ellipse(whole, middle, axes, 0, 0, 360, 1, cv2.FILLED)
    return seen | (whole > 0) & hides
