"""A tree of regions: pieces merged two by two, the faintest border first."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import cv2
import numpy as np
from scipy import ndimage

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import IntArray, Superpixels

LEAST = 0.2
"""Score below which a region is no thing."""
SURELY = 0.68
"""Score from which a region is a thing, and no part of a better one."""
_PREFER = 0.96  # of what its parts are worth: what a region is taken for instead of them
_LOOSE = 0.1  # share of its hull that a group of things leaves empty beyond what each does
_SLOW = 0.12  # exponent by which large regions merge later than small ones
_SIDES = 40.0  # what a border between ground and no ground counts, in CIELAB units
_STRONG = 20.0  # CIELAB difference of a border that surely is an outline

Border = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """All K regions that merging N pieces passes through; the pieces first, the whole photo last.

    Attributes:
        children: int32 (K, 2), the two regions that each was merged from; -1 for a piece.
        area: float32 (K,), in pixels.
        held: float32 (K,), pixels on the image's border.
        length: float32 (K,), of the outline within the image, in pixels.
        strength: float32 (K,), how strong the outline is on average, in [0, 1].
        before: float32 (K,), how much of the outline has ground on its other side, in [0, 1].
        hulls: of each its convex hull, int32 (P, 1, 2), (x, y) in pixels.
    """

    children: IntArray
    area: FloatArray
    held: FloatArray
    length: FloatArray
    strength: FloatArray
    before: FloatArray
    hulls: list[IntArray]

    def members(self, region: int) -> BoolArray:
        """A region's pieces as bool (N,)."""
        count = (len(self.area) + 1) // 2
        chosen = np.zeros(count, bool)
        waiting = [region]
        while waiting:
            node = waiting.pop()
            if node < count:
                chosen[node] = True
            else:
                waiting.extend(int(child) for child in self.children[node])
        return chosen


def merge(
    pieces: Superpixels,
    apart: FloatArray,
    ground: FloatArray,
    hulls: Sequence[IntArray] | None = None,
) -> Hierarchy:
    """Merge pieces until one is left, the pair with the faintest common border first.

    Arbelaez et al. 2014, "Multiscale Combinatorial Grouping": a border's strength is its mean
    contrast; and as in Uijlings et al. 2013, "Selective Search", small regions go first.

    Args:
        pieces: N of them, with M pairs of neighbours.
        apart: float32 (M,), contrast across each common border.
        ground: float32 (N,), likeness to the ground; it merges late with what is not ground.
        hulls: each piece's convex hull, where another tree of the same pieces has them.
    """
    table = _Table(pieces, apart, ground, _hulls(pieces) if hulls is None else hulls)
    queue = [
        (table.cost(i, j), i, j) for i, near in enumerate(table.borders) for j in near if i < j
    ]
    heapq.heapify(queue)
    alive = [True] * pieces.count
    while queue:
        _, i, j = heapq.heappop(queue)
        if alive[i] and alive[j]:
            alive[i] = alive[j] = False
            alive.append(True)
            new = table.join(i, j)
            for other in table.borders[new]:
                heapq.heappush(queue, (table.cost(other, new), other, new))
    return table.hierarchy()


