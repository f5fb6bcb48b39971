"""What stands out: salience from how strongly each piece is tied to the photo's border.

Zhu, Liang, Wei & Sun 2014, "Saliency Optimization from Robust Background Detection": a region that
reaches the border along much of its outline is background; what differs from the background nearby
is not; a smooth map that agrees with both is the least-squares solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels

_GEODESIC_WIDTH = 10.0
_PLACE_WIDTH = 0.25
_LIGHTNESS = 0.8
_SAME = 10.0
_CENTRAL = 0.8
_FOOT = 0.4  # things often stand cut off at the lower border


@dataclass(frozen=True, slots=True)
class Salience:
    """Per piece, float32 (N,) in [0, 1].

    Attributes:
        background: probability of being background.
        salience: the optimised map.
    """

    background: FloatArray
    salience: FloatArray


def find_salience(pieces: Superpixels) -> Salience:
    """Salience of a photo's superpixels; some 500 of them are enough."""
    if pieces.edges.size == 0:
        return Salience(np.ones(pieces.count, np.float32), np.zeros(pieces.count, np.float32))
    colour = pieces.colour * np.array([_LIGHTNESS, 1, 1], np.float32)
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    step = np.linalg.norm(colour[first] - colour[second], axis=1)
    on_border = pieces.border > 0
    background = _background_probability(pieces, step, on_border)
    centre = pieces.centre / max(pieces.labels.shape)
    away = np.linalg.norm(centre[:, None] - centre[None], axis=2)
    apart = np.linalg.norm(colour[:, None] - colour[None], axis=2)
    weight = apart * np.exp(-0.5 * (away / _PLACE_WIDTH) ** 2)
    contrast = weight @ (background * pieces.area / pieces.area.mean())
    middle = np.array(pieces.labels.shape[::-1], np.float32) / (2 * max(pieces.labels.shape))
    off_centre = np.linalg.norm((centre - middle) / middle, axis=1)
    contrast = contrast * np.exp(-0.5 * (off_centre / _CENTRAL) ** 2)
    contrast = contrast / (contrast.max() + 1e-6)
    contrast = np.where(contrast < contrast.mean(), 0, contrast)
    same = np.exp(-0.5 * (step / _SAME) ** 2) + 0.1
    graph = sparse.csr_matrix((same, (first, second)), shape=(pieces.count, pieces.count))
    smooth = csgraph.laplacian(graph + graph.T)
    pull = sparse.diags(background * 5 + contrast + 1e-3)
    solved = np.asarray(spsolve(sparse.csc_matrix(smooth + pull), contrast), np.float32)
    salience = np.clip(solved / (solved.max() + 1e-6), 0, 1)
    return Salience(background.astype(np.float32), salience.astype(np.float32))


def _background_probability(
    pieces: Superpixels, step: FloatArray, on_border: BoolArray
) -> FloatArray:
    """1 where the area that a piece belongs to touches the border along much of its outline."""
    count = pieces.count
    texture = np.percentile(step, 25)
    cost = np.maximum(step - texture, 0) + 1e-3
    rim = np.flatnonzero(on_border)
    rows = np.concatenate([pieces.edges[:, 0], np.full(rim.size, count)])
    columns = np.concatenate([pieces.edges[:, 1], rim])
    # The photo's sides belong together: a background that an object cuts in two is one.
    values = np.concatenate([cost, np.full(rim.size, _GEODESIC_WIDTH / 2)])
    graph = sparse.csr_matrix((values, (rows, columns)), shape=(count + 1, count + 1))
    distance = csgraph.dijkstra(graph, directed=False)[:count, :count]
    reach = np.exp(-0.5 * (distance / _GEODESIC_WIDTH) ** 2)
    amount = pieces.area / pieces.area.mean()
    area = reach @ amount
    at_foot = pieces.centre[:, 1] > 0.95 * pieces.labels.shape[0]
    held = pieces.border * np.where(at_foot, _FOOT, 1) / np.sqrt(pieces.area.mean())
    length = reach @ held
    connectivity = length / np.sqrt(area)
    return 1 - np.exp(-0.5 * connectivity**2)
