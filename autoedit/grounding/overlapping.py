"""One thing before another: an apple on a book, a ball that hides a part of a teapot.

The border between the two is found like any other; what is told here is that it is the outline of
one thing before another, and no seam or stripe of one thing. What lies in front is whole, and what
lies behind is a whole that it covers (figure and ground at an occlusion, as in Hoiem, Stein, Efros
& Hebert 2007, "Recovering occlusion boundaries from a single image").
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import IntArray, Superpixels
from autoedit.grounding.ground import shade_free
from autoedit.grounding.hierarchy import hull_area, joint_hull

_WHOLE, _SEEN = 0.85, 0.55  # share of its hull, and score, of what lies in front
_SMALL = 0.19  # of both: what is smaller is a detail
_COVERS = 0.2  # share of what lies in front that would else belong to the body behind
_SHOWS = 0.3  # of both: what is seen of a body that something stands on
_COMPLETE = 0.8  # share of its hull that the body behind fills with it
_APART, _TINT = 22.0, 8.0  # CIELAB units between colours; and but for their shade
_CONVEX, _WITHIN = 0.92, 0.9  # shares of a hull: of both together, and of theirs that hides it
_LIT = 6.0  # CIELAB units: sides of one thing that the light falls on differently
_CORNER = 0.05  # share of its hull by which two bodies side by side fill theirs less
_INSIDE = 0.5  # share of a bowl's inside that its outside goes round
_SIDE = 0.65  # score of what surely is one of two bodies


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A region that may be all that is seen of a thing.

    Attributes:
        members: bool (N,) over the pieces.
        hull: convex, int32 (P, 1, 2), (x, y) in pixels.
        score: how much it looks like one whole thing, in [0, 1].
    """

    members: BoolArray
    hull: IntArray
    score: float

    def area(self, pieces: Superpixels) -> float:
        """In pixels."""
        return float(pieces.area[self.members].sum())

    def filled(self, pieces: Superpixels) -> float:
        """Share of its convex hull that it fills."""
        return float(min(1.0, self.area(pieces) / hull_area(self.hull)))


def in_front(pieces: Superpixels, front: Body, behind: Body) -> float | None:
    """What share of its hull the body behind would fill with nothing before it, in [0, 1].

    None where one is not before the other, for all that can be seen.
    """
    own, theirs = front.area(pieces), behind.area(pieces)
    filled = front.filled(pieces)
    if own < _SMALL * (own + theirs) or theirs < _SMALL * (own + theirs):
        return None
    if filled < _WHOLE or front.score < _SEEN:
        return None
    covered = _share_within(pieces, front.members, behind.hull)
    complete = min(1.0, (theirs + covered * own) / hull_area(behind.hull))
    both = (own + theirs) / hull_area(joint_hull(front.hull, behind.hull))
    beside = front.score >= _SIDE and filled - both > _CORNER and covered < _INSIDE
    if beside and not _faces(pieces, front, behind):
        return complete
    stands = covered > _COVERS and complete > _COMPLETE and theirs > _SHOWS * (own + theirs)
    if both > _CONVEX and covered < _WITHIN:  # the top of a box: together they are one shape
        return None
    stands = stands and _higher(pieces, front, behind)
    return complete if stands and _differ(pieces, front, behind) else None


def _higher(pieces: Superpixels, front: Body, behind: Body) -> bool:
    """Whether one lies no lower than another: what lies lower may be the side of one body."""
    top, foot = front.hull[:, 0, 1], behind.hull[:, 0, 1]
    y = [
        float(np.average(pieces.centre[one.members, 1], weights=pieces.area[one.members]))
        for one in (front, behind)
    ]
    return y[0] - y[1] < 0.1 * float(max(top.max(), foot.max()) - min(top.min(), foot.min()))


def _differ(pieces: Superpixels, one: Body, other: Body) -> bool:
    """Whether colours differ by more than light: a box's lit and shaded sides do not."""
    apart, tint = _colours_apart(pieces, one, other)
    return apart > _APART and tint > _TINT


def _faces(pieces: Superpixels, one: Body, other: Body) -> bool:
    """Whether two bodies may be one's lit and shaded sides: of one colour, but for the light."""
    apart, tint = _colours_apart(pieces, one, other)
    return apart > _LIT and tint < _TINT


def _colours_apart(pieces: Superpixels, one: Body, other: Body) -> tuple[float, float]:
    """How far their mean colours are apart, in CIELAB units; and but for their shade."""
    first, second = (
        np.average(pieces.colour[each.members], axis=0, weights=pieces.area[each.members])
        for each in (one, other)
    )
    tint = float(shade_free(_row(first), _row(second))[0])
    return float(np.linalg.norm(first - second)), tint


def _row(colour: FloatArray) -> FloatArray:
    return np.asarray(colour[None], np.float32)


def _share_within(pieces: Superpixels, members: BoolArray, hull: IntArray) -> float:
    """The share of a region's pixels that lie in a convex hull."""
    x, y, width, height = cv2.boundingRect(hull)
    window = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(window, hull - np.array([x, y], np.int32), (1,))
    within = members[pieces.labels[y : y + height, x : x + width]] & (window > 0)
    return float(within.sum() / pieces.area[members].sum())
