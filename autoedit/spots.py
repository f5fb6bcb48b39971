"""Where a thing that is set into a photo stands, how tall it is, and what stands before it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.compositing import placing
from autoedit.compositing.placing import Piece
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.plan import EditStep, RelationKind
from autoedit.grounding.wording import LIVING
from autoedit.pointing import Pointer

GROUNDS = frozenset((
    "table", "desk", "floor", "ground", "shelf", "counter", "grass", "lawn", "sand", "beach",
    "road", "street", "carpet", "rug", "tray", "plate", "bench", "field", "meadow", "snow", "deck",
    "terrace", "path", "pavement", "sidewalk", "worktop", "countertop", "tabletop", "board",
    "platform", "rock", "water", "bed", "sofa", "couch", "chair", "mat", "coaster", "towel",
))  # fmt: skip
WEARERS = LIVING | {"head", "face"}
_ON_GROUND = 0.28  # of the photo's shorter side: how tall a thing is when nothing tells
_ON_THING = 0.6  # of a thing's width: how wide, at most, what stands on top of it is
_TOP = 0.08  # of a thing's height under its top edge: where what stands on it has its foot
_HEAD, _BRIM = 0.1, 1.3  # of a wearer's height down, where its head's width is taken; of that width
_ASIDE = 0.15  # of a thing's width: the gap to what stands next to it
_FORWARD = 0.25  # of a thing's height: how much lower the foot is of what stands before it
_TALLER = 1.2  # times as tall, what looks out from behind a thing
_SUNK = 0.3  # of a thing's height: how deep what is in it goes down
_NARROWEST = 0.4  # of its size: no smaller for want of room
_HORIZON = 0.5  # of a photo's height: below it there is ground
_CALM, _BUSY = 0.015, 2.0  # of the shorter side; times the usual: edges of something there
_FRONT = 0.02  # of the photo's shorter side: a thing in front has its foot at least so much lower


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing stands: its foot (x, y), its height, and what hides part of it, if anything.

    `grounded` is False when it casts no shadow on the ground: it is worn, hangs, or is held.
    """

    foot: tuple[float, float]
    height: float
    grounded: bool = True
    behind: Mask | None = None


def spot_for(
    kind: RelationKind | None, step: EditStep, pixels: PixelArray, mask: Mask, others: Mask,
    pointer: Pointer, piece: Piece,
) -> tuple[Spot, tuple[str, ...]]:  # fmt: skip
    """Where an added thing stands, and how tall it is.

    What was pointed at as a box is filled, its lower edge the ground; at a point it has its foot.
    Beside a thing it has the thing's area, for nothing tells real sizes, and stands on its line; on
    a ground, or where nothing is said, it is 0.28 of the photo's shorter side tall, where there is
    most room; on another thing at most 0.6 as wide; worn, 1.3 times as wide as the head.
    """
    height, width = mask.shape
    x0, y0, x1, y1 = mask.box or (0.0, 0.0, float(width), float(height))
    usual = _ON_GROUND * min(height, width)
    if pointer.points:
        foot = pointer.points[0]
        return Spot(foot, usual, behind=in_front(others, foot[1])), ()
    if pointer.given or (kind is None and step.target.position is not None):
        tall = min(y1 - y0, (x1 - x0) / piece.aspect)
        return Spot(((x0 + x1) / 2, y1), tall, behind=in_front(others, y1)), ()
    if kind is None:
        foot, room = _roomiest(pixels, _ground(mask.shape), others)
        return Spot(foot, _fitting(usual, room, piece), behind=in_front(others, foot[1])), ()
    head = step.target.relation.anchor.head if step.target.relation else ""
    if kind in ("left_of", "right_of", "next_to"):
        return _beside(kind, mask, others, piece), ()
    if kind == "on" and head in GROUNDS:
        foot, room = _roomiest(pixels, mask, others)
        return Spot(foot, _fitting(usual, room, piece), behind=in_front(others, foot[1])), ()
    if kind in ("on", "wearing", "with", "holding") and (head in WEARERS or kind != "on"):
        middle, wide = _head(mask)
        tall = _BRIM * wide / piece.aspect
        return Spot((middle, y0 + 0.35 * tall), tall, grounded=False), (_WORN,)
    return _about(kind, mask, others, piece), ()


