"""Carry the edge of a thing on through a hole: the rim of a tray that a vase stood before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_STRAIGHT, _LEAST = 0.015, 1.5  # of the thing's size, and in pixels: how far off a line may be
_SIDE = 0.2  # of the size: what is a side
_FEWEST = 10  # pixels of a side that are seen
_SPAN, _ROUGH = 0.15, 0.7  # of a side, between what shows of it; pixels off its line, on average
_DEEP, _SHALLOWEST = 0.06, 4.0  # of the size, and in pixels: what is an edge
_PLAIN = 0.6  # of that depth, drawn in full
_SOUGHT, _OFF = 6, 2.0  # pixels: how far the photo's own step is sought, and may be
_STEP = 0.2  # of the largest step near by: one that may be the edge
_BESIDE = 2.0  # pixels between the line that shows and the edge of what was filled
_OUT = 2.5  # pixels beyond the line, where it is soft
_CLEAR = np.ones((7, 7), np.uint8)  # what is so near the hole is not to be trusted
_NOWHERE = np.zeros((2, 0))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A straight side: from where, unit vectors along it and inward, (2,) each; and its length.

    `first` and `last`, (R,), are where along it runs begin and end of which all shows.
    """

    start: FloatArray
    along: FloatArray
    inward: FloatArray
    length: float
    first: FloatArray
    last: FloatArray


