"""The structure of a hole: each of its pixels taken from one of a few sources, with least seams.

A labelling of the unknown pixels (Pritch et al. 2009, "Shift-map image editing"; He & Sun 2012),
found by alpha expansion (Boykov, Veksler & Zabih 2001) with SciPy's maximum flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.guidance import PlaneShift, Source
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.repeats import IntArray

_NEVER = 1e4  # cost of a source that does not exist
_MOST = 100.0  # a difference counts no more than this, of 255
_UNSEEN = 50.0  # what a difference counts where the source itself is not known
_CONTEXT = 2  # known pixels this near to an unknown one are compared with the source's
_BORDER = 2.4  # weight of such a comparison
_RARE, _RAREST = 0.45, 60.0  # weight of rarity, and its bound
_ASLANT = 1.0  # cost of a source that must be foreshortened: of equals, take the simpler one
_SWEEPS = 2
_PRECISION = 16  # capacities are integers: sixteenths
_ROW = 1024  # cv2.remap takes sides below 32768


@dataclass(frozen=True, slots=True)
class Structure:
    """What the unknown pixels are taken from, in the order of np.nonzero.

    Attributes:
        values: float32 (N, C).
        y, x: float32 (N,), source positions in pixels.
        found: bool (N,), False where no source reaches.
    """

    values: FloatArray
    y: FloatArray
    x: FloatArray
    found: BoolArray


def solve(level: Level, sources: list[Source], rarity: FloatArray) -> Structure:
    """Choose a source for each unknown pixel.

    Args:
        level: a coarse level; expect time linear in its unknown pixels times the sources.
        sources: at least one.
        rarity: float32 (H, W), see `repeats`.
    """
    hole = ~level.known
    y, x = np.nonzero(hole)
    values, valid, sy, sx = _sampled(level, sources, y, x)
    iy, ix = np.rint(sy).astype(int), np.rint(sx).astype(int)
    aslant = np.array([_ASLANT * isinstance(source, PlaneShift) for source in sources])
    cost = np.where(valid, aslant + _RARE * np.minimum(rarity[iy, ix], _RAREST), _NEVER)
    cost = (cost + _context(level, sources, hole)).astype(np.float32)
    useful = np.flatnonzero(valid.any(axis=0))
    labels = _expand(values, cost, _edges(hole), useful)
    each = np.arange(len(y))
    return Structure(values[each, labels], sy[each, labels], sx[each, labels], valid[each, labels])


def _sampled(
    level: Level, sources: list[Source], y: IntArray, x: IntArray
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """What each source gives at each pixel: values (N, K, C), whether it may, and from where."""
    height, width = level.usable.shape
    places = [source.at(y.astype(np.float32), x.astype(np.float32)) for source in sources]
    sy, sx = (np.stack([place[axis] for place in places], axis=1) for axis in (0, 1))
    inside = (sy >= 0) & (sx >= 0) & (sy <= height - 1) & (sx <= width - 1)
    sy, sx = np.clip(sy, 0, height - 1), np.clip(sx, 0, width - 1)
    count = sy.size
    rows = -(-count // _ROW)
    grid_y, grid_x = (
        np.pad(part.ravel(), (0, rows * _ROW - count)).reshape(rows, _ROW) for part in (sy, sx)
    )
    parts: list[FloatArray] = []
    for start in range(0, rows, _ROW * 16):
        part = slice(start, start + _ROW * 16)
        sampled = cv2.remap(level.image, grid_x[part], grid_y[part], cv2.INTER_LINEAR)
        parts.append(sampled.reshape(-1, level.image.shape[2]))
    values = np.concatenate(parts)[:count].reshape(*sy.shape, -1)
    low_y, low_x = np.floor(sy).astype(int), np.floor(sx).astype(int)
    high_y, high_x = np.ceil(sy).astype(int), np.ceil(sx).astype(int)
    usable = level.usable[low_y, low_x] & level.usable[high_y, high_x]
    return values, inside & usable, sy, sx


def _context(level: Level, sources: list[Source], hole: BoolArray) -> FloatArray:
    """How ill each source continues what is known round each unknown pixel, (N, K)."""
    side = 2 * _CONTEXT + 1
    near = cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    y, x = np.nonzero(near & level.usable)
    numbers = np.full((hole.shape[0] + 2 * _CONTEXT, hole.shape[1] + 2 * _CONTEXT), -1)
    numbers[y + _CONTEXT, x + _CONTEXT] = np.arange(len(y))
    hy, hx = np.nonzero(hole)
    if not len(y):
        return np.zeros((len(hy), len(sources)), np.float32)
    values, valid, _, _ = _sampled(level, sources, y, x)
    off = np.linalg.norm(values - level.image[y, x][:, None], axis=2)
    off = np.where(valid, np.minimum(off, _MOST), _UNSEEN)
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    for dy in range(side):
        for dx in range(side):
            neighbour = numbers[hy + dy, hx + dx]
            rows.append(np.flatnonzero(neighbour >= 0))
            columns.append(neighbour[neighbour >= 0])
    row, column = np.concatenate(rows), np.concatenate(columns)
    weight = np.full(len(row), _BORDER, np.float32)
    return sparse.csr_array((weight, (row, column)), shape=(len(hy), len(y))) @ off


def _edges(hole: BoolArray) -> IntArray:
    """Pairs of neighbouring unknown pixels, (M, 2)."""
    numbers = np.full(hole.shape, -1)
    numbers[hole] = np.arange(int(hole.sum()))
    pairs: list[IntArray] = []
    for first, second in (
        (numbers[:, :-1], numbers[:, 1:]),
        (numbers[:-1], numbers[1:]),
    ):
        both = (first >= 0) & (second >= 0)
        pairs.append(np.stack([first[both], second[both]], axis=1))
    return np.concatenate(pairs)


def _expand(values: FloatArray, cost: FloatArray, edges: IntArray, useful: IntArray) -> IntArray:
    """The labels (N,) of least cost that alpha expansion finds."""
    first, second = edges[:, 0], edges[:, 1]

    def seams(one: IntArray, other: IntArray) -> FloatArray:
        """What it costs that the ends of each edge have these labels: both must agree."""
        a = values[first, one] - values[first, other]
        b = values[second, one] - values[second, other]
        return np.sqrt(np.einsum("ij,ij->i", a, a)) + np.sqrt(np.einsum("ij,ij->i", b, b))

    each = np.arange(len(cost))
    labels = cost.argmin(axis=1)
    energy = cost[each, labels].sum() + seams(labels[first], labels[second]).sum()
    order = useful
    for _ in range(_SWEEPS):
        changed = False
        for label in order:
            target = np.full(len(edges), label)
            now, keep, move = (
                seams(labels[first], labels[second]),
                seams(labels[first], target),
                seams(target, labels[second]),
            )
            gain = (cost[each, label] - cost[each, labels]).astype(np.float64)
            np.add.at(gain, first, move - now)
            np.add.at(gain, second, -move)
            across = np.maximum(keep + move - now, 0)
            proposed = np.where(_cheaper(gain, edges, across), label, labels)
            total = cost[each, proposed].sum() + seams(proposed[first], proposed[second]).sum()
            if total < energy - 1e-3:
                labels, energy, changed = proposed, total, True
        if not changed:
            break
        order = np.unique(labels)
    return labels


def _cheaper(gain: FloatArray, edges: IntArray, across: FloatArray) -> BoolArray:
    """Which pixels a minimum cut moves to the new label.

    Args:
        gain: (N,), what moving costs alone; negative favours it.
        edges: (M, 2).
        across: (M,), what it costs to keep an edge's first end and move its second.
    """
    count = len(gain)
    source, sink = count, count + 1
    each = np.arange(count)
    keep = gain > 0
    row = np.concatenate([np.where(keep, source, each), edges[:, 0]])
    column = np.concatenate([np.where(keep, each, sink), edges[:, 1]])
    capacity = np.rint(np.concatenate([np.abs(gain), across]) * _PRECISION).astype(np.int32)
    some = capacity > 0
    graph = sparse.csr_array(
        (capacity[some], (row[some], column[some])), shape=(count + 2, count + 2)
    )
    residual = graph - csgraph.maximum_flow(graph, source, sink).flow
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    kept = csgraph.breadth_first_order(residual, source, return_predecessors=False)
    moved = np.ones(count + 2, np.bool_)
    moved[kept] = False
    return moved[:count]
