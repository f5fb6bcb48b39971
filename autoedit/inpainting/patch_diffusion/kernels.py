"""Compiled kernels: nearest-patch search, voting, and the screened Poisson solve.

Every loop over pixels writes its own element only and draws its random numbers from a hash of
(seed, round, pixel), so that the result does not depend on the number of threads.

Arrays hold the channels (CIELAB and texture) interleaved along the row, float32 (H, C W),
so that a row of a patch is one contiguous run. They are padded by one more than the patch radius.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

CHANNELS = 4  # lightness, a, b, texture


@njit(inline="always", cache=True, nogil=True)
def _hash(a, b, c):
    """A 32-bit mix of three integers (the finaliser of MurmurHash3)."""
    h = np.uint32(a) * np.uint32(0x9E3779B1) ^ np.uint32(b) * np.uint32(0x85EBCA77)
    h ^= np.uint32(c) * np.uint32(0xC2B2AE3D)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h


@njit(fastmath=True, cache=True, nogil=True)
def _distance(x, weight, source, py, px, qy, qx, radius, limit):
    """Weighted squared distance of the patch at p in x and the one at q in the source."""
    total = np.float32(0.0)
    width = CHANNELS * (2 * radius + 1)
    p0 = CHANNELS * (px - radius)
    q0 = CHANNELS * (qx - radius)
    for dy in range(-radius, radius + 1):
        row = np.float32(0.0)
        for k in range(width):
            d = x[py + dy, p0 + k] - source[qy + dy, q0 + k]
            row += weight[py + dy, p0 + k] * d * d
        total += row
        if total >= limit:
            return total
    return total


@njit(parallel=True, cache=True, nogil=True)
def propagate(x, weight, source, valid, index, ty, tx, ny, nx, distance, radius, reach):
    """PatchMatch's propagation (Barnes et al. 2009), as a Jacobi sweep.

    Args:
        x: the current sample, (H, C W).
        weight: how much each value counts, (H, C W).
        source: the photo, (H, C W).
        valid: uint8 (H, W), 1 where a source patch may be centred.
        index: int32 (H, W), the target's number, -1 where there is none.
        ty, tx: int32 (N,), the targets.
        ny, nx: int32 (N,), the current nearest source centres.
        distance: float32 (N,); filled with the new distances.
        radius: of the patch.
        reach: neighbours at this distance are asked, then at half of it, down to 1.

    Returns:
        The new (ny, nx).
    """
    height, width = valid.shape
    out_y, out_x = ny.copy(), nx.copy()
    for i in prange(ty.shape[0]):
        py, px = ty[i], tx[i]
        by, bx = ny[i], nx[i]
        best = _distance(x, weight, source, py, px, by, bx, radius, np.float32(np.inf))
        step = reach
        while step >= 1:
            for side in range(4):
                sign = step if side % 2 == 0 else -step
                vy = py + (sign if side < 2 else 0)
                vx = px + (0 if side < 2 else sign)
                j = index[vy, vx] if 0 <= vy < height and 0 <= vx < width else -1
                if j < 0:
                    continue
                cy, cx = ny[j] + py - vy, nx[j] + px - vx
                if (cy == by and cx == bx) or not _is_valid(valid, cy, cx):
                    continue
                d = _distance(x, weight, source, py, px, cy, cx, radius, best)
                if d < best:
                    best, by, bx = d, cy, cx
            step //= 2
        out_y[i], out_x[i] = by, bx
        distance[i] = best
    return out_y, out_x


@njit(cache=True, nogil=True)
def _is_valid(valid, y, x):
    return 0 <= y < valid.shape[0] and 0 <= x < valid.shape[1] and valid[y, x] != 0


@njit(parallel=True, cache=True, nogil=True)
def explore(x, weight, source, valid, sources, ty, tx, ny, nx, distance, radius, seed, turn):
    """PatchMatch's random search: one source from anywhere, then ever nearer the current one.

    Args:
        x, weight, source, valid, ty, tx, radius: as in `propagate`.
        sources: int32 (M, 2), the valid centres as (y, x).
        ny, nx: int32 (N,), changed in place.
        distance: float32 (N,), of the current ones; changed in place.
        seed, turn: of the random numbers.
    """
    for i in prange(ty.shape[0]):
        py, px = ty[i], tx[i]
        by, bx, best = ny[i], nx[i], distance[i]
        span = max(valid.shape[0], valid.shape[1])
        draw = 0
        while span >= 1:
            h = _hash(seed, turn * 64 + draw, i)
            if draw == 0:
                m = h % np.uint32(sources.shape[0])
                cy, cx = sources[m, 0], sources[m, 1]
            else:
                cy = by + np.int32(h % np.uint32(2 * span + 1)) - span
                cx = bx + np.int32((h >> np.uint32(16)) % np.uint32(2 * span + 1)) - span
            draw += 1
            span //= 2
            if not _is_valid(valid, cy, cx):
                continue
            d = _distance(x, weight, source, py, px, cy, cx, radius, best)
            if d < best:
                best, by, bx = d, cy, cx
        ny[i], nx[i], distance[i] = by, bx, best


@njit(parallel=True, cache=True, nogil=True)
def vote(source, index, ny, nx, vote_weight, hy, hx, radius, best_only):
    """What the overlapping patches say of each unknown pixel: colour and gradients.

    Args:
        source: the photo, (H, C W).
        index: int32 (H, W), the target's number, -1 where there is none.
        ny, nx: int32 (N,), the nearest source centres.
        vote_weight: float32 (N,), each target patch's say.
        hy, hx: int32 (K,), the unknown pixels.
        radius: of the patch.
        best_only: take the patch with the largest say instead of the mean.

    Returns:
        float32 (K, C + 6): channels, colour step to the right neighbour, and to the lower one.
    """
    count = hy.shape[0]
    out = np.zeros((count, CHANNELS + 6), np.float32)
    for i in prange(count):
        total = np.float32(0.0)
        top = np.float32(-1.0)
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                j = index[hy[i] - dy, hx[i] - dx]
                if j < 0:
                    continue
                w = vote_weight[j]
                sy, sx = ny[j] + dy, CHANNELS * (nx[j] + dx)
                if best_only:
                    if w <= top:
                        continue
                    top = w
                    total = np.float32(0.0)
                    out[i, :] = 0.0
                # A patch knows the step to its neighbour only where it holds both.
                total += w
                for c in range(CHANNELS):
                    out[i, c] += w * source[sy, sx + c]
                for c in range(3):
                    here = source[sy, sx + c]
                    out[i, CHANNELS + c] += w * (source[sy, sx + CHANNELS + c] - here)
                    out[i, CHANNELS + 3 + c] += w * (source[sy + 1, sx + c] - here)
        if total > 0:
            for c in range(CHANNELS + 6):
                out[i, c] /= total
    return out


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def _apply(p, out, neighbours, screening):
    """Out = A p for the screened Laplacian on the unknown pixels, all three channels."""
    for i in prange(p.shape[0]):
        for c in range(3):
            total = screening * p[i, c]
            for k in range(4):
                j = neighbours[i, k]
                if j != -2:
                    total += p[i, c]
                    if j >= 0:
                        total -= p[j, c]
            out[i, c] = total


@njit(fastmath=False, cache=True, nogil=True)
def solve(start, right, neighbours, screening, iterations, tolerance):
    """Conjugate gradients for the screened Poisson equation, three channels at once.

    Args:
        start: float32 (K, 3), first guess.
        right: float32 (K, 3), right-hand side, known neighbours already moved over.
        neighbours: int32 (K, 4): a number of an unknown pixel, -1 for a known one, -2 for none.
        screening: weight of the voted colours.
        iterations: at most so many.
        tolerance: of the residual relative to the first one.

    Returns:
        float32 (K, 3).
    """
    x = start.copy()
    q = np.empty_like(x)
    _apply(x, q, neighbours, screening)
    r = right - q
    p = r.copy()
    rr = np.zeros(3)
    for i in range(r.shape[0]):
        for c in range(3):
            rr[c] += r[i, c] * r[i, c]
    goal = rr * tolerance * tolerance
    for _ in range(iterations):
        if (rr <= goal).all():
            break
        _apply(p, q, neighbours, screening)
        pq = np.zeros(3)
        for i in range(p.shape[0]):
            for c in range(3):
                pq[c] += p[i, c] * q[i, c]
        alpha = np.zeros(3, np.float32)
        for c in range(3):
            if pq[c] > 0:
                alpha[c] = rr[c] / pq[c]
        new = np.zeros(3)
        for i in range(p.shape[0]):
            for c in range(3):
                x[i, c] += alpha[c] * p[i, c]
                r[i, c] -= alpha[c] * q[i, c]
                new[c] += r[i, c] * r[i, c]
        for c in range(3):
            beta = np.float32(new[c] / rr[c]) if rr[c] > 0 else np.float32(0)
            for i in range(p.shape[0]):
                p[i, c] = r[i, c] + beta * p[i, c]
        rr = new
    return x
