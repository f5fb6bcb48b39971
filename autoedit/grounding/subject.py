"""What a photo is of: many possible outlines, and the one that is most like a subject's.

Shapes are proposed as in constrained parametric min-cuts (Carreira & Sminchisescu 2012), with a
random walk from a seed to the photo's border (Grady 2006) in place of the cut: where its potential
drops there is an outline. Each is then fitted to its own colours and rated as a whole.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject_rating import (
    FOOT,
    along_outline,
    closeness,
    colour_ratio,
    rate,
    shaded,
    sureness,
)

_ACROSS, _DOWN = (0.2, 0.35, 0.5, 0.65, 0.8), (0.2, 0.33, 0.46, 0.59, 0.72, 0.85)
_SEED = 0.06  # radius, in diagonals of the photo
_DROPS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
_STEEP = (1.5, 3.0)  # how much harder an edge of mean contrast is to cross than none
_HELD = 10.0  # how firmly the border belongs to the background
_SMALLEST, _LARGEST = 0.01, 0.8  # of the photo
_ROUNDS, _KEEP, _SMOOTH = 3, 0.7, 10.0
_STRONG = 35.0  # CIELAB: beyond it an edge is no surer
_LIKELY, _SURENESS = 250, 0.8
_DOUBTFUL = 0.3  # below it a photo is of nothing in particular
_CLEAR = 25.0  # CIELAB: mean difference along the outline of a clear thing


def main_subject(scene: Scene) -> Candidate | None:
    """What the photo is of, taken whole; None in an even photo and where nothing is plausible.

    The candidate's `match` says how surely it is the subject.
    """
    shapes = propose(scene)
    if shapes.shape[0] == 0:
        return None
    value = rate(scene, shapes)
    best = choose(scene.pieces, shapes, value)
    match = sureness(scene, shapes[best], float(value[best]))
    if match < _DOUBTFUL:
        return None
    members = shapes[best]
    return describe(scene, members, match, _objectness(scene.pieces, members))


def choose(pieces: Superpixels, shapes: BoolArray, value: FloatArray) -> int:
    """The shape that overlaps most with all that may be right, by their values' odds.

    The rating is rough, so the best-rated shape is chancy; one that many well-rated shapes agree on
    has the greatest expected intersection over union.
    """
    likely = np.argsort(-value, kind="stable")[:_LIKELY]
    inside = shapes[likely].astype(np.float32)
    amount = inside * (pieces.area / pieces.area.sum())
    shared, share = amount @ inside.T, amount.sum(axis=1)
    overlap = shared / (share[:, None] + share[None] - shared)
    odds = np.exp(_SURENESS * (value[likely] - value[likely[0]]))
    return int(likely[(overlap @ odds).argmax()])


def propose(scene: Scene) -> BoolArray:
    """Shapes that the subject could have: bool (K, N) over the scene's pieces, K may be 0."""
    pieces = scene.pieces
    if pieces.edges.size == 0:
        return np.zeros((0, pieces.count), bool)
    height = pieces.labels.shape[0]
    rim = pieces.border > 0
    above = rim & (pieces.centre[:, 1] < FOOT * height)
    seeds = _seeds(pieces, rim)
    found = [
        _walks(_laplacian(pieces, steep), seeds, background)
        for steep in _STEEP
        for background in (rim, above)
        if background.any() and seeds.shape[0]
    ]
    if not found:
        return np.zeros((0, pieces.count), bool)
    shapes = _different(pieces, np.concatenate(found))
    shapes = np.concatenate([shapes, _fit_colours(pieces, shapes)])
    whole = _different(pieces, _connected(pieces, _different(pieces, shapes)))
    return whole[~_across(pieces, whole)]


def _across(pieces: Superpixels, shapes: BoolArray) -> BoolArray:
    """Whether a shape runs from the left side to the right, as grounds and skies do: bool (K,)."""
    above = pieces.labels[: max(1, round(FOOT * pieces.labels.shape[0]))]
    left, right = np.unique(above[:, 0]), np.unique(above[:, -1])
    return np.asarray(shapes[:, left].any(axis=1) & shapes[:, right].any(axis=1), bool)


