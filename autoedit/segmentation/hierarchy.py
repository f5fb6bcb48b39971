"""Superpixels merged two by two into ever larger regions."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from autoedit.core.mask import FloatArray
from autoedit.core.superpixels import IntArray, Superpixels

_LIGHTNESS = 0.7  # lightness counts less than hue and chroma: shading changes it


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """A binary tree: the N pieces are nodes 0 to N - 1, each merge makes the next node.

    Attributes:
        count: N, how many pieces there are.
        parent: int32 (2N - 1,), the node that each was merged into; the root has itself.
    """

    count: int
    parent: IntArray

    def regions(self, left: int) -> IntArray:
        """The node that each piece belongs to when `left` regions are left: int32 (N,)."""
        limit = max(self.count, 2 * self.count - max(1, left))
        parent = np.where(self.parent < limit, self.parent, np.arange(self.parent.size))
        node = np.arange(self.count)
        while True:
            above = parent[node]
            if (above == node).all():
                return node.astype(np.int32)
            node = above

    def share(self, part: FloatArray, whole: FloatArray, levels: tuple[int, ...]) -> FloatArray:
        """How much of the regions round each piece is `part` of `whole`, mean over the levels.

        Args:
            part: float32 (N,), say the area outside a box.
            whole: float32 (N,), say the area; above 0.
            levels: numbers of regions left.

        Returns:
            float32 (N,).
        """
        total = np.zeros(self.count, np.float64)
        for left in levels:
            node = self.regions(left)
            parts = np.bincount(node, part, self.parent.size)
            wholes = np.bincount(node, whole, self.parent.size)
            total += parts[node] / wholes[node]
        return (total / len(levels)).astype(np.float32)


def merge_pieces(pieces: Superpixels) -> Hierarchy:
    """Merge the most alike neighbours first, until one region is left.

    The cost of a merge is Ward's (1963) rise in colour variance times the contrast across the line
    that goes with it (as in Arbelaez et al. 2011, where contours weigh the regions).
    """
    count = pieces.count
    colours: list[list[float]] = (pieces.colour * (_LIGHTNESS, 1, 1)).tolist()
    areas: list[float] = pieces.area.tolist()
    near: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]
    for (a, b), length, contrast in zip(
        pieces.edges.tolist(), pieces.length.tolist(), pieces.contrast.tolist(), strict=True
    ):
        near[a][b] = near[b][a] = (length, length * contrast)

    def cost(a: int, b: int) -> float:
        length, contrast = near[a][b]
        (l1, a1, b1), (l2, a2, b2) = colours[a], colours[b]
        apart = (l1 - l2) ** 2 + (a1 - a2) ** 2 + (b1 - b2) ** 2
        return apart * areas[a] * areas[b] / (areas[a] + areas[b]) * (contrast / length + 1)

    heap = [(cost(a, b), a, b) for a in range(count) for b in near[a] if a < b]
    heapq.heapify(heap)
    parent = np.arange(2 * count - 1, dtype=np.int32)
    while heap:
        _, a, b = heapq.heappop(heap)
        if parent[a] != a or parent[b] != b:  # merged since
            continue
        node = len(areas)
        parent[a] = parent[b] = node
        share = areas[a] / (areas[a] + areas[b])
        colours.append(
            [
                share * one + (1 - share) * two
                for one, two in zip(colours[a], colours[b], strict=True)
            ]
        )
        areas.append(areas[a] + areas[b])
        near.append(_joined(near, a, b, node))
        for other in near[node]:
            heapq.heappush(heap, (cost(node, other), other, node))
    return Hierarchy(count, parent)


def _joined(
    near: list[dict[int, tuple[float, float]]], a: int, b: int, node: int
) -> dict[int, tuple[float, float]]:
    """The neighbours of two merged regions, to whom they are one from now on."""
    around = near[a]
    for other, (length, contrast) in near[b].items():
        before = around.get(other, (0.0, 0.0))
        around[other] = (before[0] + length, before[1] + contrast)
    around.pop(a, None)
    around.pop(b, None)
    for other, line in around.items():
        near[other].pop(a, None)
        near[other].pop(b, None)
        near[other][node] = line
    near[a] = near[b] = {}
    return around
