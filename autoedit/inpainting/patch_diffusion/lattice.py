"""Ground that repeats itself both ways, as tiles and checked cloth do, seen at any slant.

The regularity that Liu, Collins and Tsin 2004 ("A computational model for periodic pattern
perception based on frieze and wallpaper groups") look for: two periods, here on a plane whose
vanishing line is told by straight lines. What stands a period off is what a pixel should be; how
well that holds round the hole is measured, and says whether it is trusted in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2
import numpy as np
from scipy import optimize

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.periods import crossed, pairs, without_light
from autoedit.inpainting.patch_diffusion.planes import PlaneShift, sampled

_SOFT = 1.5  # pixels of blur in which a period is first made exact
_SHARP = 0.53  # correlation in the larger picture, at least: joints a pixel off are none any more
_SMALL = 0.08  # of two lattices that do as well, the finer: worth of a factor e of a cell's area
_TRIED = 4  # pairs of periods that are made exact
_ASKED, _CLOSELY = 500, 4000  # pixels that they are made exact by, about, and in a larger picture
_STEPS = np.array([1e-4, 1e-4, 1, 1, 1, 1])  # of a vanishing line, and of periods
_TURNS, _LONG = 6, 20  # of making them exact, and in a larger picture
_LACK = 0.7  # what a pixel counts whose counterpart is not seen, in deviations of the picture
_REACH = 3  # periods off, at most, that what is expected is taken from
_HALF = 0.75  # of a period's agreement, at most, half a period may have
_RING, _THINNEST = 0.6, 12.0  # hole sizes, and pixels: where what is expected is tried
_FEWEST = 3  # counterparts of a pixel
_TONE = 30  # pixels that tell how much lighter the ground is there
_EXPLAINED = 0.44  # share of what differs round the hole that must be as expected
_SEEN = 0.6  # share of the hole that must have counterparts
_SURE = 1.2  # trust in counterparts that are all alike; less by how they differ
_CARRIED, _WRONG = 0.15, 0.5  # hole sizes; share of what differs that is not as expected
_PATTERN, _CONTRAST = 0.7, 0.5  # correlation near by, at least; of what differs, there
_UNSEEN = 0.5  # what a pixel counts against a period whose counterpart is not seen
_COUNTS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2))
_EXACT = (*_COUNTS, (2, 1), (1, 2), (3, 0), (0, 3), (2, -1), (1, -2))


@dataclass(frozen=True, slots=True)
class Lattice:
    """Two periods on a plane.

    Attributes:
        line: (lx, ly), the plane's vanishing line; see `PlaneShift`.
        centre: (y, x) in pixels, where the rectified plane keeps the photo's scale.
        periods: float64 (2, 2), (dy, dx) each, on the rectified plane.
    """

    line: tuple[float, float]
    centre: tuple[float, float]
    periods: np.ndarray

    def shift(self, first: float, second: float) -> PlaneShift:
        """So many periods off."""
        dy, dx = first * self.periods[0] + second * self.periods[1]
        return PlaneShift(self.line, self.centre, float(dy), float(dx))

    def scaled(self, scale: float) -> Lattice:
        """The same in a picture so many times as large."""
        line = self.line[0] / scale, self.line[1] / scale
        centre = self.centre[0] * scale, self.centre[1] * scale
        return Lattice(line, centre, self.periods * scale)

    @property
    def cell(self) -> float:
        """Area in pixels."""
        return float(abs(np.linalg.det(self.periods)))


@dataclass(frozen=True, slots=True)
class Expected:
    """What a lattice says of the unknown pixels, in the order of np.nonzero.

    Attributes:
        values: float32 (N, C).
        trust: float32 (N,) in [0, 1], the more the counterparts agree.
        holds: bool (N,), whether there are any, and the lattice goes on there.
    """

    values: FloatArray
    trust: FloatArray
    holds: BoolArray


def lattice_of(
    image: FloatArray, usable: BoolArray, hole: BoolArray, lines: Sequence[tuple[float, float]]
) -> Lattice | None:
    """The periods of what lies round a hole, if it has any.

    Args:
        image: float32 (H, W, 3), of 255; a few hundred pixels a side.
        usable: bool (H, W), what is known.
        hole: bool (H, W), not empty.
        lines: vanishing lines from the middle of the hole, on which planes are tried.
    """
    y, x = np.nonzero(hole)
    centre, size = (float(y.mean()), float(x.mean())), float(np.sqrt(len(y)))
    away = distance(~hole)
    plain = without_light(image, usable)
    soft = np.asarray(cv2.GaussianBlur(plain, (0, 0), _SOFT), np.float32)
    tried: list[tuple[float, Lattice, _Asked]] = []
    for line in [(0.0, 0.0), *lines]:
        for periods in pairs(image, usable, line, centre, size):
            lattice = Lattice(line, centre, periods)
            asked = _asked(usable, away, size + float(np.linalg.norm(periods, axis=1).max()))
            alike, seen = _alike(lattice, soft, usable, asked, _COUNTS)
            worth = alike * seen - _UNSEEN * (1 - seen) - _SMALL * np.log(lattice.cell)
            tried.append((worth, lattice, asked))
    tried.sort(key=lambda each: -each[0])
    best, found = _EXPLAINED, None
    ring = usable & (away < max(_RING * size, _THINNEST))
    whole = (each[1:] for each in tried if not _runs_on(each[1], plain, usable, each[2]))
    for lattice, asked in islice(whole, _TRIED):
        exact = _exact(_exact(lattice, soft, usable, asked), plain, usable, asked)
        if not crossed(exact.periods):
            continue
        explained = _explained(exact, plain, usable, hole, ring)
        if explained > best:
            best, found = explained, exact
    return found


def sharpened(
    lattice: Lattice, image: FloatArray, usable: BoolArray, hole: BoolArray
) -> Lattice | None:
    """The same lattice made exact in a larger picture; None where it does not hold in that.

    Args:
        lattice: in pixels of this image, as from a smaller one.
        image, usable, hole: see `lattice_of`.
    """
    size, away = float(np.sqrt(np.count_nonzero(hole))), distance(~hole)
    plain = without_light(image, usable)
    soft = np.asarray(cv2.GaussianBlur(plain, (0, 0), _SOFT), np.float32)
    reach = size + float(np.linalg.norm(lattice.periods, axis=1).max())
    rough = _exact(lattice, soft, usable, _asked(usable, away, reach))
    asked = _asked(usable, away, reach, _CLOSELY)
    exact = _exact(rough, plain, usable, asked, _LONG)
    if not crossed(exact.periods) or _alike(exact, plain, usable, asked, _COUNTS)[0] < _SHARP:
        return None
    ring = usable & (away < max(_RING * size, _THINNEST))
    return exact if _explained(exact, plain, usable, hole, ring) > _EXPLAINED else None


def expected(
    lattice: Lattice, image: FloatArray, usable: BoolArray, hole: BoolArray
) -> Expected | None:
    """What the counterparts of each unknown pixel say; None where hardly any are seen.

    Args:
        lattice: in pixels of this image.
        image: float32 (H, W, C), of 255.
        usable: bool (H, W), what is known.
        hole: bool (H, W), not empty.
    """
    size = float(np.sqrt(np.count_nonzero(hole)))
    ring = usable & (distance(~hole) < max(_RING * size, _THINNEST))
    said = _said(lattice, image, usable, hole, ring)
    if said is None or not ring.any():
        return None
    values, apart = said
    both = hole | ring
    inside = hole[both]
    differs = max(_differs(image[ring]), 1e-6)
    trust = np.clip(_SURE - apart[inside] / differs, 0, 1)
    # In light that falls off, what differs may be the light alone.
    plain = without_light(image, usable)
    unlit = _said(lattice, plain, usable, hole, ring)
    holds = _carried(image, values, hole, ring, size) | _goes_on(image, values, hole, ring, size)
    if unlit is not None:
        holds |= _carried(plain, unlit[0], hole, ring, size)
    return Expected(
        np.nan_to_num(values[inside]).astype(np.float32),
        np.nan_to_num(trust).astype(np.float32),
        np.isfinite(apart[inside]) & holds,
    )


def _carried(
    image: FloatArray, said: FloatArray, hole: BoolArray, ring: BoolArray, size: float
) -> BoolArray:
    """Where in the hole a lattice holds, bool (N,), by how well it does on the ring near by."""
    differs = _differs(image[ring])
    off = np.minimum(np.abs(image[ring] - said[ring[hole | ring]]).sum(axis=1), differs)
    known = np.isfinite(off)
    tells = np.zeros((*hole.shape, 2), np.float32)
    tells[ring] = np.stack([np.where(known, off, 0), known], axis=1)
    wide = np.asarray(cv2.GaussianBlur(tells, (0, 0), _CARRIED * size), np.float32)[hole]
    return wide[:, 0] < _WRONG * differs * wide[:, 1]


def _goes_on(
    image: FloatArray, said: FloatArray, hole: BoolArray, ring: BoolArray, size: float
) -> BoolArray:
    """Where in the hole a lattice holds, bool (N,), by the pattern on the ring near by.

    In a shadow or a mirror image the ground has other tones but the same pattern, which the local
    correlation of what is seen with what is said tells where there is any.
    """
    there = said[ring[hole | ring]]
    known = np.asarray(np.isfinite(there).all(axis=1))

    def wide(values: FloatArray) -> FloatArray:
        tells = np.zeros((*hole.shape, values.shape[1]), np.float32)
        tells[ring] = np.where(known[:, None], values, 0)
        return cv2.GaussianBlur(tells, (0, 0), _CARRIED * size)[hole].reshape(-1, values.shape[1])

    share = np.maximum(wide(np.ones((len(there), 1), np.float32)), 1e-9)
    here = image[ring]
    mean, other = (wide(each) / share for each in (here, there))
    own, its, both = (
        (wide(one * two) / share - first * second).sum(axis=1)
        for one, two, first, second in (
            (here, here, mean, mean), (there, there, other, other), (here, there, mean, other),
        )
    )  # fmt: skip
    alike = both / np.sqrt(np.maximum(own * its, 1e-6))
    return (alike > _PATTERN) & (own > (_CONTRAST * _differs(here)) ** 2)


def _differs(values: FloatArray) -> float:
    """How far pixels (N, C) are from their median, on average."""
    return float(np.abs(values - np.median(values, axis=0)).sum(axis=1).mean())


@dataclass(frozen=True, slots=True)
class _Asked:
    """Known pixels: int (N,) each, and how much they count, float32 (N,)."""

    y: np.ndarray
    x: np.ndarray
    weight: FloatArray


def _asked(usable: BoolArray, away: FloatArray, reach: float, count: int = _ASKED) -> _Asked:
    weight = np.exp(-((away / reach) ** 2)) * usable
    y, x = np.nonzero(weight > 0.05)
    stride = max(1, int(np.sqrt(len(y) / count)))
    kept = (y % stride == 0) & (x % stride == 0)
    y, x = y[kept], x[kept]
    return _Asked(y, x, weight[y, x].astype(np.float32))


def _moved(
    image: FloatArray, usable: BoolArray, shift: PlaneShift, y: np.ndarray, x: np.ndarray
) -> tuple[FloatArray, BoolArray]:
    """What stands a shift off pixels (N,): values (N, C), and whether it is known, (N,)."""
    sy, sx = shift.at(y.astype(np.float32), x.astype(np.float32))
    height, width = usable.shape
    inside = (sy >= 0) & (sx >= 0) & (sy <= height - 1) & (sx <= width - 1)
    known = sampled(usable.astype(np.float32), sy, sx) > 0.99
    return sampled(image, sy, sx), known & inside


def _runs_on(lattice: Lattice, plain: FloatArray, usable: BoolArray, asked: _Asked) -> bool:
    """Whether half a period does as well one way: stripes, or a horizon, are no lattice."""

    def once(first: float, second: float) -> float:
        return _alike(lattice, plain, usable, asked, ((first, second),))[0]

    return any(
        once(first / 2, second / 2) > _HALF * once(first, second) for first, second in _COUNTS[:4]
    )


def _alike(
    lattice: Lattice, plain: FloatArray, usable: BoolArray, asked: _Asked,
    counts: Sequence[tuple[float, float]],
) -> tuple[float, float]:  # fmt: skip
    """Mean correlation of pixels with what is so many periods off, in [-1, 1]; how many see any."""
    here = plain[asked.y, asked.x]
    found, seen = 0.0, 0.0
    for count in counts:
        there, known = _moved(plain, usable, lattice.shift(*count), asked.y, asked.x)
        weight = asked.weight * known
        both = float(np.square(here).sum(axis=1) @ weight * (np.square(there).sum(axis=1) @ weight))
        shared = float((here * there).sum(axis=1) @ weight)
        found += shared / max(np.sqrt(both), 1e-6) * float(weight.sum())
        seen += float(weight.sum())
    return found / max(seen, 1e-6), seen / max(len(counts) * float(asked.weight.sum()), 1e-6)


def _exact(
    lattice: Lattice, plain: FloatArray, usable: BoolArray, asked: _Asked, turns: int = _TURNS
) -> Lattice:
    """The plane and the periods made exact: least squares of what is alike."""
    here = plain[asked.y, asked.x]
    deviation = np.float32(np.sqrt(np.square(here).mean()) + 1e-6)
    given = np.array([*lattice.line, *lattice.periods.ravel()])
    root = np.sqrt(asked.weight)[:, None]

    def put(steps: np.ndarray) -> Lattice:
        # Rounded, so that it is the same in whatever order a library adds up.
        made = given + np.round(steps, 4) * _STEPS
        return Lattice((made[0], made[1]), lattice.centre, made[2:].reshape(2, 2))

    def left(steps: np.ndarray) -> np.ndarray:
        now = put(steps)
        parts: list[np.ndarray] = []
        for count in _EXACT:
            there, known = _moved(plain, usable, now.shift(*count), asked.y, asked.x)
            off = np.where(known[:, None], (here - there) / deviation, _LACK)
            parts.append((off * root).ravel())
        return np.concatenate(parts).astype(np.float64)

    def slope(steps: np.ndarray) -> np.ndarray:
        apart = 0.3 * np.eye(len(given))
        return np.stack([(left(steps + d) - left(steps - d)) / 0.6 for d in apart], axis=1)

    solve: Any = optimize.least_squares  # whose stubs know of no function for `jac`
    solved = solve(left, np.zeros(len(given)), slope, loss="soft_l1", f_scale=0.5, max_nfev=turns)
    return put(solved.x)


def _said(
    lattice: Lattice, image: FloatArray, usable: BoolArray, hole: BoolArray, ring: BoolArray
) -> tuple[FloatArray, FloatArray] | None:
    """What is expected of the hole and the ring round it.

    Of each counterpart the tone is set right by the ring; then their median is taken.

    Returns:
        (N, C), NaN where too few are seen; and how far they differ, (N,). None without any.
    """
    both = hole | ring
    y, x = np.nonzero(both)
    on_ring, here = ring[both], image[both]
    found: list[FloatArray] = []
    for first in range(-_REACH, _REACH + 1):
        for second in range(-_REACH, _REACH + 1):
            if not first and not second:
                continue
            there, known = _moved(image, usable, lattice.shift(first, second), y, x)
            tells = known & on_ring
            if np.count_nonzero(tells) < _TONE:
                continue
            lighter = np.median(there[tells] - here[tells], axis=0)
            found.append(np.where(known[:, None], there - lighter, np.nan).astype(np.float32))
    if len(found) < _FEWEST:
        return None
    each = np.stack(found)
    enough = np.isfinite(each[:, :, 0]).sum(axis=0) >= _FEWEST
    values = np.full(here.shape, np.nan, np.float32)
    apart = np.full(len(y), np.nan, np.float32)
    values[enough] = np.nanmedian(each[:, enough], axis=0)
    off = np.abs(each[:, enough] - values[enough]).sum(axis=2)
    apart[enough] = np.nanmedian(off, axis=0)
    return values, apart


def _explained(
    lattice: Lattice, image: FloatArray, usable: BoolArray, hole: BoolArray, ring: BoolArray
) -> float:
    """The share of what differs on the ring that is as expected; at most 1."""
    said = _said(lattice, image, usable, hole, ring)
    if said is None:
        return -1.0
    values, apart = said
    both = hole | ring
    known, on_ring, inside = np.isfinite(apart), ring[both], hole[both]
    if known[inside].mean() < _SEEN or known[on_ring].mean() < _SEEN:
        return -1.0
    here, there = image[both][known & on_ring], values[known & on_ring]
    # Another thing on the ground counts as not explained, but no more than that.
    differs = max(_differs(here), 1e-6)
    off = np.minimum(np.abs(here - there).sum(axis=1), differs)
    return 1 - float(off.mean()) / differs
