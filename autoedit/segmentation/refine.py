"""From a mask that is right to a few pixels to one that follows the edge."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_VARIANCE_FLOOR = 6.0  # CIELAB units squared: sensor noise and JPEG


def refine_edge(
    lab: FloatArray,
    inside: BoolArray,
    radius: int,
    *,
    trust: float = 3.0,
    smooth: int | None = None,
) -> FloatArray:
    """Decide the pixels within `radius` of the outline by the colours just inside and outside.

    A Gaussian colour model of either side, gathered locally by normalised blurring, gives each
    pixel of the band a log likelihood ratio; the distance to the old outline is the prior; the sum
    is smoothed along the photo's own edges by a guided filter (He et al. 2013).

    Args:
        lab: CIELAB float32 (H, W, 3).
        inside: bool (H, W), the mask so far.
        radius: how many pixels the outline may move.
        trust: log odds of the old outline at `radius` pixels from it; more holds it in place.
        smooth: radius in pixels of the guided filter; None for half of `radius`, at least 2.

    Returns:
        float32 (H, W) in [0, 1], soft over about two pixels at the outline.
    """
    byte = inside.astype(np.uint8)
    if inside.all() or not inside.any():
        return inside.astype(np.float32)
    to_outside = cv2.distanceTransform(byte, cv2.DIST_L2, 5)
    to_inside = cv2.distanceTransform(1 - byte, cv2.DIST_L2, 5)
    signed = to_outside - to_inside
    band = np.abs(signed) <= radius
    core, rest = _beyond(signed, radius)
    ratio = _log_density(lab, core, radius) - _log_density(lab, rest, radius)
    score = np.clip(ratio, -6, 6) + trust * signed / radius
    score = np.where(band, score, np.clip(signed, -1, 1) * 6).astype(np.float32)
    score = _guided(lab[:, :, 0] / 100, score, max(2, radius // 2) if smooth is None else smooth)
    score = np.where(band, score, np.sign(signed) * 6)
    edge = cv2.GaussianBlur((score > 0).astype(np.float32), (0, 0), 0.7)
    return np.where(band, edge, byte).astype(np.float32)


def _beyond(signed: FloatArray, radius: int) -> tuple[FloatArray, FloatArray]:
    """What is surely inside and outside; thin parts keep their middle as a sample."""
    core = (signed > 0.6 * radius).astype(np.float32)
    thin = cv2.blur(core, (4 * radius + 1, 4 * radius + 1)) < 0.02
    core[thin & (signed > 1)] = 1
    return core, (signed < -0.6 * radius).astype(np.float32)


def _log_density(lab: FloatArray, members: FloatArray, radius: int) -> FloatArray:
    size = (6 * radius + 1, 6 * radius + 1)

    def gather(values: FloatArray) -> FloatArray:
        return cv2.blur(cv2.blur(values, size), size)

    weight = gather(members) + 1e-6
    total = np.zeros(members.shape, np.float32)
    for channel in cv2.split(lab):
        mean = gather(channel * members) / weight
        variance = gather(channel * channel * members) / weight - mean * mean
        variance = np.maximum(variance, 0) + _VARIANCE_FLOOR
        total -= 0.5 * ((channel - mean) ** 2 / variance + np.log(variance))
    known = weight > 1e-3
    return np.where(known, total, -10).astype(np.float32)


def _guided(guide: FloatArray, values: FloatArray, radius: int) -> FloatArray:
    size = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_values = cv2.blur(guide, size), cv2.blur(values, size)
    covariance = cv2.blur(guide * values, size) - mean_guide * mean_values
    variance = cv2.blur(guide * guide, size) - mean_guide * mean_guide
    slope = covariance / (variance + 1e-3)
    offset = mean_values - slope * mean_guide
    return cv2.blur(slope, size) * guide + cv2.blur(offset, size)
