"""The corner of a thing that a hole hides: where its straight edges, continued, meet."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_CLEAR = np.ones((7, 7), np.uint8)  # an outline is not to be trusted nearer to the hole
_STRAIGHT, _LEAST = 0.015, 1.5  # of the thing's size, and in pixels: how far off a line may be
_LONG, _LEAST_LONG = 0.3, 20.0  # of the thing's size, and pixels: it tells its own direction
_BENT, _LEAST_BENT = 0.005, 0.45  # likewise: an edge whose middle is off by more is round
_SHORT = 5.0  # pixels of an edge that tell which other one runs alike; less is a hook at the hole
# Likewise, of one of which no more is known than its corner and about where it goes.
_BLURRED, _NEARLY, _SQUARE = 10.0, np.cos(np.deg2rad(45)), np.cos(np.deg2rad(80))
_AT_CORNER = 0.2  # of the way there: so near an edge's end to the other line, its corner is seen
_ALIKE = np.cos(np.deg2rad(15))
_SHARPEST, _BLUNTEST = np.cos(np.deg2rad(30)), np.cos(np.deg2rad(155))
_WITHIN = 0.9  # of the corner: how much of it the hole hides


def hidden_corner(seen: BoolArray, hole: BoolArray) -> tuple[int, int] | None:
    """Where the edges that run into the hole meet behind it, by good continuation.

    Edges are continued as straight lines (relatable edges: Kellman and Shipley 1991, "A theory of
    visual interpolation in object perception"). One that is seen for a short way only is led
    by a long one that runs alike too: the sides of books, boxes and tables come in pairs.

    Args:
        seen: bool (H, W), what is seen of a thing.
        hole: bool (H, W), what is hidden.

    Returns:
        (x, y) in pixels; None where the edges are not straight or do not meet in the hole.
    """
    free = _free_outline(seen, hole)
    if free is None:
        return None
    size = float(np.sqrt(np.count_nonzero(seen)))
    line = free[:, None].astype(np.int32)
    bends = cv2.approxPolyDP(line, max(_LEAST, _STRAIGHT * size), closed=False)[:, 0]
    places = [0]
    for bend in bends[1:-1]:
        places.append(places[-1] + int(np.argmax((free[places[-1] :] == bend).all(axis=1))))
    edges = [free[first : last + 1] for first, last in pairwise([*places, len(free) - 1])]
    lengths = np.linalg.norm(np.diff(bends, axis=0), axis=1)
    long = np.flatnonzero(lengths >= _SHORT)
    if len(long) < 2:
        return None
    whole = slice(0, len(edges))
    but_hooks = slice(int(long[0]), int(long[-1]) + 1)
    for part in (but_hooks, whole) if but_hooks != whole else (whole,):
        ends = _ends(edges[part], lengths[part], size)
        if ends is None:
            continue
        for cut, bend, (middle, way) in (
            (part.start > 0, edges[part][0][0], ends[1]),
            (part.stop < len(edges), edges[part][-1][-1], ends[0]),
        ):
            off = abs(float((bend - middle) @ np.array([way[1], -way[0]])))
            if cut and off < _AT_CORNER * abs(float((bend - middle) @ way)):
                return None  # that was no hook but the other edge
        corner = _meeting(ends, hole)
        if corner is not None:
            return corner
    return None


def _ends(
    edges: list[np.ndarray], lengths: FloatArray, size: float
) -> list[tuple[FloatArray, FloatArray]] | None:
    """The first and the last edge of a free outline, as lines into the hole: a point and a way.

    Args:
        edges: the edges, each (N, 2) in pixels, in order.
        lengths: of each, in pixels.
        size: the side of a square as large as the thing, in pixels.

    Returns:
        None where one is too short and no other tells where it goes.
    """
    sides = [_line(edge) for edge in edges]
    ways = np.array([way for _, way in sides])
    straight = lengths > max(_LEAST_LONG, _LONG * size)
    for number in np.flatnonzero(straight):
        straight[number] = _bow(edges[number], ways[number]) < max(_LEAST_BENT, _BENT * size)
    found: list[tuple[FloatArray, FloatArray]] = []
    for end, sign in ((0, -1.0), (len(edges) - 1, 1.0)):
        middle, way = sides[end]
        if not straight[end]:
            alike = np.abs(ways @ way) * straight
            partner = int(np.argmax(alike))
            led = np.sign(ways[partner] @ way) * ways[partner]
            if lengths[end] < _BLURRED:
                middle = edges[end][-1 if end == 0 else 0].astype(np.float64)
                across = edges[partner][0 if partner > end else -1] - middle
                square = abs(led @ across) < _SQUARE * np.linalg.norm(across)
                if alike[partner] < _NEARLY or not square:
                    return None
                way = led
            elif alike[partner] < _ALIKE:
                return None
            else:
                way = way + led
                way /= np.linalg.norm(way)
        last = edges[end][0 if end == 0 else -1]  # where it runs into the hole
        found.append((middle + ((last - middle) @ way) * way, sign * way))
    return found


def _line(points: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """The line through some points of an outline, (N, 2): its middle, and where it goes."""
    x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01)[:2, 0]
    way = np.array([x, y], np.float64)
    middle = points.mean(axis=0)
    return middle, way * (1 if way @ (points[-1] - points[0]) >= 0 else -1)


def _bow(points: FloatArray, way: FloatArray) -> float:
    """How far the middle third of an edge, (N, 2), lies off the line of the others, in pixels."""
    off = points @ np.array([-way[1], way[0]])
    third = len(off) // 3
    return abs(float(off[third:-third].mean() - (off[:third].mean() + off[-third:].mean()) / 2))


def _free_outline(seen: BoolArray, hole: BoolArray) -> np.ndarray | None:
    """Of the largest part that is seen, the outline from one side of the hole to the other."""
    outlines, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = np.asarray(max(outlines, key=len)[:, 0], np.intp)
    height, width = seen.shape
    near = cv2.dilate(hole.astype(np.uint8), _CLEAR) > 0
    near[[0, height - 1]] = near[:, [0, width - 1]] = True  # the frame's edge is no edge of it
    touched = near[outline[:, 1], outline[:, 0]]
    if not touched.any() or touched.all():
        return None
    first = int(np.argmax(touched))
    outline, touched = np.roll(outline, -first, axis=0), np.roll(touched, -first)
    edges = np.flatnonzero(np.diff(np.concatenate([touched, [True]]).astype(np.int8)))
    starts, ends = edges[::2] + 1, edges[1::2] + 1
    longest = int(np.argmax(ends - starts))
    return outline[starts[longest] : ends[longest]]


def _meeting(lines: list[tuple[FloatArray, FloatArray]], hole: BoolArray) -> tuple[int, int] | None:
    """Where two lines, each a point and a unit vector, meet ahead of both, if it is hidden."""
    (start, way), (other, back) = lines
    if not _BLUNTEST < way @ back < _SHARPEST:
        return None
    ahead = np.linalg.solve(np.stack([way, -back], axis=1), other - start)
    if ahead.min() <= 0:
        return None
    corner = start + ahead[0] * way
    x, y = np.rint(corner).astype(int)
    height, width = hole.shape
    if not (0 <= x < width and 0 <= y < height):
        return None
    area = np.zeros(hole.shape, np.uint8)
    cv2.fillPoly(area, [np.rint(np.stack([start, corner, other])).astype(np.int32)], 1)
    hidden = cv2.dilate(hole.astype(np.uint8), _CLEAR)
    return (int(x), int(y)) if hole[y, x] and np.mean(hidden[area > 0]) > _WITHIN else None
