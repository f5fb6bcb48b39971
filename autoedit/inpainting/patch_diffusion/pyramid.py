"""Coarse to fine: halved copies of the photo and of what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Level:
    """One scale.

    Attributes:
        image: float32 (H, W, 3); only where `known` does it mean anything.
        known: bool (H, W), pixels that are given.
        usable: bool (H, W), known pixels that may serve as a source.
    """

    image: FloatArray
    known: BoolArray
    usable: BoolArray


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
    unknown = np.pad(~known, 1, mode="edge").astype(np.uint8)
    widest = float(cv2.distanceTransform(unknown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())
    count = 1
    side = min(known.shape)
    while widest > radius and side >= 8 * radius and count < 10:
        widest, side, count = widest / 2, side // 2, count + 1
    return count
