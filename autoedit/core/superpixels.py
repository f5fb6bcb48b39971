"""Superpixels: a photo cut into a thousand small pieces that keep to its edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from autoedit.core.mask import FloatArray, PixelArray

IntArray = NDArray[np.int32]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Superpixels:
    """The pieces of an image and the graph of their neighbours.

    Attributes:
        labels: int32 (H, W), piece of each pixel, 0 to N - 1.
        colour: float32 (N, 3), mean CIELAB colour, L in [0, 100].
        centre: float32 (N, 2), mean (x, y) in pixels.
        area: float32 (N,), in pixels.
        border: float32 (N,), pixels on the image's border.
        edges: int32 (M, 2), pairs of touching pieces.
        length: float32 (M,), pixels along which a pair touches.
        contrast: float32 (M,), mean CIELAB difference across that line.
    """

    labels: IntArray
    colour: FloatArray
    centre: FloatArray
    area: FloatArray
    border: FloatArray
    edges: IntArray
    length: FloatArray
    contrast: FloatArray

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return self.area.shape[0]

    def mean(self, values: NDArray[np.generic]) -> FloatArray:
        """The mean of a per-pixel map (H, W) over each piece, float32 (N,)."""
        weights = np.asarray(values, np.float64).ravel()
        total = np.bincount(self.labels.ravel(), weights, self.count)
        return (total / self.area).astype(np.float32)

    def along(self, values: FloatArray) -> FloatArray:
        """The mean of a per-pixel map (H, W) along the line of each pair, float32 (M,)."""
        total = np.zeros(len(self.edges))
        known = self.edges[:, 0].astype(np.int64) * self.count + self.edges[:, 1]
        for axis in (0, 1):
            first, second = _halves(self.labels, axis)
            y, x = np.nonzero(first != second)
            pair = _pair(first[y, x], second[y, x], self.count)
            across = np.add(*_halves(values, axis))[y, x] / 2
            total += np.bincount(np.searchsorted(known, pair), across, len(known))
        return (total / self.length).astype(np.float32)


def to_lab(pixels: PixelArray) -> FloatArray:
    """RGB uint8 (H, W, 3) as CIELAB float32 (H, W, 3): L in [0, 100], a and b about -110 to 110."""
    scaled = pixels.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), np.float32)


def cut_superpixels(lab: FloatArray, step: int) -> Superpixels:
    """Cut an image into pieces about `step` pixels wide that follow its edges.

    Flooding from one marker a grid cell, placed where the gradient is lowest (Machairas et al.
    2015, "Waterpixels"); several times faster than SLIC, and it keeps to thin parts.

    Args:
        lab: CIELAB float32 (H, W, 3).
        step: side of a grid cell in pixels.
    """
    height, width = lab.shape[:2]
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8)
    bytes_ = np.clip(smooth * (2.55, 1, 1) + (0, 128, 128), 0, 255).astype(np.uint8)
    gradient = np.zeros((height, width), np.float32)
    for channel in cv2.split(smooth):
        across = cv2.Sobel(channel, cv2.CV_32F, 1, 0)
        down = cv2.Sobel(channel, cv2.CV_32F, 0, 1)
        gradient = np.maximum(gradient, across * across + down * down)
    labels = _markers(gradient, step)
    cv2.watershed(bytes_, labels)
    if not (labels > 0).any():  # the flood leaves out a frame one pixel wide, here everything
        labels[:] = 1
    while (labels <= 0).any():  # the lines between basins, and the frame that it leaves out
        spread = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8))
        labels = np.where(labels <= 0, np.maximum(spread, 0).astype(np.int32), labels)
    _, compact = np.unique(labels, return_inverse=True)
    return _describe(smooth, compact.reshape(height, width).astype(np.int32))


def _markers(gradient: FloatArray, step: int) -> IntArray:
    """One seed a cell, numbered from 1, at the lowest gradient in the cell's middle."""
    height, width = gradient.shape
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    markers = np.zeros((height, width), np.int32)
    tops = [round(height * i / rows) for i in range(rows + 1)]
    lefts = [round(width * j / columns) for j in range(columns + 1)]
    for i in range(rows):
        for j in range(columns):
            y0, y1, x0, x1 = tops[i], tops[i + 1], lefts[j], lefts[j + 1]
            dy, dx = (y1 - y0) // 4, (x1 - x0) // 4
            cell = gradient[y0 + dy : y1 - dy, x0 + dx : x1 - dx]
            y, x = divmod(int(cell.argmin()), cell.shape[1])
            markers[y0 + dy + y, x0 + dx + x] = i * columns + j + 1
    return markers


def _describe(lab: FloatArray, labels: IntArray) -> Superpixels:
    flat = labels.ravel()
    count = int(flat.max()) + 1
    height, width = labels.shape
    area = np.bincount(flat, minlength=count).astype(np.float32)

    def mean(values: NDArray[np.generic]) -> FloatArray:
        return (np.bincount(flat, values.ravel(), count) / area).astype(np.float32)

    rows, columns = np.mgrid[:height, :width]
    frame = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    edges, length, contrast = _neighbours(lab, labels, count)
    return Superpixels(
        labels=labels,
        colour=np.stack([mean(lab[:, :, c]) for c in range(3)], axis=1),
        centre=np.stack([mean(columns), mean(rows)], axis=1),
        area=area,
        border=np.bincount(frame, minlength=count).astype(np.float32),
        edges=edges,
        length=length,
        contrast=contrast,
    )


def _neighbours(
    lab: FloatArray, labels: IntArray, count: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Touching pairs, how long each touches, and the mean difference two pixels apart."""
    keys: list[NDArray[np.int64]] = []
    differences: list[FloatArray] = []
    for axis in (0, 1):
        first, second = _halves(labels, axis)
        y, x = np.nonzero(first != second)
        keys.append(_pair(first[y, x], second[y, x], count))
        dy, dx = (1, 0) if axis == 0 else (0, 1)
        back = lab[np.maximum(y - dy, 0), np.maximum(x - dx, 0)]
        ahead = lab[
            np.minimum(y + 2 * dy, lab.shape[0] - 1), np.minimum(x + 2 * dx, lab.shape[1] - 1)
        ]
        differences.append(np.sqrt(((ahead - back) ** 2).sum(axis=1)))
    unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    length = np.bincount(inverse, minlength=unique.size).astype(np.float32)
    total = np.bincount(inverse, np.concatenate(differences), unique.size)
    edges = np.stack([unique // count, unique % count], axis=1).astype(np.int32)
    return edges, length, (total / length).astype(np.float32)


def _halves(values: NDArray[_Number], axis: int) -> tuple[NDArray[_Number], NDArray[_Number]]:
    """Each pixel but the last along an axis, and the one after it."""
    size = values.shape[axis]
    return np.take(values, range(size - 1), axis), np.take(values, range(1, size), axis)


def _pair(one: IntArray, two: IntArray, count: int) -> NDArray[np.int64]:
    """One number for two pieces, whichever comes first."""
    return np.minimum(one, two).astype(np.int64) * count + np.maximum(one, two)
