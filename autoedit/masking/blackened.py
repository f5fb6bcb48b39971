"""What a thing makes darker than a shadow can be: the mirror image of its own dark side."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.masking.view import View

_SURELY, _DEEP = 0.5, 0.3  # how likely an effect is, at least, and the log of its gain
_LIT, _BARE = 0.1, 0.2  # how likely ground beside it is to show an effect, or a thing, at most
_THING = 0.1  # how likely all of it is a thing, on average and at most
_SMALLEST = 0.05  # of the thing's area
_BANDS, _FEWEST = 12, 4  # of rows: of a part, and of them that have lit ground beside
_BESIDE, _GAP = 0.5, 2  # of a part's width, so far to either side, but for some pixels
_ENOUGH = 6  # pixels
_BLACK = 0.4  # of the values beside
_SQUARE = np.ones((5, 5), np.uint8)


def blackened(view: View) -> BoolArray:
    """Where the ground is so much darker than beside it that it mirrors what is dark.

    What stands on glossy ground mirrors its lower side there, which no light reaches, and the
    sky or the wall that the ground would mirror is gone. Of the ground itself hardly anything can
    be seen, so that no gain gives it back. The network takes that for a deep shadow, and says too
    little of its depth where the ground beside it varies: it is measured, row by row.

    Args:
        view: what `view_round` says of the thing.

    Returns:
        bool (h, w), of the view's size.
    """
    inside = cv2.dilate(view.inside.astype(np.uint8), _SQUARE) > 0
    seen = view.seen
    deep = (seen.effect > _SURELY) & (np.abs(view.gain).max(axis=2) > _DEEP) & ~inside
    free = (seen.effect < _LIT) & (cv2.dilate(seen.thing, _SQUARE) < _BARE) & ~inside
    values = view.pixels.astype(np.float32)
    opened = cv2.morphologyEx(deep.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE[:3, :3])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    found = np.zeros(deep.shape, np.uint8)
    for number in range(1, count):
        part = labels == number
        if stats[number, cv2.CC_STAT_AREA] < _SMALLEST * np.count_nonzero(view.inside):
            continue
        # On a thing it has other ground beside it; what is dark below a car is a thing in part.
        if seen.thing[part].mean() < _THING and _share(values, part, free) < _BLACK:
            found[part] = 1
    return cv2.dilate(found, _SQUARE) > 0


def _share(values: FloatArray, part: BoolArray, free: BoolArray) -> float:
    """A part's values over those of free ground beside it; 1 where there is too little of that.

    Args:
        values: float32 (h, w, 3).
        part: bool (h, w), one region.
        free: bool (h, w).
    """
    rows, columns = (np.flatnonzero(part.any(axis=axis)) for axis in (1, 0))
    reach = _GAP + 1 + round(_BESIDE * columns.size)
    ours: list[FloatArray] = []
    beside: list[FloatArray] = []
    for band in np.array_split(rows, min(_BANDS, rows.size)):
        across = np.flatnonzero(part[band].any(axis=0))
        first, last = int(across[0]), int(across[-1]) + 1
        sides = (slice(max(0, first - reach), max(0, first - _GAP)),
                 slice(last + _GAP, last + reach))  # fmt: skip
        known = [values[band][:, side][free[band][:, side]] for side in sides]
        means = [each.mean(axis=0) for each in known if len(each) >= _ENOUGH]
        if means:
            ours.append(values[band][part[band]].mean(axis=0))
            beside.append(np.mean(means, axis=0))
    if len(ours) < _FEWEST:
        return 1.0
    one, other = np.array(ours), np.array(beside)
    return float((one * other).sum() / (other**2).sum())
