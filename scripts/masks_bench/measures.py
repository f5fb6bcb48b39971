"""How well masks agree, and what a thing's removal changes in a photo."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

CHANGE = 8  # of 255: what a person may see
RIM = 2  # pixels round a silhouette where its soft edge lies; counted neither way
_SPECK = 0.0002  # of the photo: smaller changed patches are noise of the renderer or the camera


def iou(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two bool (H, W); 1 when both are empty."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def boundary_f(found: np.ndarray, truth: np.ndarray, reach: float = 3.0) -> float:
    """F-score of the outlines within `reach` pixels (Martin et al. 2004), in [0, 1].

    Args:
        found: bool (H, W).
        truth: bool (H, W).
        reach: how far apart two outlines may run.
    """
    edges = [_outline(mask) for mask in (found, truth)]
    if not edges[0].any() or not edges[1].any():
        return float(not edges[0].any() and not edges[1].any())
    near = [cv2.distanceTransform((~e).astype(np.uint8), cv2.DIST_L2, 5) <= reach for e in edges]
    precision = float(near[1][edges[0]].mean())
    recall = float(near[0][edges[1]].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(mask: np.ndarray) -> np.ndarray:
    """The inner pixels that touch the outside; the photo's border is no outline."""
    inside = mask.astype(np.uint8)
    worn = cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=1)
    return (inside - worn) > 0


def changed(photo: np.ndarray, clean: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """What else than itself a thing changes in a photo: its shadow, its mirror image, its glow.

    Isolated noise is left out: the greatest difference of the three channels goes through a 3x3
    median, and patches below 0.02 % of the photo are dropped.

    Args:
        photo: RGB uint8 (H, W, 3).
        clean: the same without the thing.
        thing: its silhouette, bool (H, W).

    Returns:
        Bool (H, W): differs by more than CHANGE, outside the silhouette and its rim.
    """
    apart = np.abs(photo.astype(np.int16) - clean.astype(np.int16)).max(axis=2).astype(np.uint8)
    differs = cv2.medianBlur(apart, 3) > CHANGE
    differs &= ~rimmed(thing)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECK * differs.size
    large[0] = False
    return large[labels]


def rimmed(thing: np.ndarray) -> np.ndarray:
    """A silhouette with the soft edge round it: bool (H, W)."""
    size = 2 * RIM + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(thing.astype(np.uint8), disc) > 0


def mean(values: Iterable[float]) -> float:
    """Their mean without those that are not numbers; NaN of none."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def markdown(head: list[str], rows: Iterable[list[object]]) -> str:
    """A table; floats with three digits, a dash for what is none or not known."""

    def cell(value: object) -> str:
        if value is None:
            return "-"
        if isinstance(value, float):
            return "-" if np.isnan(value) else f"{value:.3f}"
        return str(value)

    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)
