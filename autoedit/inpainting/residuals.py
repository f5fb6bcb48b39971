"""Fine texture for a fill that was made at a smaller size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_PATCH = 7  # pixels of the small picture that are compared
_BLOCK = 4  # pixels of the small picture that take their texture from one place
_DIMENSIONS = 12
_SOURCES = 40_000
_FEWEST = 100


def add_residuals(
    small: PixelArray,
    small_hole: BoolArray,
    pixels: PixelArray,
    hole: BoolArray,
    hidden: BoolArray | None = None,
) -> PixelArray:
    """Enlarge a fill, and give it the detail that the small picture could not hold.

    What enlarging the small picture misses is known outside the hole: the residual. Each block of
    the fill takes it from the known place that looks most like it in the small picture.
    After Yi et al., "Contextual Residual Aggregation for Ultra High-Resolution Image Inpainting",
    CVPR 2020, arXiv 2005.09704, with the best match in place of learnt attention over all places,
    which would average fine texture away.

    Args:
        small: RGB uint8 (h, w, 3), filled, and as the photo outside its hole. One that is not
            smaller has all the detail, and is only resized.
        small_hole: bool (h, w), what was unknown in it.
        pixels: RGB uint8 (H, W, 3); what lies in the hole is not looked at.
        hole: bool (H, W), where the result is wanted.
        hidden: bool (H, W), further pixels that must not serve as a source.

    Returns:
        RGB uint8 (H, W, 3), equal to `pixels` outside the hole.
    """
    height, width = hole.shape
    if small.shape[0] >= height or small.shape[1] >= width:
        resized = cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA)
        return np.where(hole[:, :, None], resized, pixels)
    enlarged = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    filled = enlarged.astype(np.float32)
    residual = pixels.astype(np.float32) - filled
    unknown = hole if hidden is None else hole | hidden
    usable = _usable_sources(small_hole, unknown)
    y, x = np.nonzero(hole)
    if usable.sum() >= _FEWEST and y.size:
        per_y, per_x = small_hole.shape[0] / height, small_hole.shape[1] / width
        moves = _moves(small, usable, small_hole)
        row, column = (y * per_y).astype(np.intp), (x * per_x).astype(np.intp)
        move = moves[row // _BLOCK, column // _BLOCK]
        from_y = np.clip(y + np.rint(move[:, 0] / per_y).astype(np.intp), 0, height - 1)
        from_x = np.clip(x + np.rint(move[:, 1] / per_x).astype(np.intp), 0, width - 1)
        borrowed = residual[from_y, from_x]
        borrowed[unknown[from_y, from_x]] = 0
        filled[y, x] += borrowed
    return np.where(hole[:, :, None], np.clip(np.rint(filled), 0, 255).astype(np.uint8), pixels)


def _usable_sources(small_hole: BoolArray, unknown: BoolArray) -> BoolArray:
    """Small pixels, a whole block and patch away from all that is unknown."""
    size = (small_hole.shape[1], small_hole.shape[0])
    shrunk = cv2.resize(unknown.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    bad = (shrunk | small_hole).astype(np.uint8)
    reach = 2 * (_PATCH // 2 + _BLOCK) + 1
    usable = cv2.dilate(bad, np.ones((reach, reach), np.uint8)) == 0
    # No source too near the border: a patch and a block must fit.
    margin = reach // 2
    inner = np.zeros_like(usable)
    inner[margin:-margin, margin:-margin] = True
    return usable & inner


def _moves(small: PixelArray, usable: BoolArray, small_hole: BoolArray) -> NDArray[np.int64]:
    """For each block, how far its source is, (y, x) in small pixels; 0 where nothing is unknown."""
    height, width = usable.shape
    moves = np.zeros((-(-height // _BLOCK), -(-width // _BLOCK), 2), np.int64)
    sources = np.argwhere(usable)
    if len(sources) > _SOURCES:
        chosen = np.random.default_rng(0).choice(len(sources), _SOURCES, replace=False)
        sources = sources[np.sort(chosen)]
    grown = cv2.dilate(small_hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.nonzero(grown)
    blocks = np.unique(np.stack([rows // _BLOCK, columns // _BLOCK], 1), axis=0)
    centres = np.minimum(blocks * _BLOCK + _BLOCK // 2, (height - 1, width - 1))
    lab = cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
    known, wanted = _patches(lab, sources), _patches(lab, centres)
    mean = known.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((known - mean).T))
    axes = axes[:, -_DIMENSIONS:]
    # eps: a match up to half as far again as the best one, in a fraction of the time
    _, best = KDTree((known - mean) @ axes).query((wanted - mean) @ axes, eps=0.5)
    moves[blocks[:, 0], blocks[:, 1]] = sources[best] - centres
    return moves


def _patches(lab: FloatArray, centres: NDArray[np.int64]) -> FloatArray:
    """The patches round some pixels, float32 (N, patch * patch * 3)."""
    half = _PATCH // 2
    padded = np.pad(lab, ((half, half), (half, half), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (_PATCH, _PATCH), axis=(0, 1))
    return windows[centres[:, 0], centres[:, 1]].reshape(len(centres), -1)
