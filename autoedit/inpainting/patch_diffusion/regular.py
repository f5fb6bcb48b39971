"""What a lattice lays out of a hole: pieces of the ground that are whole periods off.

Each pixel is taken from one of the lattice's translates, at the photo's own scale and as the plane
foreshortens it; what differs between them in light is evened out by their gradients (Perez,
Gangnet & Blake 2003, "Poisson image editing").
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.inpainting.patch_diffusion import kernels
from autoedit.inpainting.patch_diffusion.colour import to_lab, to_rgb
from autoedit.inpainting.patch_diffusion.lattice import Lattice, expected, lattice_of, sharpened
from autoedit.inpainting.patch_diffusion.lines import planes, segments
from autoedit.inpainting.patch_diffusion.planes import PlaneShift, sampled
from autoedit.inpainting.patch_diffusion.pyramid import Level, build, membrane, spread
from autoedit.inpainting.patch_diffusion.repeats import IntArray
from autoedit.inpainting.patch_diffusion.shift_map import regular

_LINES, _SIDE = 600, 300  # pixels of the longer side of what lines and a lattice are sought in
_PLANES = 2
_REACH = 2  # periods off, at most, that anything is taken from
_LEAST = 0.2  # share of the hole that it lays out
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
_SCREENING = np.float32(1e-3)  # weight of values against gradients: where nothing known is near
_ITERATIONS, _EXACT = 120, 1e-3


def laid(
    pixels: PixelArray, hole: BoolArray, usable: BoolArray, pieces: int
) -> tuple[PixelArray, BoolArray] | None:
    """Fill what of a hole lies on a lattice.

    Args:
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W), True is unknown.
        usable: bool (H, W), what is known and may serve as a source.
        pieces: pixels of the hole, at most, at the scale at which its pieces are chosen; 0 for
            none.

    Returns:
        RGB uint8 (H, W, 3), and bool (H, W), what of the hole is filled in it; None without a
        lattice.
    """
    few = np.count_nonzero(usable) <= np.count_nonzero(hole)
    lattice = None if few or not pieces else _lattice(pixels, hole, usable)
    if lattice is None:
        return None
    known = ~hole
    levels = build(to_lab(pixels), known, usable, 12)
    number = next((n for n, one in enumerate(levels) if (~one.known).sum() <= pieces), None)
    if number is None or levels[number].known.all():
        return None
    level = levels[number]
    coarse = lattice.scaled(_scale(levels[0], level))
    told = expected(coarse, level.image, level.usable, ~level.known)
    if told is None or told.holds.mean() < _LEAST:
        return None
    reach = range(-_REACH, _REACH + 1)
    counts = [(i, j) for i in reach for j in reach if i or j]
    labels, there = regular(level, [coarse.shift(*count) for count in counts], told)
    y, x = np.nonzero(~level.known)
    part = np.zeros(level.known.shape, np.bool_)
    part[y, x] = told.holds & there
    part = _smooth(part)
    if part[y, x].mean() < _LEAST:
        return None
    nearest = spread(labels, y, x, level.known.shape)
    made: _Made | None = None
    for at in reversed(levels[: number + 1]):
        own = lattice.scaled(_scale(levels[0], at))
        made = _composed(at, [own.shift(*count) for count in counts], nearest, part, made)
    if made is None:
        return None
    result = pixels.copy()
    result[made.where] = to_rgb(made.image)[made.where]
    return result, made.where


def _lattice(pixels: PixelArray, hole: BoolArray, usable: BoolArray) -> Lattice | None:
    """In pixels of the photo; the planes are told by lines in a larger picture of it."""
    pictures: list[tuple[FloatArray, BoolArray, BoolArray]] = []
    for side in (_LINES, _SIDE):
        scale = min(1.0, side / max(hole.shape))
        size = max(1, round(hole.shape[1] * scale)), max(1, round(hole.shape[0] * scale))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        unknown = _reduced(hole, size) > 0.5
        if not unknown.any() or unknown.all():
            return None
        pictures.append((to_lab(small), unknown, (_reduced(usable, size) > 0.99) & ~unknown))
    (fine, unknown, seen), (image, missing, known) = pictures
    lines = segments(fine[:, :, 0], ~unknown)
    found = planes(lines, ~unknown, _PLANES, np.random.default_rng(0))
    scale = image.shape[1] / fine.shape[1]
    lattice = lattice_of(image, known, missing, [(lx / scale, ly / scale) for lx, ly in found])
    if lattice is not None:
        lattice = sharpened(lattice.scaled(1 / scale), fine, seen, unknown)
    return None if lattice is None else lattice.scaled(hole.shape[1] / fine.shape[1])


def _reduced(where: BoolArray, size: tuple[int, int]) -> FloatArray:
    """How much of each larger pixel is true, float32 (h, w); `size` is (w, h)."""
    share = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(share, np.float32)


def _scale(fine: Level, level: Level) -> float:
    return level.known.shape[1] / fine.known.shape[1]


def _smooth(part: BoolArray) -> BoolArray:
    """Without specks and pinholes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    closed = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc)) > 0