def carry_edges(pixels: PixelArray, seen: BoolArray, part: FloatArray, hole: BoolArray) -> None:
    """Draw the straight edges of a thing on through what was filled of it, in place.

    Each is mirrored about where it goes into the hole, so that it goes on without a step.

    Args:
        pixels: RGB uint8 (H, W, 3), filled.
        seen: bool (H, W), the thing outside the hole.
        part: float32 (H, W) in [0, 1], the thing in the hole.
        hole: bool (H, W), all that may change.
    """
    inside = part > 0.5
    size = float(np.sqrt(np.count_nonzero(seen)))
    deep = max(_SHALLOWEST, _DEEP * size)
    about = cv2.dilate(inside.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    y, x = np.nonzero(about & hole)
    nearest = np.full(y.size, np.inf)
    colours, weights = np.zeros((y.size, 3), np.float32), np.zeros(y.size, np.float32)
    for side in _sides(pixels, seen, inside, hole, size, deep):
        apart = np.stack([x, y], axis=1) - side.start
        along, across = apart @ side.along, apart @ side.inward
        on = (along >= 0) & (along < side.length) & (across > -_OUT) & (across < deep)
        on = np.flatnonzero(on & (np.abs(across) < nearest))
        if on.size:
            colours[on] = _carried(pixels, side, along[on], across[on])
            outer, inner = 1 + across[on] / _OUT, (deep - across[on]) / ((1 - _PLAIN) * deep)
            weights[on] = np.clip(np.where(across[on] < 0, outer, inner), 0, 1)
            nearest[on] = np.abs(across[on])
    mixed = pixels[y, x] + weights[:, None] * (colours - pixels[y, x])
    pixels[y, x] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _sides(
    pixels: PixelArray, seen: BoolArray, inside: BoolArray, hole: BoolArray, size: float,
    deep: float,
) -> list[_Side]:  # fmt: skip
    """The straight sides that are hidden in part."""
    whole = (seen | inside).astype(np.uint8)
    outlines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.asarray(max(outlines, key=len)[:, 0], np.intp)
    free = cv2.dilate(hole.astype(np.uint8), _CLEAR) == 0
    shows = free[outline[:, 1], outline[:, 0]]
    off = max(_LEAST, _STRAIGHT * size)
    hull = cv2.convexHull(outline.astype(np.int32)[:, None])
    corners = cv2.approxPolyDP(hull, off, closed=True)[:, 0].astype(np.float64)
    found: list[_Side] = []
    for first, second in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = float(np.linalg.norm(second - first))
        if length < _SIDE * size:
            continue
        along = (second - first) / length
        inward = np.array([-along[1], along[0]])
        inward *= np.sign(inward @ (corners.mean(axis=0) - first))
        places = (outline - first) @ np.stack([along, inward], axis=1)
        on = (places[:, 0] > 0) & (places[:, 0] < length)
        shown = places[on & shows & (np.abs(places[:, 1]) < off + 1)]
        drawn = places[on & ~shows & (places[:, 1] < deep)]
        line = _line(shown, drawn, length)
        if line is None:
            continue
        slope, offset = line
        way = along + slope * inward
        way /= np.linalg.norm(way)
        across = inward - (inward @ way) * way
        across /= np.linalg.norm(across)
        side = _Side(first + offset * inward, way, across, length, *_NOWHERE)
        runs = _runs(_shows(seen, free, side, deep))
        side = replace(side, first=runs[:, 0], last=runs[:, 1])
        if runs.size and _steps_there(pixels, side):
            found.append(side)
    return found


def _line(shown: FloatArray, drawn: FloatArray, length: float) -> tuple[float, float] | None:
    """The slope and the offset of the line as it shows: the corners that it runs between are rough.

    Args:
        shown, drawn: (N, 2), places along a side and inward of it: of the outline that shows, and
            of the outline of what was filled, which must lie on one line.
        length: of the side.
    """
    if len(shown) < _FEWEST or not len(drawn) or np.ptp(shown[:, 0]) < _SPAN * length:
        return None
    slope, offset = np.polyfit(shown[:, 0], shown[:, 1], 1)
    if np.std(shown[:, 1] - slope * shown[:, 0]) > _ROUGH:
        return None
    beside = np.abs(drawn[:, 1] - slope * drawn[:, 0] - offset)
    return (slope, offset) if np.percentile(beside, 90) <= _BESIDE else None


def _runs(shows: BoolArray) -> FloatArray:
    """Where runs begin and end that are long enough, (R, 2)."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], shows, [False]]).astype(np.int8)))
    runs = steps.reshape(-1, 2) - [0, 1]
    return runs[runs[:, 1] - runs[:, 0] >= _FEWEST].astype(np.float64)


def _shows(seen: BoolArray, free: BoolArray, side: _Side, deep: float) -> BoolArray:
    """Where along a side all of its edge shows: thing within, and none beyond, bool (L,)."""
    height, width = seen.shape
    length = int(side.length) + 1
    places = side.start + np.arange(length)[:, None] * side.along

    def at(values: BoolArray, across: float) -> BoolArray:
        x, y = np.rint(places + across * side.inward).astype(int).T
        within = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        found = np.zeros(length, np.bool_)
        found[within] = values[y[within], x[within]]
        return found

    shows = at(free, -_OUT) & at(free, deep)
    for across in (2.0, deep / 2, deep):
        shows &= at(seen, across)
    shows &= ~at(seen, -_OUT)
    corner = int(np.ceil(deep / 2)) + 1  # there, the next side's edge crosses this one
    shows[:corner] = shows[-corner:] = False
    return shows


def _steps_there(pixels: PixelArray, side: _Side) -> bool:
    """Whether the photo has a step at a side, and not beside it: else its outline is wrong."""
    runs = zip(side.first, side.last, strict=True)
    along = np.concatenate([np.arange(first, last + 1) for first, last in runs])
    across = np.arange(-_SOUGHT, _SOUGHT + 1)
    spots = side.start + along[:, None, None] * side.along + across[:, None] * side.inward
    found = _at(pixels, spots.reshape(-1, 2)).reshape(along.size, across.size, 3)
    steps = np.abs(np.diff(found.mean(axis=0), axis=0)).sum(axis=1)
    there = np.abs(across[:-1] + 0.5) < _OFF
    return bool(steps[there].max() > _STEP * steps.max())


def _carried(pixels: PixelArray, side: _Side, along: FloatArray, across: FloatArray) -> FloatArray:
    """The colours of places by a side, (N,) each, from where it shows: float32 (N, 3)."""
    after = np.searchsorted(side.first, along)  # the first run that begins beyond
    total, weight = np.zeros((along.size, 3), np.float32), np.zeros(along.size, np.float32)
    for number, is_there in ((after - 1, after > 0), (after, after < side.first.size)):
        own = np.clip(number, 0, side.first.size - 1)
        first, last = side.first[own], side.last[own]
        gap = np.where(number < after, along - last, first - along)
        folded = np.mod(np.maximum(gap, 0), 2 * np.maximum(last - first, 1))
        folded = np.minimum(folded, 2 * np.maximum(last - first, 1) - folded)
        place = np.where(number < after, last - folded, first + folded)
        place = np.where(gap <= 0, along, place)
        spot = side.start + place[:, None] * side.along + across[:, None] * side.inward
        share = np.where(is_there, 1 / (np.maximum(gap, 0) + 1), 0).astype(np.float32)
        total += share[:, None] * _at(pixels, spot)
        weight += share
    return total / np.maximum(weight, 1e-6)[:, None]


def _at(pixels: PixelArray, places: FloatArray) -> FloatArray:
    """The colours at places (N, 2), x and y: float32 (N, 3)."""
    x, y = places.T
    colours = [map_coordinates(one, [y, x], np.float32, order=1, mode="nearest")
               for one in np.moveaxis(pixels, 2, 0)]  # fmt: skip
    return np.stack(colours, axis=1)
