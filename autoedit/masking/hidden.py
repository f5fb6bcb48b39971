"""What a hole hides of another thing: the part of a tray that is seen when the vase is gone."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.masking.corners import hidden_corner
from autoedit.masking.ellipses import hidden_arc
from autoedit.masking.feet import hidden_foot

_DENTED = 0.06  # of its hull: a thing that lacks more near what is hidden is not convex there
_NEAR = 0.5  # sizes of what is hidden
_LEAST, _MOST = 0.01, 1.5  # of what is seen of a thing: less is its edge, and more is a guess
_ROWS, _ASKEW = 0.3, 0.03  # share of its rows that tell an axis; of its width, that they differ
_LEANING = 0.15  # columns a row: how much what stands upright leans away from a wide lens's middle
_THIN, _HANDLE = 0.25, 0.04  # of its size, and of what is seen: a handle, and no mere corner
_BULGE, _BULGING = 1.0, 0.5  # times what is dented; pixels on average: an outline of its own
_OUTER = 0.05  # of what is lost of a thing: more beyond what is left of it may be a corner
_BEYOND = 0.15  # of what is hidden, where its outline shows and has none of it
_EDGE, _SOFT = 0.25, 0.6  # pixels from a thing's outermost pixels to its edge; of its edge
_AROUND = 4  # pixels about what is completed, in which its edge is soft
_RIM, _THREAD = np.ones((5, 5), np.uint8), np.ones((3, 3), np.uint8)
_SCRAP = 0.25  # of the largest part of a thing: less, apart from it, is part of its shadow or so
_UNLIKE = 0.04  # of what is seen, that its reflection has besides


def hidden_part(thing: Mask, hole: BoolArray, target: BoolArray) -> FloatArray | None:
    """The part of a hole behind which a thing goes on, if the thing is convex about it.

    What is hidden of a convex shape lies in the convex hull of what is seen of it; this is all of
    it where the hole cuts in from one side, and some of it where a corner is hidden. The corner of
    what stands upright and is alike on both sides, as a can or a mug but for its handle, is known
    from its other one; that of a book or a box from its edges.

    Args:
        thing: another thing, (H, W), as far as it is seen.
        hole: bool (H, W), what is to be filled.
        target: bool (H, W), what hides the thing: in the rest of the hole, its outline shows.

    Returns:
        float32 (H, W) in [0, 1], 0 outside the hole, soft at the thing's edge; None for nothing.
    """
    near = cv2.dilate(target.astype(np.uint8), _RIM) > 0
    if stands_before(thing, target):
        return None
    for hides in (near, hole):
        whole = _completed(thing.binary & ~hides, hole, hides)
        if whole is None:
            continue
        part = whole & hole
        beyond = np.count_nonzero(part & ~near & ~thing.binary)
        if beyond <= _BEYOND * np.count_nonzero(part):
            soft = cv2.GaussianBlur(_smooth(whole, part), (0, 0), _SOFT)
            return np.where(hole, soft, 0).astype(np.float32)
    return None


def _completed(seen: BoolArray, hole: BoolArray, hides: BoolArray) -> BoolArray | None:
    """All of a thing, bool (H, W); None if it is not convex where more is hidden than its edge."""
    # Without threads along what hides it, which are its own.
    seen = _together(cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, _THREAD))
    visible = np.count_nonzero(seen)
    if not (seen & ~hole).any() or not hides.any():
        return None
    whole = _hull(seen)
    if (ellipse := hidden_arc(seen, hides)) is not None:
        whole = _hull(seen | (ellipse & hides))
    elif (foot := hidden_foot(seen, hides)) is not None:
        whole = _hull(foot)
    elif (turned := _reflection(seen, hides)) is not None:
        whole = _hull(seen | (turned & hides))
    elif (corner := hidden_corner(seen, hides)) is not None:
        with_corner = seen.copy()
        with_corner[corner[1], corner[0]] = True
        whole = _hull(with_corner)
    elif (body := _body(seen, hides)) is not None and (
        turned := _reflection(body, hides)
    ) is not None:
        whole = _hull(body | (turned & hides))
    part = whole & hole
    size = np.count_nonzero(part)
    if not _LEAST * visible < size < _MOST * visible:
        return None
    # Far from the hole its outline may be wrong, or bend as it likes: a tray with its own shadow.
    near = whole & (distance(~part) < _NEAR * np.sqrt(size))
    dented = np.count_nonzero(near & ~hides & ~seen)
    return whole if dented <= _DENTED * np.count_nonzero(near) else None


def but_completed(thing: Mask, hole: BoolArray, target: BoolArray, lost: Mask) -> Mask:
    """Another thing, but for what is lost of it and can be completed: a mark where a cup stood.

    Where more than a little of that is not completed, as a corner may be, all of it is kept: what
    is left of the thing does not tell how it goes on.

    Args:
        thing: (H, W).
        hole: bool (H, W), what is to be filled, all that is lost among it.
        target: bool (H, W), what hides the thing.
        lost: (H, W), where the thing shows, but not as it is without the target.
    """
    gone = thing.binary & lost.binary
    part = hidden_part(thing, hole, target) if gone.any() else None
    if part is None or np.count_nonzero(gone & (part <= 0.5)) > _OUTER * np.count_nonzero(gone):
        return thing
    return Mask(np.where(gone & (part > 0.5), 0, thing.array).astype(np.float32), thing.origin)


def stands_before(thing: Mask, target: BoolArray) -> bool:
    """Whether a thing stands before what could hide it: its outline bulges there, as its own.

    Args:
        thing: another thing, (H, W), as far as it is seen.
        target: bool (H, W).
    """
    near = cv2.dilate(target.astype(np.uint8), _RIM) > 0
    seen = thing.binary & ~near
    beside = seen & (cv2.dilate(near.astype(np.uint8), _THREAD) > 0)
    if not beside.any():
        return False
    between = _hull(beside)
    bulge, dent = (np.count_nonzero(between & each) for each in (seen & ~beside, near))
    return bool(bulge > max(_BULGE * dent, _BULGING * np.count_nonzero(beside)))


def _together(seen: np.ndarray) -> BoolArray:
    """The parts of what is seen, uint8 (H, W), that a thing may be seen in: no scraps."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(seen)
    area = stats[:, cv2.CC_STAT_AREA]
    area[0] = 0
    return (area >= max(1, _SCRAP * area.max()))[np.asarray(labels, np.intp)]