def _laplacian(pieces: Superpixels, steep: float) -> sparse.csr_matrix:
    """Of the graph whose edges are the easier to cross the fainter they are."""
    first, second = pieces.edges.T
    across = 0.5 * np.linalg.norm(pieces.colour[first] - pieces.colour[second], axis=1)
    across = across + 0.5 * pieces.contrast
    typical = float(np.average(across, weights=pieces.length)) + 1e-6
    weight = pieces.length / pieces.length.mean() * (np.exp(-steep * across / typical) + 1e-4)
    graph = sparse.csr_matrix((weight, (first, second)), shape=(pieces.count, pieces.count))
    return sparse.csr_matrix(csgraph.laplacian(graph + graph.T))


def _seeds(pieces: Superpixels, rim: BoolArray) -> BoolArray:
    """Discs on a grid, bool (S, N)."""
    height, width = pieces.labels.shape
    radius = _SEED * np.hypot(height, width)
    middles = np.array([(x * width, y * height) for y in _DOWN for x in _ACROSS])
    away = np.linalg.norm(pieces.centre[None] - middles[:, None], axis=2)
    seeds = (away < radius) & ~rim
    return seeds[seeds.any(axis=1)]


def _walks(laplacian: sparse.csr_matrix, seeds: BoolArray, background: BoolArray) -> BoolArray:
    """Where walkers from a seed are rather than at the background: bool (K, N)."""
    held = sparse.diags(_HELD * background)
    visits = splu(sparse.csc_matrix(laplacian + held)).solve(seeds.T.astype(np.float64)).T
    level = np.min(np.where(seeds, visits, np.inf), axis=1, keepdims=True)
    potential = visits / np.maximum(level, 1e-12)
    return np.concatenate([potential > drop for drop in _DROPS])


def _different(pieces: Superpixels, shapes: BoolArray) -> BoolArray:
    """Each shape once, neither specks nor nearly everything."""
    packed = np.unique(np.packbits(shapes, axis=1), axis=0)
    unique = np.unpackbits(packed, axis=1, count=pieces.count).astype(bool)
    share = unique @ pieces.area / pieces.area.sum()
    return unique[(share > _SMALLEST) & (share < _LARGEST)]


def _connected(pieces: Superpixels, shapes: BoolArray) -> BoolArray:
    """The largest connected part of each shape."""
    first, second = pieces.edges.T
    result = shapes.copy()
    for row, shape in enumerate(shapes):
        inside = shape[first] & shape[second]
        graph = sparse.csr_matrix(
            (np.ones(int(inside.sum()), np.int8), (first[inside], second[inside])),
            shape=(pieces.count, pieces.count),
        )
        count, label = csgraph.connected_components(graph, directed=False)
        area = np.bincount(label, pieces.area * shape, count)
        result[row] = label == area.argmax()
    return result


def _fit_colours(pieces: Superpixels, shapes: BoolArray) -> BoolArray:
    """The shapes moved to where the colours nearby change from theirs to the background's.

    As in GrabCut (Rother et al. 2004), for all shapes at once, with the log likelihood ratio
    diffused within edges instead of cut.
    """
    near, alike = closeness(pieces)
    smooth = _SMOOTH * _laplacian(pieces, _STEEP[0]) + sparse.eye(pieces.count)
    settle = splu(sparse.csc_matrix(smooth))
    prior = _KEEP * (2 * shapes.astype(np.float32) - 1)
    inside = shapes
    for _ in range(_ROUNDS):
        score = colour_ratio(pieces, inside, near, alike) + prior
        inside = settle.solve(score.T.astype(np.float64)).T > 0
    return inside


def _objectness(pieces: Superpixels, members: BoolArray) -> float:
    """How clear its outline is, and how little of it the photo's border cuts off, in [0, 1]."""
    first, second = pieces.edges.T
    colour = shaded(pieces)
    edge = np.minimum(np.linalg.norm(colour[first] - colour[second], axis=1), _STRONG)
    clear = min(1.0, float(along_outline(pieces, members[None], edge)[0]) / _CLEAR)
    length = float(pieces.length[members[first] != members[second]].sum())
    cut_off = float(pieces.border[members].sum())
    return clear * length / (length + cut_off)