@dataclass(frozen=True, slots=True)
class _Made:
    """A level with what is laid out in it.

    Attributes:
        image: Lab float32 (H, W, 3).
        where: bool (H, W), what of it is.
        change: float32 (H, W, 3), by how much it differs from what it is taken from.
    """

    image: FloatArray
    where: BoolArray
    change: FloatArray


def _composed(
    level: Level, shifts: list[PlaneShift], nearest: IntArray, part: BoolArray,
    coarser: _Made | None,
) -> _Made:  # fmt: skip
    """Lay a level out.

    Args:
        level: with a hole.
        shifts: in its pixels.
        nearest, part: the numbers of the shifts, and what they lay out, at the coarsest level.
        coarser: the level before, to begin with.
    """
    height, width = level.known.shape

    def large(values: np.ndarray, how: int) -> np.ndarray:
        return cv2.resize(values, (width, height), interpolation=how)

    labels = large(nearest.astype(np.int16), cv2.INTER_NEAREST)
    where = (large(part.astype(np.uint8), cv2.INTER_NEAREST) > 0) & ~level.known
    y, x = np.nonzero(where)
    chosen = labels[y, x]
    # A step may reach into the hole, or on another thing: there, it reads what is round that.
    source = np.where(level.usable[:, :, None], level.image[:, :, :3], membrane(level)[:, :, :3])
    here = _taken(source, shifts, chosen, y, x)
    numbers = np.full((height + 2, width + 2), -2, np.int32)
    numbers[1:-1, 1:-1][level.usable if level.joined is None else level.joined] = -1
    numbers[y + 1, x + 1] = np.arange(len(y), dtype=np.int32)
    neighbours = np.stack([numbers[y + 1 + dy, x + 1 + dx] for dy, dx in _STEPS], axis=1)
    steps = [here - _taken(source, shifts, chosen, y + dy, x + dx) for dy, dx in _STEPS]
    right = _SCREENING * here
    for k, (dy, dx) in enumerate(_STEPS):
        known, both = neighbours[:, k] == -1, neighbours[:, k] >= 0
        right[known] += level.image[y[known] + dy, x[known] + dx, :3] + steps[k][known]
        # Each of two neighbours has a step between them of its own.
        right[both] += (steps[k][both] - steps[(k + 2) % 4][neighbours[both, k]]) / 2
    start = here
    if coarser is not None:
        start = here + large(coarser.change, cv2.INTER_LINEAR)[y, x]
    solved = kernels.solve(
        start.astype(np.float32), right.astype(np.float32), neighbours, _SCREENING, _ITERATIONS,
        _EXACT,
    )  # fmt: skip
    filled = level.image[:, :, :3].copy()
    filled[y, x] = solved
    change = spread((solved - here).astype(np.float32), y, x, (height, width))
    return _Made(filled, where, change)


def _taken(
    image: FloatArray, shifts: list[PlaneShift], chosen: IntArray, y: IntArray, x: IntArray
) -> FloatArray:
    """What each pixel's shift brings it of an image, (H, W, 3): float32 (N, 3)."""
    values = np.zeros((len(y), 3), np.float32)
    for number in np.unique(chosen):
        own = chosen == number
        sy, sx = shifts[number].at(y[own].astype(np.float32), x[own].astype(np.float32))
        values[own] = sampled(image, sy, sx)
    return values
