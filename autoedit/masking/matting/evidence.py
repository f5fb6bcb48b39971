"""What a pixel's own colour says of the side that it is on.

Local colour models of the two sides, as in Bai et al., "Video SnapCut" (2009), here histograms over
few colours, compared in rounds: where an outline is off, or thin parts are missed, they tell.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.masking.matting.softness import disc

_COLOURS = 32  # at most, the photo's
_SAMPLES = 6_000  # pixels from which the few colours are taken
_NEAR = 24  # pixels, half width of the place whose colours are compared
_DEEP = 6.0  # pixels from the outline from which a side's colours are sure
_ROUNDS = 3  # after each, what was found on the wrong side counts less
_GUESSED = 0.5  # of the deep pixels nearby right, and colours say nothing
_GOOD = 1.2  # so that nearly all right is enough
_RARE = 0.02  # share of a side's colours under which a colour says nothing


def evidence(
    pixels: PixelArray, inner: FloatArray, outer: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How likely each pixel is the subject's, and how sure that is.

    Args:
        pixels: RGB uint8 (H, W, 3).
        inner, outer: how deep inside and how far outside, as by `softness.distances`.

    Returns:
        Likelihood and certainty, float32 (H, W) in [0, 1] each.
    """
    label, count = _quantised(pixels)
    ridge = inner / np.maximum(cv2.dilate(inner, disc(6)), 1)
    trust = [
        np.minimum(inner, _DEEP) ** 2 * ridge * ridge,
        np.minimum(outer, _DEEP) ** 2,
    ]
    likely, sure = _compared(label, count, trust)
    for _ in range(_ROUNDS - 1):
        ground = sure * np.clip(1 - 2 * likely, 0, 1)
        subject = sure * np.clip(2 * likely - 1, 0, 1)
        likely, sure = _compared(label, count, [trust[0] * (1 - ground), trust[1] * (1 - subject)])
    return likely, sure * _reliability(likely, inner, outer)


def _reliability(likely: FloatArray, inner: FloatArray, outer: FloatArray) -> FloatArray:
    """How far colours are right nearby where the side is sure, on its worse side: 0 to 1."""
    size = (2 * _NEAR + 1, 2 * _NEAR + 1)
    right = np.ones(likely.shape, np.float32)
    for distance, share in ((inner, likely), (outer, 1 - likely)):
        deep = ((distance > _DEEP) & (distance <= _DEEP + _NEAR)).astype(np.float32)
        mass = cv2.blur(deep, size)
        good = cv2.blur(deep * share, size) / np.maximum(mass, 1e-6)
        right = np.where(mass > 1e-3, np.minimum(right, good), right)
    return np.clip(_GOOD * (right - _GUESSED) / (1 - _GUESSED), 0, 1).astype(np.float32)


def _compared(
    label: np.ndarray, count: int, weights: list[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """The subject's share of each colour nearby, both sides held as large, and its certainty."""
    size = (2 * _NEAR + 1, 2 * _NEAR + 1)
    totals = [cv2.blur(weight, size) + 1e-6 for weight in weights]
    share = [np.zeros(label.shape, np.float32) for _ in weights]
    for colour in range(count):
        own = label == colour
        for side, weight in enumerate(weights):
            part = cv2.blur(np.where(own, weight, np.float32(0)), size)
            share[side][own] = part[own] / totals[side][own]
    both = share[0] + share[1]
    likely = share[0] / np.maximum(both, 1e-6)
    sure = np.abs(2 * likely - 1) * np.clip(both / _RARE, 0, 1)
    return likely.astype(np.float32), sure.astype(np.float32)


def _quantised(pixels: PixelArray) -> tuple[np.ndarray, int]:
    """Each pixel's colour as one of few, uint8 (H, W), and how many there are."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    some = lab[:: max(1, len(lab) // _SAMPLES)]
    count = min(_COLOURS, len(np.unique(some, axis=0)))
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_COUNT, 10, 0)
    empty = np.zeros((len(some), 1), np.int32)
    _, _, centres = cv2.kmeans(some, count, empty, stop, 1, cv2.KMEANS_PP_CENTERS)
    best = np.full(len(lab), np.inf, np.float32)
    label = np.zeros(len(lab), np.uint8)
    for index, centre in enumerate(centres):
        off = ((lab - centre) ** 2).sum(axis=1)
        nearer = off < best
        best[nearer], label[nearer] = off[nearer], index
    return label.reshape(pixels.shape[:2]), count
