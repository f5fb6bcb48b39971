"""Translations on a plane seen aslant, and the plane seen from the front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_ROW = 1024  # cv2.remap takes sides below 32768
_SIZE = (0.5, 2.0)  # how much smaller or larger a plane may make what it moves


@dataclass(frozen=True, slots=True)
class PlaneShift:
    """A translation on a plane seen aslant.

    Attributes:
        line: (lx, ly), the plane's vanishing line lx x + ly y + 1 = 0, from `centre`.
        centre: (y, x) in pixels, where the rectified plane keeps the photo's scale.
        dy, dx: the translation on the rectified plane.
    """

    line: tuple[float, float]
    centre: tuple[float, float]
    dy: float
    dx: float

    def at(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Source.at`."""
        cy, cx = self.centre
        flat_y, flat_x, back, size = self._flat(y, x)
        seen = (size > _SIZE[0]) & (size < _SIZE[1])
        back = np.where(seen, back, 1)
        return (
            np.where(seen, flat_y / back + cy, -1e4).astype(np.float32),
            np.where(seen, flat_x / back + cx, -1e4).astype(np.float32),
        )

    def size(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """How large what is taken is to what it becomes, float32 (N,); 0 where nothing is."""
        return np.asarray(self._flat(y, x)[3], np.float32)

    def _flat(
        self, y: FloatArray, x: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """On the rectified plane: from where, how far from its own vanishing line; and the size."""
        cy, cx = self.centre
        there = self.line[0] * (x - cx) + self.line[1] * (y - cy) + 1
        seen = there > 0.2
        there = np.where(seen, there, 1)
        flat_y, flat_x = (y - cy) / there + self.dy, (x - cx) / there + self.dx
        back = 1 - self.line[0] * flat_x - self.line[1] * flat_y
        seen &= back > 0.2
        return flat_y, flat_x, back, np.where(seen, 1 / (there * np.where(seen, back, 1)), 0)


def from_the_front(
    image: FloatArray, usable: BoolArray, line: tuple[float, float], centre: tuple[float, float],
    half: int,
) -> tuple[FloatArray, BoolArray, tuple[int, int]] | None:  # fmt: skip
    """A picture of a plane as it is seen from the front.

    Args:
        image: float32 (H, W, C).
        usable: bool (H, W), what is known of it.
        line, centre: see `PlaneShift`.
        half: so many pixels each way from the centre, at most.

    Returns:
        The picture, (h, w, C), where it is known, (h, w), and the row and the column in it that
        the centre has; None where nothing of the plane is seen.
    """
    height, width = usable.shape
    reach = np.arange(-half, half + 1, dtype=np.float32)
    flat_y, flat_x = np.meshgrid(reach, reach, indexing="ij")
    back = 1 - line[0] * flat_x - line[1] * flat_y
    seen = (back > 0.5) & (back < 2)
    back = np.where(seen, back, 1).astype(np.float32)
    y, x = flat_y / back + np.float32(centre[0]), flat_x / back + np.float32(centre[1])
    seen &= (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    if not seen.any():
        return None
    rows, columns = np.nonzero(seen.any(axis=1))[0], np.nonzero(seen.any(axis=0))[0]
    top, left = int(rows[0]), int(columns[0])
    box = slice(top, rows[-1] + 1), slice(left, columns[-1] + 1)
    front = np.asarray(cv2.remap(image, x[box], y[box], cv2.INTER_LINEAR), np.float32)
    known = cv2.remap(usable.astype(np.uint8), x[box], y[box], cv2.INTER_NEAREST) > 0
    return front, known & seen[box], (half - top, half - left)


def sampled(image: FloatArray, y: FloatArray, x: FloatArray) -> FloatArray:
    """An image between its pixels: (N, C), or (N,) of one channel; its border's beyond that.

    Args:
        image: float32 (H, W, C), or (H, W).
        y, x: float32 (N,).
    """
    count = y.size
    rows = -(-count // _ROW)
    down, across = (np.pad(part, (0, rows * _ROW - count)).reshape(rows, _ROW) for part in (y, x))
    parts = [
        cv2.remap(
            image, across[start : start + 16 * _ROW], down[start : start + 16 * _ROW],
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )
        for start in range(0, rows, 16 * _ROW)
    ]  # fmt: skip
    return np.concatenate(parts).reshape(rows * _ROW, *image.shape[2:])[:count]
