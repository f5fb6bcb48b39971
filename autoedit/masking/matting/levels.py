"""Alpha coarse to fine, in an unknown band that follows the edge's softness."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.masking.matting.closed_form import solve
from autoedit.masking.matting.evidence import evidence
from autoedit.masking.matting.softness import band_widths, disc, distances

COARSE = 500_000  # pixels at most where the band is laid out
REACH = 60  # coarse pixels beyond the mask, at most, that its band and what it needs take
_PULL, _SOFT_PULL = 4e-3, 5e-4  # towards the mask, at hard edges and at soft ones
_RIDGE_PULL = 2e-2  # along the middle of thin parts
_DOUBT = 100.0  # times the pull, where colours do not tell the sides apart
_RIDGE = 0.7  # of a part's half thickness: deeper is its middle
_EVIDENCE = 0.1  # towards the side that a pixel's colour is surely of
_HARD = 2.2  # pixels, half width of the band at a hard edge
_SURE, _OFF = 0.6, 8  # certainty and pixels from the outline that move it
_TOGETHER = 0.3  # of the 5x5 pixels round it must move too
_GROWTHS, _STEP = 5, 3
_UNSETTLED = 0.05  # alpha that must not be left where the band ends
_CROWD = 0.08  # of the 7x7 pixels round it must be so, or it is noise
_MIXED = 0.02  # alpha farther from 0 and 1 is looked at again in the next finer level
_HAZE, _TAIL = 0.1, 0.01  # alpha cleared beside hard edges and soft ones


def refine(pixels: PixelArray, mask: FloatArray) -> FloatArray:
    """Alpha of a photo's part, float32 (h, w) in [0, 1].

    Args:
        pixels: RGB uint8 (h, w, 3).
        mask: float32 (h, w) in [0, 1]; above half is inside.

    Raises:
        ArithmeticError: when it cannot be solved.
    """
    levels = [(pixels, mask)]
    while levels[-1][1].size > COARSE:
        size = tuple((side + 1) // 2 for side in levels[-1][1].shape[::-1])
        finer = levels[-1]
        levels.append(
            (
                cv2.resize(finer[0], size, interpolation=cv2.INTER_AREA),
                cv2.resize(finer[1], size, interpolation=cv2.INTER_AREA),
            )
        )
    alpha = _coarsest(*levels[-1])
    for finer, _ in levels[-2::-1]:
        alpha = _finer(finer, alpha)
    return _settled(alpha)


def _coarsest(pixels: PixelArray, mask: FloatArray) -> FloatArray:
    """Lay the band out by the photo, and widen it where the alpha does not come to its end."""
    inside = mask > 0.5
    inner, outer = distances(inside)
    likely, sure = evidence(pixels, inner, outer)
    moved = _misplaced(inside, inner, outer, likely, sure)
    inside = inside ^ moved
    mask = np.where(moved, inside, mask).astype(np.float32)
    inner, outer = distances(inside)
    width, alike = band_widths(pixels, inner, outer)
    unknown = (inner <= width) & (outer <= width) | ((mask > _MIXED) & (mask < 1 - _MIXED))
    unknown |= cv2.dilate(moved.astype(np.uint8), disc(2)) > 0
    prior, pull = _leaning(mask, inner, unknown, width, alike)
    # Mixed colours may look like either side's own: at soft edges they are no evidence.
    sure = sure * np.clip(_HARD / width, 0, 1)
    prior = prior + sure * (likely - prior)
    pull = pull + sure * (_EVIDENCE * sure - pull)
    start = inside.astype(np.float32)
    alpha = solve(pixels, start, unknown, prior, pull)
    for _ in range(_GROWTHS):
        more = _unfinished(alpha, inside, unknown) & ~unknown
        if not more.any():
            break
        unknown = unknown | more
        alpha = solve(pixels, np.where(unknown, alpha, start), unknown, prior, pull)
    return alpha


def _misplaced(
    inside: BoolArray, inner: FloatArray, outer: FloatArray, likely: FloatArray, sure: FloatArray
) -> BoolArray:
    """What lies near the outline and, by its colours, on the other side, several pixels of it."""
    wrong = (sure > _SURE) & ((likely > 0.5) != inside) & (inner <= _OFF) & (outer <= _OFF)
    return wrong & (cv2.blur(wrong.astype(np.float32), (5, 5)) > _TOGETHER)


def _leaning(
    mask: FloatArray, inner: FloatArray, unknown: BoolArray, width: FloatArray, alike: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What alpha tends to for its place, and how much: the mask, most where colours are alike."""
    hard = np.clip(_HARD / width, 0, 1)
    pull = (_SOFT_PULL + (_PULL - _SOFT_PULL) * hard) * (1 + _DOUBT * alike * alike)
    ridge = (mask > 0.5) & unknown & (inner > _RIDGE * cv2.dilate(inner, disc(6)))
    pull = np.where(ridge, np.maximum(pull, _RIDGE_PULL * hard), pull)
    return cv2.GaussianBlur(mask, (0, 0), 0.7), pull.astype(np.float32)


def _unfinished(alpha: FloatArray, inside: BoolArray, unknown: BoolArray) -> BoolArray:
    """Round where the band ends at an alpha that is neither 0 outside nor 1 inside."""
    ends = np.zeros(inside.shape, np.bool_)
    for side, left in ((inside, 1 - alpha), (~inside, alpha)):
        known = (side & ~unknown).astype(np.uint8)
        ends |= unknown & side & (cv2.dilate(known, disc(1)) > 0) & (left > _UNSETTLED)
    crowded = ends & (cv2.blur(ends.astype(np.float32), (7, 7)) > _CROWD)
    return cv2.dilate(crowded.astype(np.uint8), disc(_STEP)) > 0


def _finer(pixels: PixelArray, alpha: FloatArray) -> FloatArray:
    """The alpha of twice the size: only what is mixed, and two pixels round it, is looked at."""
    guess = cv2.resize(alpha, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    mixed = ((guess > _MIXED) & (guess < 1 - _MIXED)).astype(np.uint8)
    unknown = cv2.dilate(mixed, disc(2)) > 0
    start = np.where(unknown, guess, (guess > 0.5).astype(np.float32))
    pull = np.broadcast_to(np.float32(_PULL), guess.shape)
    return solve(pixels, start, unknown, guess, pull)


def _settled(alpha: FloatArray) -> FloatArray:
    """Clear the haze that the solution leaves beside edges, the more of it the harder they are."""
    mixed = ((alpha > 0.1) & (alpha < 0.9)).astype(np.uint8)
    depth = cv2.distanceTransform(mixed, cv2.DIST_L2, 5)
    thick = cv2.dilate(depth, disc(7))
    cleared = _TAIL + (_HAZE - _TAIL) * np.clip((3.5 - thick) / 2, 0, 1)
    return np.clip((alpha - cleared) / (1 - 2 * cleared), 0, 1).astype(np.float32)