def _body(seen: BoolArray, hides: BoolArray) -> BoolArray | None:
    """What is seen, but for its thin parts: a mug without its handle; None if it has none.

    What is thin beside what hides it is what is left there of something wide.
    """
    radius = _THIN / 2 * np.sqrt(np.count_nonzero(seen))
    x, y, width, height = cv2.boundingRect(seen.astype(np.uint8))
    place = slice(y, y + height), slice(x, x + width)
    core = distance(np.pad(seen[place], 1)) > radius  # an opening with a disc of any size
    thick = (distance(~core) <= radius)[1:-1, 1:-1] & seen[place]
    beside = cv2.dilate(hides.astype(np.uint8), _RIM)[place] > 0
    parts = np.asarray(cv2.connectedComponents((seen[place] & ~thick).astype(np.uint8))[1], np.intp)
    left = np.isin(parts, np.unique(parts[beside])) & (parts > 0)
    body = np.zeros_like(seen)
    body[place] = _together((thick | left).astype(np.uint8))
    thin = np.count_nonzero(seen) - np.count_nonzero(body)
    return body if thin > _HANDLE * np.count_nonzero(seen) else None


def _corners(region: BoolArray) -> np.ndarray:
    """Those of its convex hull, int32 (N, 1, 2), one way round."""
    outlines, _ = cv2.findContours(
        region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    return cv2.convexHull(np.concatenate(outlines))


def _hull(region: BoolArray) -> BoolArray:
    hull = np.zeros(region.shape, np.uint8)
    cv2.fillConvexPoly(hull, _corners(region), 1)
    return hull > 0


def _smooth(whole: BoolArray, part: BoolArray) -> FloatArray:
    """How much of each pixel a convex region covers, float32 (H, W) in [0, 1].

    Without stairs about a part of it, bool (H, W); elsewhere a pixel is covered or not.
    """
    corners = _corners(whole)[:, 0].astype(np.float32)
    x, y, width, height = cv2.boundingRect(part.astype(np.uint8))
    top, left = max(0, y - _AROUND), max(0, x - _AROUND)
    place = slice(top, y + height + _AROUND), slice(left, x + width + _AROUND)
    result = whole.astype(np.float32)
    rows, columns = np.indices(result[place].shape, np.float32)
    middle = corners.mean(axis=0)
    beyond = np.full_like(rows, -np.inf)
    last = np.array(whole.shape[::-1]) - 1
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ((start == end) & ((start == 0) | (start == last))).any():
            continue  # the frame's edge is none of its own
        way = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
        out = np.array([-way[1], way[0]])
        out *= -np.sign(out @ (middle - start))
        beyond = np.maximum(
            beyond, (columns + left - start[0]) * out[0] + (rows + top - start[1]) * out[1]
        )
    result[place] = np.clip(0.5 + _EDGE - beyond, 0, 1)
    return result


def _reflection(seen: BoolArray, hole: BoolArray) -> BoolArray | None:
    """What is seen, reflected row by row in its axis, if it is alike on both sides; bool (H, W).

    The axis is upright, or leans a little, as it does beside the middle of a photo from above.
    """
    rows = np.flatnonzero(seen.any(axis=1))
    first, last = seen.argmax(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((1, 5), np.uint8)) > 0
    free = rows[~near[rows, first[rows]] & ~near[rows, last[rows]]]
    if free.size <= _ROWS * rows.size:
        return None
    middle = (first[free] + last[free]) / 2
    wide = float((last[free] - first[free]).max()) + 1
    lean, start = 0.0, float(np.median(middle))
    askew = np.abs(middle - start).mean()
    away = free - free.mean()
    slope = float(away @ middle / max(away @ away, 1.0))
    origin = middle.mean() - slope * free.mean()
    leaning = np.abs(middle - origin - slope * free).mean()
    if abs(slope) < _LEANING and leaning < askew / 2:
        lean, start, askew = slope, origin, leaning
    if askew > _ASKEW * wide:
        return None
    height, width = seen.shape
    axis = start + lean * np.arange(height)
    source = np.rint(2 * axis[:, None] - np.arange(width)).astype(int)
    inside = (source >= 0) & (source < width)
    turned = np.take_along_axis(seen, source.clip(0, width - 1), axis=1) & inside
    unlike = np.count_nonzero(turned & ~seen & ~hole)
    return turned if unlike < _UNLIKE * np.count_nonzero(seen) else None
