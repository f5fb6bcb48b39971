"""Where candidates lie: in the frame, among each other, and next to another thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from autoedit.core.plan import Position, RelationKind
from autoedit.core.region import Box
from autoedit.grounding.wording import SIZES

_SIDES = {"left": (0, 1.0), "right": (0, -1.0), "top": (1, 1.0), "bottom": (1, -1.0)}
_LEAD = 0.17  # of the photo: how far one is ahead of another to be meant without a question
_CORNERS = {
    "upper_left": ("top", "left"), "upper_right": ("top", "right"),
    "lower_left": ("bottom", "left"), "lower_right": ("bottom", "right"),
}  # fmt: skip


class Placed(Protocol):
    """Anything with a place in the photo."""

    @property
    def box(self) -> Box:
        """Xyxy in pixels of the photo."""
        ...

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) as fractions of the photo."""
        ...

    @property
    def area(self) -> float:
        """As a fraction of the photo."""
        ...


P = TypeVar("P", bound=Placed)


def fit_position(item: Placed, position: Position) -> float:
    """How well a candidate's place in the frame fits a position, in [0, 1]."""
    if position in _CORNERS:
        down, across = _CORNERS[position]
        return float(np.sqrt(_towards(item, down) * _towards(item, across)))
    if position in _SIDES:
        return _towards(item, position)
    x, y = item.centre
    if position == "middle":
        return float(np.clip(1.25 - 2.5 * np.hypot(x - 0.5, 0.7 * (y - 0.5)), 0, 1))
    near = float(np.clip((y - 0.25) / 0.4, 0, 1))  # what is nearer stands lower in a photo
    return near if position == "foreground" else float(np.clip((0.75 - y) / 0.4, 0, 1))


def _towards(item: Placed, side: str) -> float:
    axis, sign = _SIDES[side]
    place = item.centre[axis] if sign > 0 else 1 - item.centre[axis]
    return float(np.clip((0.68 - place) / 0.3, 0, 1))


def lead(item: Placed, rivals: Sequence[Placed], position: Position) -> float:
    """How little a candidate is behind the one furthest towards a position, in [0, 1].

    Of two things in the left half, "the one on the left" is the one further left, if by enough.
    """
    if not rivals or position in ("foreground", "background"):
        return 1.0
    if position == "middle":
        place = [float(np.hypot(one.centre[0] - 0.5, one.centre[1] - 0.5)) for one in rivals]
        own = float(np.hypot(item.centre[0] - 0.5, item.centre[1] - 0.5))
        return float(np.exp(-((max(0.0, own - min(place)) / _LEAD) ** 2)))
    behind = 0.0
    for side in _CORNERS.get(position, (position,)):
        axis, sign = _SIDES[side]
        first = min(sign * one.centre[axis] for one in rivals)
        behind += max(0.0, sign * item.centre[axis] - first) ** 2
    return float(np.exp(-behind / _LEAD**2))


def fit_size(items: Sequence[Placed], word: str) -> list[float]:
    """How well each candidate fits a size word among the others, each in [0, 1]."""
    measure, more = SIZES[word.lower()]
    values = np.array([_measure(item, measure) for item in items])
    ratio = values / values.max() if more else values.min() / values
    return [float(r) ** 1.5 for r in ratio]


def _measure(item: Placed, name: str) -> float:
    width, height = item.box[2] - item.box[0], item.box[3] - item.box[1]
    sizes = {"area": item.area, "height": height, "width": width, "length": max(width, height)}
    return sizes[name] + 1e-9


def in_order(items: Sequence[P], side: str) -> list[P]:
    """Candidates counted from a side."""
    axis, sign = _SIDES[side]
    return sorted(items, key=lambda item: sign * item.centre[axis])


def fit_relation(box: Box, anchor: Box, kind: RelationKind) -> float | None:
    """How well a box stands to an anchor's, in [0, 1]; None for what boxes cannot tell."""
    width, height = box[2] - box[0], box[3] - box[1]
    reach = float(np.sqrt((anchor[2] - anchor[0]) * (anchor[3] - anchor[1]))) + 1e-6
    dx = (box[0] + box[2] - anchor[0] - anchor[2]) / 2
    dy = (box[1] + box[3] - anchor[1] - anchor[3]) / 2
    gap_x = max(box[0] - anchor[2], anchor[0] - box[2], 0.0)
    gap_y = max(box[1] - anchor[3], anchor[1] - box[3], 0.0)
    near = float(np.exp(-np.hypot(gap_x, gap_y) / (1.5 * reach)))
    if kind in ("left_of", "right_of"):
        offset = -dx if kind == "left_of" else dx
        side = float(np.clip(offset / (0.5 * width + 1e-6), 0, 1))
        return side * (0.4 + 0.6 * near) * float(np.exp(-gap_y / reach))
    if kind in ("above", "below", "under"):
        offset = -dy if kind == "above" else dy
        side = float(np.clip(offset / (0.5 * height + 1e-6), 0, 1))
        return side * (0.4 + 0.6 * near) * float(np.exp(-gap_x / reach))
    if kind in ("on", "in"):
        overlap = max(0.0, min(box[2], anchor[2]) - max(box[0], anchor[0])) / (width + 1e-6)
        foot = anchor[1] - 0.15 * reach <= box[3] <= anchor[3] + 0.15 * reach
        return float(overlap) * float(foot)
    if kind == "next_to":
        return near
    if kind in ("behind", "in_front_of"):
        lower = (box[3] - anchor[3]) / reach
        narrower = min(width, anchor[2] - anchor[0]) + 1e-6
        across = max(0.0, min(box[2], anchor[2]) - max(box[0], anchor[0])) / narrower
        near *= 0.3 + 0.7 * min(1.0, across / 0.4)  # beside it, it is not so much behind it
        return near * float(np.clip(0.5 + (-lower if kind == "behind" else lower) * 3, 0, 1))
    return None


def place_words(centre: tuple[float, float]) -> str:
    """Where something is, in words; `centre` is (x, y) as fractions of the photo."""
    x, y = centre
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    down = "upper" if y < 0.33 else "lower" if y > 0.67 else ""
    if across:
        return f"on the {down} {across}".replace("  ", " ")
    if down:
        return "at the top" if down == "upper" else "at the bottom"
    return "in the middle"


def box_area(box: Box) -> float:
    """In square pixels; 0 for a box that is inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def shared_area(first: Box, second: Box) -> float:
    """The area of two boxes' intersection in square pixels."""
    return box_area((
        max(first[0], second[0]), max(first[1], second[1]),
        min(first[2], second[2]), min(first[3], second[3]),
    ))  # fmt: skip


def share_of_smaller(first: Box, second: Box) -> float:
    """Shared area over the smaller box's, in [0, 1]."""
    return shared_area(first, second) / (min(box_area(first), box_area(second)) + 1e-6)


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    shared = shared_area(first, second)
    return shared / (box_area(first) + box_area(second) - shared + 1e-6)
