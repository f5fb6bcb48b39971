"""Straight lines in what is known: the directions they run in, and the planes they lie on."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_CLOSE = 3.0  # pixels; nearer to the hole an edge is the hole's own
_AGREE = np.sin(np.radians(2.0))  # a segment points at a vanishing point up to this
_MOST = 150  # segments that planes are sought with


def segments(lightness: FloatArray, known: BoolArray) -> FloatArray:
    """Line segments outside the hole, float64 (N, 4) as x0, y0, x1, y1 in pixels.

    Found by LSD (Grompone von Gioi et al. 2012).

    Args:
        lightness: float32 (H, W), 0 to 255.
        known: bool (H, W), False is the hole.
    """
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD)
    found = detector.detect(np.clip(lightness, 0, 255).astype(np.uint8))[0]
    if found is None:
        return np.zeros((0, 4))
    found = found.reshape(-1, 4).astype(np.float64)
    away = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    height, width = known.shape
    t = np.linspace(0, 1, 9)
    x = np.rint(found[:, 0:1] * (1 - t) + found[:, 2:3] * t).astype(int).clip(0, width - 1)
    y = np.rint(found[:, 1:2] * (1 - t) + found[:, 3:4] * t).astype(int).clip(0, height - 1)
    size = np.sqrt((~known).sum())
    length = np.hypot(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1])
    return found[((away[y, x] > _CLOSE).mean(axis=1) > 0.6) & (length > 6 + 0.06 * size)]


def directions(lines: FloatArray, known: BoolArray, count: int) -> list[float]:
    """The main directions of lines near the hole, radians in [0, pi), the strongest first."""
    if not len(lines):
        return []
    away = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    height, width = known.shape
    ends = np.rint(lines).astype(int)
    x, y = ends[:, 0::2].clip(0, width - 1), ends[:, 1::2].clip(0, height - 1)
    size = np.sqrt((~known).sum())
    delta = lines[:, 2:] - lines[:, :2]
    weight = np.hypot(delta[:, 0], delta[:, 1]) * np.exp(-away[y, x].min(axis=1) / (0.3 * size))
    degrees = np.floor(np.degrees(np.arctan2(delta[:, 1], delta[:, 0]))).astype(int) % 180
    histogram = np.bincount(degrees, weights=weight, minlength=180)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
    smooth = np.convolve(np.r_[histogram[-6:], histogram, histogram[:6]], kernel, "valid")
    chosen: list[float] = []
    while len(chosen) < count and smooth.max() > 0.1 * size:
        best = int(smooth.argmax())
        chosen.append(float(np.radians(best + 0.5)))
        smooth[(best + np.arange(-12, 13)) % 180] = 0
    return chosen


def planes(
    lines: FloatArray, known: BoolArray, count: int, generator: np.random.Generator
) -> list[tuple[float, float]]:
    """The planes seen aslant that the lines lie on, each by its vanishing line.

    Vanishing points are voted for by pairs of segments; two of them span a vanishing line, which
    is all that an affine rectification needs (Hartley & Zisserman, "Multiple view geometry",
    section 2.7; used for completion by Huang et al. 2014, "Image completion using planar
    structure guidance").

    Args:
        lines: (N, 4), as from `segments`.
        known: bool (H, W), False is the hole.
        count: how many planes at most.
        generator: of the pairs that are tried.

    Returns:
        (lx, ly) for each: lx x + ly y + 1 = 0 is the vanishing line, in pixels from the middle
        of the hole.
    """
    hole = ~known
    y, x = np.nonzero(hole)
    scale = max(known.shape) / 2
    points = (lines.reshape(-1, 2, 2) - (x.mean(), y.mean())) / scale
    length = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    longest = np.argsort(-length, kind="stable")[:_MOST]
    vanishing = _vanishing_points(points[longest], generator)
    found: list[tuple[float, float]] = []
    for i, first in enumerate(vanishing):
        for second in vanishing[i + 1 :]:
            line = np.cross(first, second)
            if abs(line[2]) < 1e-6:
                continue
            lx, ly = line[:2] / line[2] / scale
            # Front-on there is nothing to rectify; edge-on, nothing to see.
            if 0.05 < np.hypot(lx, ly) * np.sqrt(hole.sum()) < 1.2:
                found.append((float(lx), float(ly)))
    return found[:count]


def _vanishing_points(points: FloatArray, generator: np.random.Generator) -> list[FloatArray]:
    """Up to three, homogeneous, the one with the most length pointing at it first."""
    if len(points) < 6:
        return []
    start, stop = points[:, 0], points[:, 1]
    length = np.linalg.norm(stop - start, axis=1)
    along, middle = (stop - start) / length[:, None], (start + stop) / 2
    one = np.ones((len(points), 1))
    lines = np.cross(np.hstack([start, one]), np.hstack([stop, one]))
    lines /= np.linalg.norm(lines[:, :2], axis=1, keepdims=True)
    weight = length * np.exp(-0.5 * np.linalg.norm(middle, axis=1))
    i, j = np.triu_indices(len(points), 1)
    apart = np.abs(along[i, 0] * along[j, 1] - along[i, 1] * along[j, 0]) > 0.02
    pairs = generator.permutation(np.flatnonzero(apart))[:2000]
    meeting = np.cross(lines[i[pairs]], lines[j[pairs]])
    angles = np.radians(np.arange(0, 180, 3))
    infinite = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    candidates = np.concatenate([meeting, infinite])
    towards = candidates[:, None, :2] - middle[None] * candidates[:, None, 2:]
    towards /= np.linalg.norm(towards, axis=2, keepdims=True) + 1e-12
    off = np.abs(towards[:, :, 0] * along[:, 1] - towards[:, :, 1] * along[:, 0])
    votes = np.maximum(1 - off / _AGREE, 0)
    chosen: list[FloatArray] = []
    total, left = weight.sum(), weight.copy()
    for _ in range(3):
        score = (votes * left).sum(axis=1)
        best = int(score.argmax())
        agree = (off[best] < _AGREE) & (left > 0)
        if agree.sum() < 3 or score[best] < 0.08 * total:
            break
        weighted = lines[agree] * left[agree, None]
        _, vectors = np.linalg.eigh(np.einsum("ni,nj->ij", weighted, weighted))
        chosen.append(vectors[:, 0])
        left = np.where(agree, 0, left)
    return chosen
