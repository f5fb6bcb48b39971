"""Coarse to fine: halved copies of the photo and of what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Level:
    """One scale.

    Attributes:
        image: float32 (H, W, 4), Lab and texture; only where `known` does it mean anything.
        known: bool (H, W), pixels that are given.
        usable: bool (H, W), known pixels that may serve as a source.
        joined: bool (H, W), known pixels that the fill's tone must meet; None for the usable ones.
    """

    image: FloatArray
    known: BoolArray
    usable: BoolArray
    joined: BoolArray | None = None

    def without(self, shade: FloatArray, least: float, *, joined: bool) -> Level:
        """The level where pixels in shadow are no source.

        Args:
            shade: float32 (h, w), in [0, 1]; brought to this level's size.
            least: what is above is in shadow.
            joined: whether the fill's tone meets these pixels all the same.
        """
        size = (self.known.shape[1], self.known.shape[0])
        usable = self.usable & (cv2.resize(shade, size, interpolation=cv2.INTER_LINEAR) <= least)
        if not usable.any():
            return self
        return Level(self.image, self.known, usable, self.usable if joined else None)


def build(image: FloatArray, known: BoolArray, usable: BoolArray, count: int) -> list[Level]:
    """Levels from fine to coarse, `count` or as many as still know anything.

    A coarse pixel averages the known ones under it, and is known when they are more than half.
    """
    levels = [Level(image, known, usable)]
    for _ in range(count - 1):
        fine = levels[-1]
        # What may not serve as a source shall not tint what may.
        weight = np.where(fine.usable, 1.0, fine.known * 1e-3).astype(np.float32)
        total = _halve(fine.image * weight[:, :, None])
        coarse = total / np.maximum(_halve(weight), 1e-6)[:, :, None]
        enough = _halve(fine.known.astype(np.float32)) > 0.5
        if not enough.any():
            break
        usable_share = _halve(fine.usable.astype(np.float32))
        levels.append(Level(coarse, enough, enough & (usable_share > 0.5)))
    return levels


def _halve(array: np.ndarray) -> np.ndarray:
    height, width = array.shape[:2]
    size = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    return cv2.resize(array, size, interpolation=cv2.INTER_AREA)


def depth(known: BoolArray, radius: int) -> int:
    """How many levels: until the widest unknown spot is about one patch, or the photo is small."""
    unknown = np.pad(~known, 1, mode="edge")
    widest = float(distance(unknown).max())
    count = 1
    side = min(known.shape)
    while widest > radius and side >= 8 * radius and count < 10:
        widest, side, count = widest / 2, side // 2, count + 1
    return count


def valid_sources(level: Level, radius: int) -> tuple[int, BoolArray]:
    """The patch radius that this level allows, and where such patches may be centred.

    The patch shrinks when no whole one is known; a single known pixel is enough in the end.
    """
    for usable in (level.usable, level.known):
        for smaller in range(radius, -1, -1):
            # One pixel more than the patch: a vote reads the step to the next pixel, too.
            side = 2 * (smaller + 1) + 1
            inner = np.pad(usable, smaller + 1).astype(np.uint8)
            valid = cv2.erode(inner, np.ones((side, side), np.uint8))
            valid = valid[smaller + 1 : -smaller - 1, smaller + 1 : -smaller - 1] > 0
            if int(valid.sum()) >= min(16, max(1, valid.size // 8)):
                return smaller, valid
    return 0, level.known


def membrane(level: Level) -> FloatArray:
    """A membrane over the unknown part: known pixels diffused inward, coarse to fine."""
    weight = np.where(level.usable, 1.0, level.known * 1e-3).astype(np.float32)
    image = level.image * weight[:, :, None]
    sizes: list[tuple[FloatArray, FloatArray]] = [(image, weight)]
    while min(sizes[-1][1].shape) > 1:
        image, weight = (
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            for part in sizes[-1]
        )
        sizes.append((image, weight))
    result = sizes[-1][0] / max(float(sizes[-1][1].max()), 1e-6)
    for image, weight in reversed(sizes[:-1]):
        size = (weight.shape[1], weight.shape[0])
        up = cv2.resize(result, size, interpolation=cv2.INTER_LINEAR).reshape(image.shape)
        share = np.clip(weight * 4, 0, 1)[:, :, None]
        result = up * (1 - share) + image / np.maximum(weight, 1e-6)[:, :, None] * share
    return result.astype(np.float32)


def spread(values: np.ndarray, y: np.ndarray, x: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Each pixel takes the value of the nearest place that has one.

    Args:
        values: (N, ...), of the places.
        y, x: int (N,), the places, at least one.
        shape: (H, W).

    Returns:
        (H, W, ...), of the same dtype.
    """
    empty = np.ones(shape, np.uint8)
    empty[y, x] = 0
    labels: np.ndarray = np.asarray(
        cv2.distanceTransformWithLabels(
            empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )[1],
        dtype=np.intp,
    )
    table = np.zeros((int(labels.max()) + 1, *values.shape[1:]), values.dtype)
    table[labels[y, x]] = values
    return table[labels]
