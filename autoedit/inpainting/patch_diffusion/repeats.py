"""Where a photo repeats itself, and what in it stands alone.

The statistics of patch offsets (He & Sun 2012, "Statistics of patch offsets for image completion"):
every known patch looks for its nearest one that is not close by; the offsets that many patches
agree on are the photo's own periods. How far off even the nearest one is tells a lone thing from
ground that goes on.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.pyramid import spread

IntArray = np.ndarray

_RADIUS = 3  # of the compared patches
_FREQUENCIES = (  # of the cosines that a patch is compared by, for each channel
    tuple((v, u) for v in range(4) for u in range(4) if v + u < 4),
    ((0, 0), (0, 1), (1, 0), (1, 1)),
    ((0, 0), (0, 1), (1, 0), (1, 1)),
    ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)),
)
_FINENESS, _LARGEST = 0.22, 400.0  # so small are whole numbers that their sums are exact
_CHUNK = 512  # queries at a time
_ASKING = 2500  # patches that ask, about; the others are passed over in regular steps


def repeats(image: FloatArray, usable: BoolArray, count: int) -> tuple[IntArray, FloatArray]:
    """The photo's commonest offsets, and how rare each place in it is.

    Args:
        image: float32 (H, W, 4): Lab and texture, of 255.
        usable: bool (H, W), the pixels that may be asked and answer.
        count: how many offsets at most.

    Returns:
        int (K, 2), offsets (dy, dx), the commonest first, each with its opposite; and float32
        (H, W), root mean square difference of each patch from its nearest one elsewhere.
    """
    height, width = usable.shape
    y, x, features = _patches(image, usable)
    if len(y) < _CHUNK // 8:
        return np.zeros((0, 2), np.int64), np.zeros((height, width), np.float32)
    least = max(height, width) / 15
    stride = int(np.ceil(np.sqrt(len(y) / _ASKING)))
    asking = np.flatnonzero((y % stride == 0) & (x % stride == 0))
    nearest, distance = _nearest(y, x, features, asking, least)
    some = np.isfinite(distance)  # nothing lies far enough off in a small photo
    asking, nearest, distance = asking[some], nearest[some], distance[some]
    if not len(asking):
        return np.zeros((0, 2), np.int64), np.zeros((height, width), np.float32)
    dy, dx = y[nearest] - y[asking], x[nearest] - x[asking]
    histogram = np.zeros((2 * height + 1, 2 * width + 1), np.float32)
    for sign in (1, -1):
        np.add.at(histogram, (sign * dy + height, sign * dx + width), 1.0)
    histogram = cv2.GaussianBlur(histogram, (0, 0), np.sqrt(2.0))
    peak = (histogram == cv2.dilate(histogram, np.ones((5, 5), np.uint8))) & (histogram > 1e-3)
    py, px = np.nonzero(peak)
    order = np.argsort(-histogram[py, px], kind="stable")[:count]
    offsets = np.stack([py[order] - height, px[order] - width], axis=1)
    return offsets, spread(distance, y[asking], x[asking], usable.shape)


def _patches(image: FloatArray, usable: BoolArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Centres of the usable patches, and their cosine coefficients, float32 (N, 24).

    The coefficients are whole numbers, so that products of them come out the same in whatever
    order a library adds them up.
    """
    side = 2 * _RADIUS + 1
    whole = cv2.erode(
        np.pad(usable, _RADIUS).astype(np.uint8), np.ones((side, side), np.uint8)
    )[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]  # fmt: skip
    y, x = np.nonzero(whole)
    at = (np.arange(side) + 0.5) * np.pi / side
    cosines = [np.cos(at * n) * np.sqrt((2 if n else 1) / side) for n in range(side)]
    coefficients = [
        cv2.sepFilter2D(image[:, :, channel], cv2.CV_32F, cosines[u], cosines[v])[y, x]
        for channel, frequencies in enumerate(_FREQUENCIES)
        for v, u in frequencies
    ]
    features = np.rint(np.stack(coefficients, axis=1) * np.float32(_FINENESS))
    return y, x, np.clip(features, -_LARGEST, _LARGEST)


def _nearest(
    y: IntArray, x: IntArray, features: FloatArray, asking: IntArray, least: float
) -> tuple[IntArray, FloatArray]:
    """For each asking patch the nearest one at least so many pixels off, and how far it is."""
    norms = (features * features).sum(axis=1)
    others = -2 * features.T
    nearest = np.empty(len(asking), np.int64)
    distance = np.empty(len(asking), np.float32)
    # The patches come row by row, so what may be close to a chunk of them lies in one run.
    rows, columns = y.astype(np.int16), x.astype(np.int16)
    for start in range(0, len(asking), _CHUNK):
        part = slice(start, start + _CHUNK)
        ask = asking[part]
        d = features[ask] @ others
        d += norms
        first, last = np.searchsorted(y, [y[ask[0]] - least, y[ask[-1]] + least])
        run = slice(first, last)
        close = np.abs(rows[run] - rows[ask, None]) < least
        close &= np.abs(columns[run] - columns[ask, None]) < least
        d[:, run][close] = np.inf
        best = d.argmin(axis=1)
        nearest[part] = best
        distance[part] = np.maximum(d[np.arange(len(ask)), best] + norms[ask], 0)
    return nearest, np.sqrt(distance) / np.float32(_FINENESS * (2 * _RADIUS + 1))
