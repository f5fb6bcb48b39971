"""From a decoder's low-resolution logits to an outline at the photo's own resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.core.region import Box, Point
from autoedit.core.superpixels import to_lab
from autoedit.segmentation.refine import refine_edge

_COARSE = 2.5  # photo pixels for a cell of the grid, from which refining gains more than it risks
_TWICE = 6.0  # from here a second pass with half the reach gains again
_TRUST, _SMOOTH = 6.0, 2
_GAIN = 1.1  # in contrast along the outline, from which moving it is for the better
_TILE = 512
_NOTHING = -32.0
_INSIDE = np.nextafter(np.float32(0.5), np.float32(1))
_SOFT = 0.7  # standard deviation in pixels: soft over about two


@dataclass(frozen=True, slots=True)
class Grid:
    """How a decoder's grid of logits lies over a photo.

    The photo fills `used` of the grid from its upper left corner; what is left is padding.

    Attributes:
        photo: (height, width) of the photo in pixels.
        shape: (h, w) of the grid in cells.
        used: (h, w) of the grid in cells, fractions included, that the photo covers.
    """

    photo: tuple[int, int]
    shape: tuple[int, int]
    used: tuple[float, float]

    @classmethod
    def padded(cls, photo: tuple[int, int], shape: tuple[int, int]) -> Grid:
        """For a photo that was scaled to fit a square of pixels, and padded to it."""
        height, width = scaled_to_fit(photo, max(shape))
        return cls(photo, shape, (float(height), float(width)))

    @classmethod
    def stretched(cls, photo: tuple[int, int], shape: tuple[int, int]) -> Grid:
        """For a photo that was stretched to a square."""
        return cls(photo, shape, (float(shape[0]), float(shape[1])))

    def resampled(self, shape: tuple[int, int]) -> Grid:
        """The same frame with other cells."""
        rows, columns = shape[0] / self.shape[0], shape[1] / self.shape[1]
        return Grid(self.photo, shape, (self.used[0] * rows, self.used[1] * columns))

    @property
    def cell(self) -> float:
        """The longer side of a cell, in pixels of the photo."""
        return max(self.photo[0] / self.used[0], self.photo[1] / self.used[1])

    def box(self, box: Box) -> Box:
        """A box of the photo in cells."""
        x, y = self.used[1] / self.photo[1], self.used[0] / self.photo[0]
        return box[0] * x, box[1] * y, box[2] * x, box[3] * y

    def point(self, point: Point) -> Point:
        """A point of the photo in cells."""
        return (
            point[0] * self.used[1] / self.photo[1], point[1] * self.used[0] / self.photo[0]
        )  # fmt: skip

    def without_padding(self, logits: FloatArray) -> FloatArray:
        """Logits (..., h, w) with what a decoder made up in the padding set far below 0."""
        logits = logits.copy()
        logits[..., int(np.ceil(self.used[0])) :, :] = _NOTHING
        logits[..., int(np.ceil(self.used[1])) :] = _NOTHING
        return logits

    def reduce(self, mask: FloatArray) -> FloatArray:
        """How much of each cell a mask over the photo (H, W) covers: float32 (h, w), 0 outside."""
        height, width = (max(1, round(length)) for length in self.used)
        reduced = np.zeros(self.shape, np.float32)
        reduced[:height, :width] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        return reduced

    def enlarge(self, logits: FloatArray, window: tuple[slice, slice]) -> FloatArray:
        """Logits (h, w), linearly interpolated at the pixels of a (rows, columns) window."""
        rows = _weights(self.photo[0], self.used[0], self.shape[0], window[0])
        columns = _weights(self.photo[1], self.used[1], self.shape[1], window[1])
        return rows @ logits.astype(np.float32) @ columns.T

    def window(self, inside: BoolArray) -> tuple[slice, slice] | None:
        """The rows and columns of the photo that cells (h, w) cover, four cells more all round."""
        bounds: list[slice] = []
        for axis in (0, 1):
            cells = np.flatnonzero(inside.any(axis=1 - axis))
            scale = self.photo[axis] / self.used[axis]
            if cells.size == 0 or (cells[0] - 4) * scale >= self.photo[axis]:
                return None
            first = max(0, int((cells[0] - 4) * scale))
            bounds.append(slice(first, min(self.photo[axis], int((cells[-1] + 5) * scale) + 1)))
        return bounds[0], bounds[1]


def scaled_to_fit(photo: tuple[int, int], side: int) -> tuple[int, int]:
    """(height, width) in whole pixels of a photo whose longer side is scaled to `side`."""
    scale = side / max(photo)
    return max(1, int(photo[0] * scale + 0.5)), max(1, int(photo[1] * scale + 0.5))


def outline_of_logits(
    logits: FloatArray, grid: Grid, pixels: PixelArray, *, refine: bool = True
) -> FloatArray:
    """What is above 0 in the logits, with its edge where the photo has it.

    Args:
        logits: float32 (h, w), above 0 inside.
        grid: how they lie over the photo.
        pixels: RGB uint8 (H, W, 3).
        refine: whether the edge may move; otherwise it is where interpolation puts it.

    Returns:
        float32 (H, W) in [0, 1], soft over about two pixels at the edge.
    """
    window = grid.window(logits > 0)
    if window is None:
        return np.zeros(grid.photo, np.float32)
    inside = grid.enlarge(logits, window) > 0
    if refine and grid.cell >= _COARSE:
        inside = _place(inside, pixels[window], grid.cell)
    return _spread(inside, window, grid)


def outline_of_mask(
    mask: FloatArray, grid: Grid, pixels: PixelArray, *, refine: bool = True
) -> FloatArray:
    """A mask of the photo's size that is right to about a cell, its edge where the photo has it.

    Returned as it is when the cells are too small for that, or its edge is on the photo's already.
    """
    window = grid.window(grid.reduce(mask) > 0)
    if window is None or not (refine and grid.cell >= _COARSE):
        return mask
    inside = mask[window] > 0.5
    placed = _place(inside, pixels[window], grid.cell)
    return mask if placed is inside else _spread(placed, window, grid)


def _spread(inside: BoolArray, window: tuple[slice, slice], grid: Grid) -> FloatArray:
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), _SOFT)
    whole = np.zeros(grid.photo, np.float32)
    # However thin a place is, what is above half stays what is inside.
    whole[window] = np.where(inside, np.maximum(soft, _INSIDE), np.minimum(soft, np.float32(0.5)))
    return whole


def _place(inside: BoolArray, pixels: PixelArray, cell: float) -> BoolArray:
    """Move an outline that is right to about a cell; the very same array when it was right.

    It was when the photo has no more contrast along the new one: colours misjudge some edges, and
    an outline that came from elsewhere to lie on an edge already is the better witness.
    """
    placed, gain = _in_tiles(inside, pixels, max(2, round(cell)))
    if gain < _GAIN:
        return inside
    return placed if cell < _TWICE else _in_tiles(placed, pixels, round(cell / 2))[0]


def _in_tiles(inside: BoolArray, pixels: PixelArray, radius: int) -> tuple[BoolArray, float]:
    """Refine the tiles that the outline passes through, each with as much round it as counts.

    Returns:
        The outline, and the photo's contrast along it as a multiple of that along the old one.
    """
    placed = inside.copy()
    near = _rim(inside)
    margin = 8 * radius + 8  # what the colour models gather, and the filters
    before, after = [0.0, 1e-6], [0.0, 1e-6]
    for top in range(0, inside.shape[0], _TILE):
        for left in range(0, inside.shape[1], _TILE):
            y, x = max(0, top - margin), max(0, left - margin)
            around = np.s_[y : top + _TILE + margin, x : left + _TILE + margin]
            if not near[around].any():
                continue
            lab = to_lab(np.ascontiguousarray(pixels[around]))
            old = inside[around]
            new = refine_edge(lab, old, radius, trust=_TRUST, smooth=_SMOOTH) > 0.5
            own = np.s_[top - y : top - y + _TILE, left - x : left - x + _TILE]
            placed[top : top + _TILE, left : left + _TILE] = new[own]
            contrast = _contrast(lab)
            for outline, total in ((old, before), (new, after)):
                along = contrast[own][_rim(outline)[own]]
                total[0] += float(along.sum())
                total[1] += along.size
    gain = (after[0] / after[1]) / max(before[0] / before[1], 1e-6)
    return placed, gain


def _rim(inside: BoolArray) -> BoolArray:
    byte = inside.astype(np.uint8)
    return cv2.erode(byte, np.ones((3, 3), np.uint8)) != byte


def _contrast(lab: FloatArray) -> FloatArray:
    """Length of the colour gradient, float32 (H, W)."""
    smooth = cv2.GaussianBlur(lab, (0, 0), _SOFT)
    slopes = [cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx) for dx in (0, 1)]
    return np.sqrt((slopes[0] ** 2 + slopes[1] ** 2).sum(axis=2))


def _weights(length: int, used: float, cells: int, part: slice) -> FloatArray:
    """Linear interpolation as a matrix: float32 (pixels of the part, cells)."""
    at = (np.arange(length, dtype=np.float32)[part] + 0.5) * (used / length) - 0.5
    last = min(cells, int(np.ceil(used))) - 1
    at = np.clip(at, 0, last)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, last)
    weights = np.zeros((at.size, cells), np.float32)
    rows = np.arange(at.size)
    np.add.at(weights, (rows, low), 1 - (at - low))
    np.add.at(weights, (rows, high), at - low)
    return weights
