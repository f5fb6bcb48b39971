"""Which of the masks that Segment Anything offers for one prompt is meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.region import Box, Point

_BOX, _POINTS, _COARSE, _STABILITY = 0.6, 1.0, 0.6, 0.3
_OFFSET = 1.0  # logits: how far the threshold moves for the stability
_TRIM = 0.005  # of the area: specks do not count for the extent


@dataclass(frozen=True, slots=True)
class Wanted:
    """The prompt, in cells of the masks' grid.

    Attributes:
        box: xyxy.
        points, negative_points: (x, y) each.
        coarse: bool (h, w), the mask that was given.
    """

    box: Box | None = None
    points: tuple[Point, ...] = ()
    negative_points: tuple[Point, ...] = ()
    coarse: BoolArray | None = None

    @property
    def lone_point(self) -> bool:
        """Whether a single point is all there is, which may mean a whole or a part of it."""
        alone = self.box is None and self.coarse is None and not self.negative_points
        return alone and len(self.points) == 1


def choose(logits: FloatArray, predicted_iou: FloatArray, wanted: Wanted) -> int:
    """The row of the mask that is meant.

    The decoder's own estimate decides between masks that fit the prompt equally well. A mask fits a
    box when it reaches the box's sides and stays within; it fits points when it holds them and not
    the negative ones; it fits a coarse mask when it overlaps it. The stability of Kirillov et al.
    2023 ("Segment Anything": the overlap of the masks at a higher and a lower threshold) counts
    against masks that hang on the threshold.

    Args:
        logits: float32 (N, h, w), above 0 inside. Row 0 is the mask for prompts that leave no
            doubt and is not looked at for a lone point, when there are others.
        predicted_iou: float32 (N,), the decoder's estimates.
        wanted: the prompt.
    """
    scores = np.array(
        [_score(each, float(iou), wanted) for each, iou in zip(logits, predicted_iou, strict=True)]
    )
    if wanted.lone_point and len(scores) > 1:
        scores[0] = -np.inf
    return int(np.argmax(scores))


def _score(logits: FloatArray, predicted_iou: float, wanted: Wanted) -> float:
    mask = logits > 0
    if not mask.any():
        return -10.0
    score = predicted_iou + _STABILITY * stability(logits)
    if wanted.box is not None:
        score += _BOX * box_fit(mask, wanted.box)
    if wanted.points or wanted.negative_points:
        held = [_at(mask, point) for point in wanted.points]
        held += [not _at(mask, point) for point in wanted.negative_points]
        score += _POINTS * sum(held) / len(held)
    if wanted.coarse is not None:
        score += _COARSE * overlap(mask, wanted.coarse)
    return score


def box_fit(mask: BoolArray, box: Box) -> float:
    """How well a mask (h, w) fills a box's extent and stays in it, in [0, 1]."""
    x0, y0, x1, y1 = _extent(mask)
    width = max(0.0, min(x1, box[2]) - max(x0, box[0]))
    height = max(0.0, min(y1, box[3]) - max(y0, box[1]))
    union = (x1 - x0) * (y1 - y0) + (box[2] - box[0]) * (box[3] - box[1]) - width * height
    top, left = max(0, int(np.floor(box[1]))), max(0, int(np.floor(box[0])))
    within = mask[top : max(0, int(np.ceil(box[3]))), left : max(0, int(np.ceil(box[2])))]
    return width * height / max(union, 1e-6) * float(within.sum()) / max(1, int(mask.sum()))


def stability(logits: FloatArray) -> float:
    """Overlap of the masks at a raised and at a lowered threshold, in [0, 1]."""
    lowered = int((logits > -_OFFSET).sum())
    return float((logits > _OFFSET).sum()) / lowered if lowered else 0.0


def overlap(first: BoolArray, second: BoolArray) -> float:
    """Intersection over union of two masks; 0 when both are empty."""
    union = int((first | second).sum())
    return float((first & second).sum()) / union if union else 0.0


def _extent(mask: BoolArray) -> Box:
    """The box that holds all but a hundredth of a mask's area along either axis."""
    bounds: list[tuple[float, float]] = []
    for axis in (0, 1):
        share = np.cumsum(mask.sum(axis=axis)) / mask.sum()
        first = int(np.searchsorted(share, _TRIM, side="right"))
        last = int(np.searchsorted(share, 1 - _TRIM, side="left"))
        bounds.append((float(first), float(last + 1)))
    return bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1]


def _at(mask: BoolArray, point: Point) -> bool:
    height, width = mask.shape
    x, y = min(max(int(point[0]), 0), width - 1), min(max(int(point[1]), 0), height - 1)
    return bool(mask[y, x])
