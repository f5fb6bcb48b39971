"""The structure of a hole: each of its pixels taken from one of a few sources, with least seams.

A labelling of the unknown pixels (Pritch et al. 2009, "Shift-map image editing"; He & Sun 2012),
found by alpha expansion (Boykov, Veksler & Zabih 2001) with SciPy's maximum flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.guidance import Family, Source, families
from autoedit.inpainting.patch_diffusion.lattice import Expected
from autoedit.inpainting.patch_diffusion.planes import PlaneShift, sampled
from autoedit.inpainting.patch_diffusion.pyramid import Level, spread
from autoedit.inpainting.patch_diffusion.repeats import IntArray
from autoedit.inpainting.patch_diffusion.shadows import shade
from autoedit.inpainting.patch_diffusion.strangeness import off_tone, strangeness

_NEVER = 1e4  # cost of a source that does not exist
_MOST = 100.0  # a difference counts no more than this, of 255
_UNSEEN = 50.0  # what a difference counts where the source itself is not known
_CONTEXT = 2  # known pixels this near to an unknown one are compared with the source's
_BORDER = 2.4  # weight of such a comparison
_RARE, _RAREST = 0.45, 60.0  # weight of rarity, and its bound
_REGULAR, _ODDEST = 2.0, 60.0  # weight of what a lattice expects, and its bound
_BLURRED = 60.0  # cost of a translate of half the size, which is seen from too far off
_ALIEN, _STRANGE = 7.0, 0.4  # mean strangeness that is too much; its weight from there on
# Texture of ground that is but rough; the weight there of a tone that is off, and of a hole's
# height between it and its source.
_ROUGH, _TONE, _DEPTH = 120.0, 0.5, 6.0
_SHADED, _DEEP = 6, 0.4  # pixels round the hole that may be in shadow; how deep is inside it
IN_SHADE = 0.5  # what is more surely in shadow than this is no source
_ASLANT = 1.0  # cost of a source that must be foreshortened: of equals, take the simpler one
_SWEEPS = 2
_HOPEFUL = 1.15  # so much dearer than the best labelling a beginning may be
# The same for a plane seen aslant, of which lines are proof; and so much dearer its outcome may be.
_HOPEFUL_ASLANT, _CARRIED_ASLANT = 1.25, 1.08
_PRECISION = 16  # capacities are integers: sixteenths
_ROUNDS = 12  # of looking for pixels that surely stay


@dataclass(frozen=True, slots=True)
class Structure:
    """What the unknown pixels are taken from, in the order of np.nonzero.

    Attributes:
        values: float32 (N, C).
        y, x: float32 (N,), source positions in pixels.
        found: bool (N,), False where no source reaches.
        shade: float32 (H, W) in [0, 1], how surely what is known there lies in the shadow of what
            was in the hole.
    """

    values: FloatArray
    y: FloatArray
    x: FloatArray
    found: BoolArray
    shade: FloatArray


@dataclass(frozen=True, slots=True)
class _Context:
    """How ill each source continues what is known round the unknown pixels.

    Attributes:
        y, x: int (M,), the known pixels.
        off: float32 (M, K), how far each source is off there, of 255.
        counting: sparse (N, M), what that counts for each unknown pixel.
    """

    y: IntArray
    x: IntArray
    off: FloatArray
    counting: sparse.csr_array

    def cost(self, shade: FloatArray | None = None) -> FloatArray:
        """(N, K); what lies in shade, (H, W), asks for the less."""
        if shade is None:
            return self.counting @ self.off
        return self.counting @ (self.off * (1 - shade[self.y, self.x])[:, None])


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
    own = np.where(valid, aslant + _RARE * np.minimum(rarity[iy, ix], _RAREST), _NEVER)
    context, edges = _context(level, sources, hole), _edges(hole)
    if len(context.y) and level.image[context.y, context.x, 3].mean() > _ROUGH:
        # On a lawn no source goes with what is round the hole. Its tone, and how coarse the blades
        # are so far off, are all that is known.
        away = np.abs(sy - y[:, None]) / (np.ptp(y) + 1)
        own = own + _TONE * off_tone(level, iy, ix) + _DEPTH * away
    cost = (own + context.cost()).astype(np.float32)
    useful = np.flatnonzero(valid.any(axis=0))
    ways = families(sources, useful)
    labels = _label(values, cost, edges, useful, ways)
    each = np.arange(len(y))
    strange = strangeness(level, iy[each, labels, None], ix[each, labels, None])
    if strange.mean() > _ALIEN:
        # Once more, where what is unlike all that lies round the hole costs extra.
        own = own + _STRANGE * strangeness(level, iy, ix)
        cost = (own + context.cost()).astype(np.float32)
        labels = _label(values, cost, edges, useful, ways)
    darkened = _darkened(level, sources, hole, labels)
    if darkened.any():
        # Once more, where shadow neither asks for anything nor gives anything.
        valid &= darkened[iy, ix] <= IN_SHADE
        cost = (np.where(valid, own, _NEVER) + context.cost(darkened)).astype(np.float32)
        labels = _label(values, cost, edges, useful, ways)
    return Structure(
        values[each, labels], sy[each, labels], sx[each, labels], valid[each, labels], darkened
    )


def regular(
    level: Level, sources: Sequence[PlaneShift], expected: Expected
) -> tuple[IntArray, BoolArray]:
    """Choose one of a lattice's translates for each unknown pixel.

    Args:
        level: a coarse level.
        sources: the translates, at least one.
        expected: what they say together, of which each is to be near.

    Returns:
        int (N,) and bool (N,): the translate, and whether it has anything there.
    """
    hole = ~level.known
    y, x = np.nonzero(hole)
    values, valid, _, _ = _sampled(level, sources, y, x)
    off = np.linalg.norm(values[:, :, :3] - expected.values[:, None], axis=2)
    own = np.where(valid, _REGULAR * expected.trust[:, None] * np.minimum(off, _ODDEST), _NEVER)
    own = own + _BLURRED * _enlarged(sources, y, x)
    cost = (own + _context(level, sources, hole).cost()).astype(np.float32)
    useful = np.flatnonzero(valid.any(axis=0))
    labels, _ = _expand(values, cost, _edges(hole), useful)
    return labels, valid[np.arange(len(y)), labels]


def _enlarged(sources: Sequence[PlaneShift], y: IntArray, x: IntArray) -> FloatArray:
    """By how much of its size what each source gives each pixel is enlarged, (N, K)."""
    place = y.astype(np.float32), x.astype(np.float32)
    size = np.stack([source.size(*place) for source in sources], axis=1)
    return np.maximum(1 / np.maximum(size, 0.1) - 1, 0).astype(np.float32)


def _darkened(level: Level, sources: list[Source], hole: BoolArray, labels: IntArray) -> FloatArray:
    """How surely what is known round the hole is what lies deep in it, but in shadow, (H, W).

    At the outline itself the sources are chosen to go with the shadow.
    """
    away = cv2.distanceTransform(
        np.pad(hole, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5
    )[1:-1, 1:-1]
    parts = np.asarray(cv2.connectedComponents(hole.astype(np.uint8))[1], np.intp)
    deepest = np.zeros(int(parts.max()) + 1, np.float32)
    np.maximum.at(deepest, parts[hole], away[hole])
    deep = away[hole] >= _DEEP * deepest[parts[hole]]
    hy, hx = np.nonzero(hole)
    nearest = spread(labels[deep], hy[deep], hx[deep], hole.shape)
    y, x = _near(hole, level.usable, _SHADED)
    there, seen = np.zeros((*hole.shape, 4), np.float32), np.zeros_like(hole)
    for label in np.unique(nearest[y, x]):
        part = nearest[y, x] == label
        values, valid, _, _ = _sampled(level, [sources[label]], y[part], x[part])
        there[y[part], x[part]], seen[y[part], x[part]] = values[:, 0], valid[:, 0]
    return shade(level.image, there, seen)


def _near(hole: BoolArray, usable: BoolArray, reach: int) -> tuple[IntArray, IntArray]:
    """The usable pixels at most so many pixels off the hole."""
    side = 2 * reach + 1
    near = cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    y, x = np.nonzero(near & usable)
    return y, x


def _sampled(
    level: Level, sources: Sequence[Source], y: IntArray, x: IntArray
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """What each source gives at each pixel: values (N, K, C), whether it may, and from where."""
    height, width = level.usable.shape
    places = [source.at(y.astype(np.float32), x.astype(np.float32)) for source in sources]
    sy, sx = (np.stack([place[axis] for place in places], axis=1) for axis in (0, 1))
    inside = (sy >= 0) & (sx >= 0) & (sy <= height - 1) & (sx <= width - 1)
    sy, sx = np.clip(sy, 0, height - 1), np.clip(sx, 0, width - 1)
    values = sampled(level.image, sy.ravel(), sx.ravel()).reshape(*sy.shape, -1)
    low_y, low_x = np.floor(sy).astype(int), np.floor(sx).astype(int)
    high_y, high_x = np.ceil(sy).astype(int), np.ceil(sx).astype(int)
    usable = level.usable[low_y, low_x] & level.usable[high_y, high_x]
    return values, inside & usable, sy, sx


def _context(level: Level, sources: Sequence[Source], hole: BoolArray) -> _Context:
    y, x = _near(hole, level.usable, _CONTEXT)
    side = 2 * _CONTEXT + 1
    numbers = np.full((hole.shape[0] + 2 * _CONTEXT, hole.shape[1] + 2 * _CONTEXT), -1)
    numbers[y + _CONTEXT, x + _CONTEXT] = np.arange(len(y))
    hy, hx = np.nonzero(hole)
    if not len(y):
        nothing = sparse.csr_array((len(hy), 0), dtype=np.float32)
        return _Context(y, x, np.zeros((0, len(sources)), np.float32), nothing)
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
    counting = sparse.csr_array((weight, (row, column)), shape=(len(hy), len(y)))
    return _Context(y, x, off, counting)


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


def _label(
    values: FloatArray, cost: FloatArray, edges: IntArray, useful: IntArray, ways: list[Family]
) -> IntArray:
    """The labels (N,) of least cost that are found from two beginnings.

    Expansion ends in the labelling from which no one label leads on. What begins as each pixel's
    own choice may end in patches from everywhere, where a single family of sources, as of those
    along a kerb, would have carried on what runs through the hole for less. On a plane that is so
    for hardly more as well: one white tile laid over all black ones has the fewest seams.
    """
    if not len(useful):
        return cost.argmin(axis=1)
    labels, energy = _expand(values, cost, edges, useful)
    begun = [(*_expand(values, cost, edges, way.members), way.aslant) for way in ways]
    if begun:
        start, least, aslant = min(begun, key=lambda each: each[1])
        if least < (_HOPEFUL_ASLANT if aslant else _HOPEFUL) * energy:
            other, less = _expand(values, cost, edges, useful, start)
            carried = _CARRIED_ASLANT if aslant else 1.0
            labels = other if less < carried * energy else labels
    return labels


def _expand(
    values: FloatArray,
    cost: FloatArray,
    edges: IntArray,
    useful: IntArray,
    start: IntArray | None = None,
) -> tuple[IntArray, float]:
    """The labels (N,) of least cost that alpha expansion finds among the useful ones, and it."""
    first, second = edges[:, 0], edges[:, 1]

    def seams(one: IntArray, other: IntArray) -> FloatArray:
        """What it costs that the ends of each edge have these labels: both must agree."""
        a = values[first, one] - values[first, other]
        b = values[second, one] - values[second, other]
        return np.sqrt(np.einsum("ij,ij->i", a, a)) + np.sqrt(np.einsum("ij,ij->i", b, b))

    each = np.arange(len(cost))
    labels = useful[cost[:, useful].argmin(axis=1)] if start is None else start
    now = seams(labels[first], labels[second])
    energy = cost[each, labels].sum() + now.sum()
    order = useful
    for _ in range(_SWEEPS):
        changed = False
        for label in order:
            target = np.full(len(edges), label)
            keep, move = seams(labels[first], target), seams(target, labels[second])
            gain = (cost[each, label] - cost[each, labels]).astype(np.float64)
            gain += np.bincount(first, move - now, len(gain))
            gain -= np.bincount(second, move, len(gain))
            moved = _cheaper(gain, edges, np.maximum(keep + move - now, 0))
            if not moved.any():
                continue
            proposed = np.where(moved, label, labels)
            between = seams(proposed[first], proposed[second])
            total = cost[each, proposed].sum() + between.sum()
            if total < energy - 1e-3:
                labels, now, energy, changed = proposed, between, total, True
        if not changed:
            break
        order = np.unique(labels)
    return labels, float(energy)


def _cheaper(gain: FloatArray, edges: IntArray, across: FloatArray) -> BoolArray:
    """Which pixels a minimum cut moves to the new label.

    Args:
        gain: (N,), what moving costs alone; negative favours it.
        edges: (M, 2).
        across: (M,), what it costs to keep an edge's first end and move its second.
    """
    alone = np.rint(gain * _PRECISION).astype(np.int64)
    pair = np.rint(across * _PRECISION).astype(np.int64)
    free = _undecided(alone, edges, pair)
    moved = np.zeros(len(gain), np.bool_)
    if not (alone[free] < 0).any():
        return moved
    # A neighbour that stays makes it dearer to leave it.
    leaving = ~free[edges[:, 0]] & free[edges[:, 1]]
    np.add.at(alone, edges[leaving, 1], pair[leaving])
    among = free[edges[:, 0]] & free[edges[:, 1]]
    numbers = np.cumsum(free) - 1
    moved[free] = _cut(alone[free], numbers[edges[among]], pair[among])
    return moved


def _undecided(alone: IntArray, edges: IntArray, pair: IntArray) -> BoolArray:
    """Which pixels a minimum cut might move: it keeps those that cost more than they could save.

    A pixel saves, when it moves, at most what its edges to others that move cost if it stays.
    """
    free = np.ones(len(alone), np.bool_)
    for _ in range(_ROUNDS):
        saved = np.bincount(edges[:, 0], pair * free[edges[:, 1]], len(alone))
        fewer = free & (alone <= saved)
        if (fewer == free).all():
            break
        free = fewer
    return free


def _cut(alone: IntArray, edges: IntArray, pair: IntArray) -> BoolArray:
    """The pixels on the sink's side of a minimum cut; see `_cheaper`."""
    count = len(alone)
    source, sink = count, count + 1
    each = np.arange(count)
    keep = alone > 0
    row = np.concatenate([np.where(keep, source, each), edges[:, 0]])
    column = np.concatenate([np.where(keep, each, sink), edges[:, 1]])
    capacity = np.concatenate([np.abs(alone), pair]).astype(np.int32)
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