class _Table:
    """The regions so far, and their borders; plain numbers, as arrays so small are slow."""

    def __init__(
        self,
        pieces: Superpixels,
        apart: FloatArray,
        ground: FloatArray,
        hulls: Sequence[IntArray],
    ) -> None:
        self.colour: list[list[float]] = pieces.colour.tolist()
        self.area: list[float] = pieces.area.tolist()
        self.held: list[float] = pieces.border.tolist()
        self.ground: list[float] = ground.tolist()
        self.children = [(-1, -1)] * pieces.count
        self.total = float(pieces.area.sum())
        self.hulls = list(hulls)
        # Each border as that side sees it: its length; and its contrast, its strength, and the
        # ground beyond it, each times the length.
        self.borders: list[dict[int, Border]] = [{} for _ in range(pieces.count)]
        rims = np.zeros((pieces.count, 4))
        strength = np.clip(pieces.contrast / _STRONG, 0, 1)
        for own, far in ((0, 1), (1, 0)):
            one, other = pieces.edges[:, own], pieces.edges[:, far]
            seen = np.stack([np.ones_like(apart), apart, strength, ground[other]], axis=1)
            seen = np.asarray(seen * pieces.length[:, None], np.float64)
            np.add.at(rims, one, seen)
            for i, j, border in zip(one.tolist(), other.tolist(), seen.tolist(), strict=True):
                self.borders[i][j] = tuple(border)
        self.rims: list[Border] = [(a, b, c, d) for a, b, c, d in rims.tolist()]

    def cost(self, i: int, j: int) -> float:
        """How late two neighbours merge."""
        length, contrast, _, _ = self.borders[i][j]
        one, two = self.colour[i], self.colour[j]
        mean = sqrt((one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2 + (one[2] - two[2]) ** 2)
        size = (min(self.area[i], self.area[j]) / self.total) ** _SLOW
        sides = _SIDES * (self.ground[i] - self.ground[j]) ** 2
        return (0.7 * contrast / length + 0.3 * mean + sides) * size

    def join(self, i: int, j: int) -> int:
        """Make one region of two; its number."""
        new, both = len(self.area), self.area[i] + self.area[j]
        share = self.area[i] / both
        mix = zip(self.colour[i], self.colour[j], strict=True)
        self.colour.append([share * a + (1 - share) * b for a, b in mix])
        self.ground.append(share * self.ground[i] + (1 - share) * self.ground[j])
        self.area.append(both)
        self.held.append(self.held[i] + self.held[j])
        self.children.append((i, j))
        self.hulls.append(joint_hull(self.hulls[i], self.hulls[j]))
        inner = _sum(self.borders[i].pop(j), self.borders[j].pop(i))
        a, b, c, d = _sum(self.rims[i], self.rims[j])
        self.rims.append((a - inner[0], b - inner[1], c - inner[2], d - inner[3]))
        around = self.borders[i]
        for other, border in self.borders[j].items():
            around[other] = _sum(around[other], border) if other in around else border
        for other in around:
            back = self.borders[other]
            one, two = back.pop(i, None), back.pop(j, None)
            back[new] = _sum(one, two) if one and two else one or two or (0.0, 0.0, 0.0, 0.0)
        self.borders.append(around)
        self.borders[i] = self.borders[j] = {}
        return new

    def hierarchy(self) -> Hierarchy:
        rims = np.array(self.rims, np.float32)
        length = np.maximum(rims[:, 0], 1e-6)
        return Hierarchy(
            children=np.array(self.children, np.int32),
            area=np.array(self.area, np.float32),
            held=np.array(self.held, np.float32),
            length=length,
            strength=rims[:, 2] / length,
            before=rims[:, 3] / length,
            hulls=self.hulls,
        )


def best_cut(tree: Hierarchy, scores: FloatArray, filled: FloatArray) -> list[int]:
    """The regions without overlap that are worth the most together, by dynamic programming.

    What falls apart into several sure things that fill their hulls better is a group of things.
    """
    count = (tree.area.size + 1) // 2
    area: list[float] = tree.area.tolist()
    value: list[float] = ((np.minimum(scores, SURELY) - LEAST) * tree.area).tolist()
    sure: list[bool] = (scores >= SURELY).tolist()
    children: list[list[int]] = tree.children.tolist()
    best = [max(0.0, one) for one in value[:count]]
    groups = [(int(one), size if one else 0.0, 1.0) for one, size in zip(sure, area, strict=False)]
    groups = groups[:count]  # of what is taken: how many sure things, their area, the least filled
    for region in range(count, len(value)):
        one, other = children[region]
        parts = best[one] + best[other]
        number = groups[one][0] + groups[other][0]
        held, least = groups[one][1] + groups[other][1], min(groups[one][2], groups[other][2])
        loose = number > 1 and held > 0.5 * area[region] and filled[region] < least - _LOOSE
        if _PREFER * value[region] < parts or loose:
            value[region] = 0.0
            groups.append((number, held, least))
        elif sure[region]:
            groups.append((1, area[region], float(filled[region])))
        else:
            groups.append((0, 0.0, 1.0))
        best.append(max(value[region], parts))
    chosen: list[int] = []
    waiting = [len(value) - 1]
    while waiting:
        region = waiting.pop()
        if value[region] > 0:
            chosen.append(region)
        elif region >= count and best[region] > 0:
            waiting.extend(children[region])
    return chosen


def hull_area(hull: IntArray) -> float:
    """The area of the pixels in a convex hull, which runs through the centres of the outer ones."""
    return cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1


def joint_hull(first: IntArray, second: IntArray) -> IntArray:
    """The convex hull of two."""
    return np.asarray(cv2.convexHull(np.concatenate([first, second])), np.int32)


def in_hull(pieces: Superpixels, members: BoolArray) -> FloatArray:
    """The share of each piece that lies in the convex hull of some (N,), float32 (N,)."""
    mask = members[pieces.labels].astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    return pieces.mean(cv2.fillConvexPoly(np.zeros_like(mask), hull, (1,)))


def _sum(one: Border, two: Border) -> Border:
    return (one[0] + two[0], one[1] + two[1], one[2] + two[2], one[3] + two[3])


def _hulls(pieces: Superpixels) -> list[IntArray]:
    """Each piece's convex hull, int32 (P, 1, 2) as OpenCV has it."""
    hulls: list[IntArray] = []
    for i, window in enumerate(ndimage.find_objects(pieces.labels + 1)):
        rows, columns = np.nonzero(pieces.labels[window] == i)
        points = np.stack([columns + window[1].start, rows + window[0].start], axis=1)
        hulls.append(np.asarray(cv2.convexHull(points.astype(np.int32)), np.int32))
    return hulls
