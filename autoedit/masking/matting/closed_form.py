"""Alpha by closed-form matting (Levin, Lischinski & Weiss 2008), of unknown pixels alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from autoedit.core.mask import BoolArray, FloatArray, PixelArray
from autoedit.masking.matting.library import laplacian

_EPSILON = 1e-7  # regularises the colour lines
_TOLERANCE, _ROUNDS = 5e-4, 1000  # alpha, at most so much per round
_TILE, _OVERLAP = 512, 32


def solve(
    pixels: PixelArray,
    guess: FloatArray,
    unknown: BoolArray,
    prior: FloatArray,
    weight: FloatArray,
) -> FloatArray:
    """Alpha where it is unknown, so that the matting Laplacian's energy is least.

    Args:
        pixels: RGB uint8 (H, W, 3).
        guess: float32 (H, W): alpha where it is known, a first guess where it is not.
        unknown: bool (H, W).
        prior: float32 (H, W): what alpha tends to where the colours do not say.
        weight: float32 (H, W), above 0: how much it does; the Laplacian's own diagonal is some 8.

    Returns:
        float32 (H, W) in [0, 1], `guess` where known.

    Raises:
        ArithmeticError: when the solution is not finite.
    """
    result = guess.astype(np.float32)
    for core, window in _tiles(unknown):
        # Beyond the overlap the guess holds, so that each tile can be solved for itself.
        inner = np.zeros(unknown[window].shape, np.bool_)
        edge = [
            slice(0 if part.start == 0 else 2, size if part.stop == whole else size - 2)
            for part, size, whole in zip(window, inner.shape, unknown.shape, strict=True)
        ]
        inner[edge[0], edge[1]] = True
        found = _solve(
            pixels[window], guess[window], unknown[window] & inner, prior[window], weight[window]
        )
        offset = tuple(
            slice(part.start - outer.start, part.stop - outer.start)
            for part, outer in zip(core, window, strict=True)
        )
        result[core] = found[offset]
    return result


def _tiles(unknown: BoolArray) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Places that hold unknown pixels, each with the window that is solved for it."""
    height, width = unknown.shape
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            part = unknown[top : top + _TILE, left : left + _TILE]
            rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
            if not rows.size:
                continue
            y0, y1 = top + int(rows[0]), top + int(rows[-1]) + 1
            x0, x1 = left + int(columns[0]), left + int(columns[-1]) + 1
            window = (
                slice(max(0, y0 - _OVERLAP), min(height, y1 + _OVERLAP)),
                slice(max(0, x0 - _OVERLAP), min(width, x1 + _OVERLAP)),
            )
            yield (slice(y0, y1), slice(x0, x1)), window


def _solve(
    pixels: PixelArray,
    guess: FloatArray,
    unknown: BoolArray,
    prior: FloatArray,
    weight: FloatArray,
) -> FloatArray:
    rows = np.flatnonzero(unknown)
    if not rows.size or min(unknown.shape) < 3:
        return guess
    image = pixels.astype(np.float64) / 255.0
    matrix = laplacian()(image, _EPSILON, 1, ~unknown)[rows]
    known = guess.astype(np.float64).ravel()
    start = known[rows]
    known[rows] = 0.0
    pull = weight.ravel()[rows].astype(np.float64)
    right = pull * prior.ravel()[rows] - matrix @ known
    solution = _conjugate_gradients(matrix[:, rows] + sparse.diags(pull), right, start)
    if not np.isfinite(solution).all():
        raise ArithmeticError("the solution is not finite")
    result = guess.astype(np.float32)
    result.ravel()[rows] = np.clip(solution, 0, 1)
    return result


def _conjugate_gradients(
    matrix: sparse.csr_matrix, right: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Solve by conjugate gradients, scaled by the diagonal, until no pixel moves any more.

    Numpy's pairwise sums give the same bits whatever the number of threads, where a BLAS's inner
    products do not.
    """
    scale: np.ndarray = np.reciprocal(matrix.diagonal())
    x, residual = start, right - matrix @ start
    direction = scale * residual
    strength = float((residual * direction).sum())
    for _ in range(_ROUNDS):
        if strength <= 0:
            break
        image = matrix @ direction
        step = strength / float((direction * image).sum())
        moved = step * direction
        x = x + moved
        if float(np.abs(moved).max()) < _TOLERANCE:
            break
        residual = residual - step * image
        scaled = scale * residual
        before, strength = strength, float((residual * scaled).sum())
        direction = scaled + (strength / before) * direction
    return x
