"""The least costly split of a superpixel graph into object and background."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import IntArray, Superpixels

_PRECISION = 100  # capacities are integers: hundredths


def minimum_cut(unary: FloatArray, edges: IntArray, weights: FloatArray) -> BoolArray:
    """Label every node so that the sum of costs is least (Boykov & Jolly 2001, Dinic's flow).

    Args:
        unary: float32 (N,), how much cheaper the object is; negative favours the background.
        edges: int32 (M, 2), pairs of neighbours.
        weights: float32 (M,), what it costs to label the two ends of an edge differently.

    Returns:
        bool (N,), True for the object.
    """
    count = unary.shape[0]
    source, sink = count, count + 1
    gain = np.rint(unary * _PRECISION).astype(np.int32)
    across = np.rint(weights * _PRECISION).astype(np.int32)
    towards, against = np.flatnonzero(gain > 0), np.flatnonzero(gain < 0)
    first, second = edges[:, 0], edges[:, 1]
    rows = np.concatenate([first, second, np.full(towards.size, source), against])
    columns = np.concatenate([second, first, towards, np.full(against.size, sink)])
    capacity = np.concatenate([across, across, gain[towards], -gain[against]])
    graph = sparse.csr_matrix(
        (capacity.astype(np.int32), (rows, columns)), shape=(count + 2, count + 2)
    )
    residual = graph - csgraph.maximum_flow(graph, source, sink).flow
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    reached = csgraph.breadth_first_order(residual, source, return_predecessors=False)
    label = np.zeros(count + 2, bool)
    label[reached] = True
    return label[:count]


def smoothness(pieces: Superpixels, step: float) -> FloatArray:
    """Cost of a cut along each edge, float32 (M,): long and faint edges cost most."""
    if pieces.length.size == 0:
        return pieces.length
    typical = np.average(pieces.contrast, weights=pieces.length) + 1e-6
    faint = np.exp(-0.5 * (pieces.contrast / typical) ** 2) + 0.03
    return (pieces.length / step * faint).astype(np.float32)


def path_contrast(pieces: Superpixels, sources: BoolArray, scale: float = 1.0) -> FloatArray:
    """Least contrast that a path from any source has to cross, summed; float32 (N,).

    Steps below half the mean contrast are texture and nearly free. `sources` is bool (N,), at
    least one True.
    """
    typical = float(np.average(pieces.contrast, weights=pieces.length)) if pieces.length.size else 0
    cost = np.maximum(pieces.contrast - 0.5 * scale * typical, 0) + 0.3
    count = pieces.count
    start = np.flatnonzero(sources)
    rows = np.concatenate([pieces.edges[:, 0], np.full(start.size, count)])
    columns = np.concatenate([pieces.edges[:, 1], start])
    values = np.concatenate([cost, np.full(start.size, 1e-6, np.float32)])
    graph = sparse.csr_matrix((values, (rows, columns)), shape=(count + 1, count + 1))
    distance = csgraph.dijkstra(graph, directed=False, indices=count)[:count]
    return np.where(np.isfinite(distance), distance, 0).astype(np.float32)