def _beside(kind: RelationKind, mask: Mask, others: Mask, piece: Piece) -> Spot:
    """On the same line, in the frame; smaller where there is no room for that."""
    x0, y0, x1, y1 = mask.box or (0.0, 0.0, 1.0, 1.0)
    tall, gap = placing.height_beside((x0, y0, x1, y1), piece), _ASIDE * (x1 - x0)
    right = kind == "right_of" or (kind == "next_to" and _freer_right(mask, others, tall))
    room = (mask.shape[1] - x1 if right else x0) - gap
    across = piece.aspect * tall
    if across > room:
        tall *= max(room, _NARROWEST * across) / across
        across = piece.aspect * tall
    away = gap + across / 2
    return Spot((x1 + away if right else x0 - away, y1), tall, behind=in_front(others, y1))


def _about(kind: RelationKind, mask: Mask, others: Mask, piece: Piece) -> Spot:
    """Before, behind, above, in or on top of a thing."""
    x0, y0, x1, y1 = mask.box or (0.0, 0.0, 1.0, 1.0)
    tall, middle, deep = placing.height_beside((x0, y0, x1, y1), piece), (x0 + x1) / 2, y1 - y0
    narrow = min(tall, _ON_THING * (x1 - x0) / piece.aspect)
    if kind in ("in_front_of", "below", "under"):
        y = min(y1 + _FORWARD * deep, float(mask.shape[0]))
        return Spot((middle, y), tall, behind=in_front(others, y))
    if kind == "behind":
        y = y1 - _FORWARD * deep
        front = in_front(others, y)
        return Spot((middle, y), tall * _TALLER, behind=mask if front is None else mask | front)
    if kind == "above":
        return Spot((middle, y0 - _TOP * deep), min(tall, 0.9 * y0), grounded=False)
    if kind == "in":
        return Spot((middle, y0 + _SUNK * deep), narrow, grounded=False, behind=mask)
    return Spot((middle, y0 + _TOP * deep), narrow, grounded=False)


def _ground(shape: tuple[int, int]) -> Mask:
    """Where ground may be expected that nothing is said of: the lower part of a photo."""
    rows = np.arange(shape[0])[:, None] > _HORIZON * shape[0]
    return Mask(np.broadcast_to(rows, shape).astype(np.float32), "ground")


def _fitting(usual: float, room: float, piece: Piece) -> float:
    """A usual height, less where a thing so wide has no room."""
    return min(usual, max(2 * room / max(piece.aspect, 1e-3), _NARROWEST * usual))


_WORN = "It was set on top, where the head should be; --box gives its exact place."


def _freer_right(mask: Mask, others: Mask, tall: float) -> bool:
    """Whether there is more room beside a thing to its right, free of other things."""
    x0, _, x1, y1 = (int(value) for value in mask.box or (0, 0, 1, 1))
    rows = slice(max(0, int(y1 - 0.5 * tall)), y1)
    taken = np.asarray(others.binary[rows].any(axis=0))
    columns = np.flatnonzero(taken)
    right, left = columns[columns >= x1], columns[columns < x0]
    room_right = (right.min() if right.size else mask.shape[1]) - x1
    room_left = x0 - (left.max() + 1 if left.size else 0)
    return bool(room_right >= room_left)


def _roomiest(pixels: PixelArray, ground: Mask, others: Mask) -> tuple[tuple[float, float], float]:
    """The point of a ground that is farthest from its edges and from what seems to be on it."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    busy = cv2.GaussianBlur(edges, (0, 0), _CALM * min(ground.shape))
    calm = busy < _BUSY * max(float(np.median(busy[ground.binary])), 1e-3)
    free = ground.binary & ~others.binary & calm
    away = cv2.distanceTransform(np.pad(free.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = divmod(int(np.argmax(away)), away.shape[1])
    return (float(x), float(y)), float(away[y, x])


def _head(mask: Mask) -> tuple[float, float]:
    """The middle and width of a wearer's uppermost part."""
    x0, y0, x1, y1 = (int(value) for value in mask.box or (0, 0, *mask.shape[::-1]))
    rows = mask.binary[y0 : y0 + max(1, round(_HEAD * (y1 - y0)))]
    columns = np.flatnonzero(rows.any(axis=0))
    if not columns.size:
        return (x0 + x1) / 2, float(x1 - x0)
    return float(columns.mean()), float(columns[-1] + 1 - columns[0])


def in_front(others: Mask, foot: float) -> Mask | None:
    """What stands nearer the camera than a place: its foot is lower in the photo; None for nothing.

    Args:
        others: things, joined.
        foot: the row where the place's ground is.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(others.binary.astype(np.uint8))
    height, width = others.shape
    near = np.zeros(others.shape, bool)
    for number in range(1, count):
        _, top, across, tall, _ = stats[number]
        lowest = top + tall
        ground = lowest >= height and across > 0.5 * width
        if lowest > foot + _FRONT * min(height, width) and not ground:
            near |= labels == number
    return Mask(near.astype(np.float32), "in front") if near.any() else None
