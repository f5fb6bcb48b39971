"""Where a cut-out thing stands: the ground's line under it, and where it touches that line."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask

FORESHORTENED = 0.4
"""How much shorter level ground is seen towards the back than across."""

_SIDE = 480  # longer side of the window that is worked on
_REACH = 1.6  # of the window beyond the thing, in its longer sides
_SLOPE = 0.3  # of the ground's line, at most: what a round thing leaves steeper is off the ground
_TOUCHING = 0.03  # sizes: a gap to the ground so high is half closed
_PART = 0.1  # of the thing's area, that a part needs to stand by itself
_CUT = 0.3  # of a thing's foot: more of it out of the frame, and it does not stand in the picture


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """A thing, or one part of it, on its ground, in a reduced window of the photo.

    Attributes:
        box: (x0, y0, x1, y1), the window in the photo in pixels; it may reach beyond the frame.
        scale: pixels of the window for one of the photo.
        inside: bool (h, w), the part.
        line: float32 (w,), the row at which the ground is, under each column, in pixels.
        gap: float32 (w,), how far the part's lowest point is above it; inf where there is none.
        touch: float32 (w,) in [0, 1], 1 where it touches the ground.
        size: side of a square of the part's area, in pixels of the window.
        foot: (x, y) of the middle of where it touches, in pixels of the window.
    """

    box: tuple[int, int, int, int]
    scale: float
    inside: BoolArray
    line: FloatArray
    gap: FloatArray
    touch: FloatArray
    size: float
    foot: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the window in pixels of the photo."""
        return self.box[0] + x / self.scale, self.box[1] + y / self.scale


def stands_of(alpha: Mask) -> tuple[Stand, ...]:
    """Every part of a thing that stands in the picture, the largest first.

    A part whose foot is cut off by the frame's lower edge (a portrait) does not, nor does one that
    hangs over another.

    Args:
        alpha: the thing's.
    """
    window = _window(alpha)
    if window is None:
        return ()
    box, scale, inside, frame = window
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    order = sorted(range(1, count), key=lambda number: -stats[number, cv2.CC_STAT_AREA])
    whole = inside.sum()
    taken = np.zeros(inside.shape[1], np.float32)  # the lowest row of what stands, by column
    stands: list[Stand] = []
    for number in order:
        if stats[number, cv2.CC_STAT_AREA] < _PART * whole:
            break
        part = labels == number
        lowest = _lowest(part)
        columns = lowest >= 0
        hangs = (taken[columns] > lowest[columns]).mean() > 0.5
        taken = np.maximum(taken, lowest)
        stand = None if hangs else _stand(box, scale, part, lowest, frame)
        if stand is not None:
            stands.append(stand)
    return tuple(stands)


def _stand(
    box: tuple[int, int, int, int], scale: float, part: BoolArray, lowest: FloatArray, frame: float
) -> Stand | None:
    """`frame` is the row of the frame's lower edge."""
    columns = np.arange(lowest.size, dtype=np.float32)
    away = np.abs(columns[:, None] - columns[None])
    line = np.where(lowest >= 0, lowest, -np.inf)[None] - _SLOPE * away
    line = line.max(axis=1).astype(np.float32)
    size = float(np.sqrt(part.sum()))
    gap = np.where(lowest >= 0, line - lowest, np.inf).astype(np.float32)
    touch = np.exp(-((gap / (_TOUCHING * size)) ** 2)).astype(np.float32)
    cut = lowest >= frame - 2
    if touch[cut].sum() > _CUT * touch.sum():
        return None
    touch[cut] = 0
    middle = float((columns * touch).sum() / touch.sum())
    return Stand(box, scale, part, line, gap, touch, size, (middle, float(line[round(middle)])))


def _lowest(part: BoolArray) -> FloatArray:
    """The row below the lowest pixel of each column, float32 (w,); -1 where there is none."""
    height = part.shape[0]
    rows = height - np.argmax(part[::-1], axis=0)
    return np.where(part.any(axis=0), rows, -1).astype(np.float32)


def _window(alpha: Mask) -> tuple[tuple[int, int, int, int], float, BoolArray, float] | None:
    """The window round a thing: its box, its scale, the thing, and the row of the frame's end."""
    box = alpha.box
    if box is None:
        return None
    margin = _REACH * max(box[2] - box[0], box[3] - box[1])
    height, width = alpha.shape
    x0, y0 = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    x1, y1 = min(width, int(box[2] + margin)), min(height, int(box[3] + margin))
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    part = alpha.array[y0:y1, x0:x1]
    inside = cv2.resize(part, shape, interpolation=cv2.INTER_AREA) > 0.5
    if not inside.any():
        return None
    frame = shape[1] if y1 == height else np.inf
    return (x0, y0, x1, y1), scale, inside, frame
