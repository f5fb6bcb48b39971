"""Which window of a photo a hole is filled in.

A window holds the hole and enough round it; its sides follow the hole, not the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a photo: x0 <= x < x1, y0 <= y < y1 in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """For an array (H, W, ...)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


def window_round(
    box: tuple[int, int, int, int],
    shape: tuple[int, int],
    *,
    context: float,
    minimum: int,
    multiple: int = 1,
) -> Window:
    """The window round a box.

    Args:
        box: xyxy of the hole in pixels.
        shape: (height, width) of the photo.
        context: side as a multiple of the box's side; the longer side lends its margin to the
            shorter one, so that a thin hole still sees what lies beside it.
        minimum: smallest side in pixels, as far as the photo goes.
        multiple: sides are rounded up to a multiple of this, as far as the photo goes.

    Returns:
        A window inside the photo: shifted inward at a border rather than cut.
    """
    height, width = shape
    x0, y0, x1, y1 = box
    margin = (context - 1.0) / 2.0 * max(x1 - x0, y1 - y0)
    left, right = _side(x0, x1, width, margin, minimum, multiple)
    top, bottom = _side(y0, y1, height, margin, minimum, multiple)
    return Window(left, top, right, bottom)


def window_with_sources(
    box: tuple[int, int, int, int],
    hole: BoolArray,
    usable: BoolArray,
    *,
    context: float,
    minimum: int,
    multiple: int = 1,
) -> Window:
    """The window round a box, wide enough to hold as much to fill from as there is to fill.

    Args:
        box: xyxy of the part of the hole to be filled, in pixels.
        hole: bool (H, W), all that is unknown.
        usable: bool (H, W), what may serve as a source; never the hole.
        context, minimum, multiple: as in `window_round`; the context doubles until the sources
            suffice or the window is the whole photo.
    """
    while True:
        window = window_round(box, hole.shape, context=context, minimum=minimum, multiple=multiple)
        unknown = hole[window.slices]
        enough = np.count_nonzero(usable[window.slices]) >= np.count_nonzero(unknown)
        if enough or unknown.shape == hole.shape:
            return window
        context *= 2


def _side(
    start: int, stop: int, limit: int, margin: float, minimum: int, multiple: int
) -> tuple[int, int]:
    length = max(int(np.ceil(stop - start + 2 * margin)), minimum)
    length = min(-(-length // multiple) * multiple, limit)
    first = round((start + stop - length) / 2)
    first = min(max(first, 0), limit - length)
    return first, first + length


def hole_groups(hole: BoolArray) -> list[tuple[int, int, int, int]]:
    """Boxes (xyxy, pixels) of the parts of a hole that are filled together, top to bottom.

    Parts whose boxes come closer than half of the longer one's side share a window.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), None, None, None, 8)
    boxes = [(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in stats[1:]]
    merged = True
    while merged:
        merged = False
        for i in range(len(boxes)):
            for j in range(len(boxes) - 1, i, -1):
                if _near(boxes[i], boxes[j]):
                    a, b = boxes[i], boxes.pop(j)
                    boxes[i] = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    merged = True
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def _near(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    gap_x = max(a[0], b[0]) - min(a[2], b[2])
    gap_y = max(a[1], b[1]) - min(a[3], b[3])
    reach = 0.5 * max(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1])
    return gap_x < reach and gap_y < reach
