"""What a photo is of: many possible outlines, and the one that is most like a subject's.

Shapes are proposed as in constrained parametric min-cuts (Carreira & Sminchisescu 2012), with a
random walk from a seed to the photo's border (Grady 2006) in place of the cut: where its potential
drops there is an outline. Each is then fitted to its own colours and rated as a whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.ground import ground_likeness
from autoedit.grounding.scene import Scene

_ACROSS, _DOWN = (0.2, 0.35, 0.5, 0.65, 0.8), (0.2, 0.33, 0.46, 0.59, 0.72, 0.85)
_SEED = 0.06  # radius, in diagonals of the photo
_DROPS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
_STEEP = (1.5, 3.0)  # how much harder an edge of mean contrast is to cross than none
_HELD = 10.0  # how firmly the border belongs to the background
_FOOT = 0.9  # of the height: below it a subject is often cut off
_SMALLEST, _LARGEST = 0.01, 0.8  # of the photo
_COLOUR, _LIGHTNESS = 6.0, 0.8  # CIELAB: width of a colour; lightness changes with shading
_REACH = 0.25  # in diagonals: how far a colour seen in one place counts in another
_FLOOR, _CLIP = 2e-3, 3.0
_ROUNDS, _KEEP, _SMOOTH = 3, 0.7, 10.0
_STRONG = 35.0  # CIELAB: beyond it an edge is no surer
_CENTRAL = (0.25, 0.3)
_EDGE, _SIDE, _PLACE, _OWN, _GROUND = 3.0, 1.0, 0.5, 0.3, 1.0
_LIKELY, _SURENESS, _AGREED = 250, 7.0, 0.4
_TYPICAL, _SPREAD = 8.7, 1.2  # ratings of shapes that are a subject as often as not
_HELD_COST, _CUT_OFF = 10.0, 0.17  # of a shape that the photo's border holds, as it does a ground
_SINGLE, _SHARED = 2.4, 0.1  # how much a rival counts; of the smaller one, what two things share
_REFUSED, _DOUBTFUL = 0.17, 0.62  # below them a photo is of nothing in particular, and may be
_SETTLED, _UNSETTLED = 0.8, 3.0  # agreement of a vote that is clear; how much less of it counts
_SEEN, _TIMES = 1.2, 12.0  # CIELAB: outline on an even backdrop, and how many times its unevenness
_DOUBT = (
    "It is not clear what this photo is of; what stands out most was taken. Look at it, and draw a "
    "--box or name it if that is not what you mean."
)
_CLEAR = 25.0  # CIELAB: mean difference along the outline of a clear thing


def main_subject(scene: Scene) -> Candidate | None:
    """What the photo is of, taken whole; None in an even photo and where nothing is plausible.

    The candidate's `match` says how surely it is the subject.
    """
    shapes = propose(scene)
    if shapes.shape[0] == 0:
        return None
    pieces, value = scene.pieces, rate(scene, shapes)
    members = agreed(pieces, shapes, value)
    rating = float(rate(scene, members[None])[0])
    sure = _odds(rating - _TYPICAL - _HELD_COST * max(0.0, _held(pieces, members) - _CUT_OFF))
    match = max(sure, _on_even_ground(pieces, members))
    if match < _REFUSED:
        return None
    match *= _odds(_SINGLE * (rating - _best_elsewhere(pieces, shapes, value, members)))
    match *= min(1.0, settled(pieces, shapes, value, members) / _SETTLED) ** _UNSETTLED
    return describe(scene, members, match, _objectness(pieces, members))


def _odds(advantage: float) -> float:
    """A difference of ratings as a probability."""
    return float(1 / (1 + np.exp(-advantage / _SPREAD)))


def _held(pieces: Superpixels, members: BoolArray) -> float:
    """The share of a shape's outline that the photo's border is, in [0, 1]."""
    first, second = pieces.edges.T
    free = float(pieces.length[members[first] != members[second]].sum())
    held = float(pieces.border[members].sum())
    return held / (held + free + 1e-6)


def _best_elsewhere(
    pieces: Superpixels, shapes: BoolArray, value: FloatArray, members: BoolArray
) -> float:
    """The highest value of a shape that shares nearly nothing with the one taken."""
    area = shapes @ pieces.area
    shared = shapes @ (pieces.area * members)
    apart = shared < _SHARED * np.minimum(area, pieces.area[members].sum())
    return float(value[apart].max()) if apart.any() else -np.inf


def doubt_of(subject: Candidate) -> str:
    """What a person should know of a subject that may not be what is meant; "" of a clear one."""
    return "" if subject.match >= _DOUBTFUL else _DOUBT


def agreed(pieces: Superpixels, shapes: BoolArray, value: FloatArray) -> BoolArray:
    """What the likely shapes (K, N) agree on, by a vote with their values' odds: bool (N,).

    The rating is rough, so the best-rated shape is chancy: what leaks out of one stays in another,
    and what one lacks the others have.
    """
    likely, odds = _ballot(value)
    share = odds @ shapes[likely]
    return _connected(pieces, (share > _AGREED)[None])[0]


def _ballot(value: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """The likely shapes, and how much each counts in a vote; together 1."""
    likely = np.argsort(-value, kind="stable")[:_LIKELY]
    odds = np.exp(_SURENESS * (value[likely] - value[likely[0]]))
    return likely, odds / odds.sum()


def settled(pieces: Superpixels, shapes: BoolArray, value: FloatArray, members: BoolArray) -> float:
    """How alike the likely shapes are to what they agree on, as mean intersection over union.

    Of one thing they differ in a limb or a shadow; among several things alike each is another.
    """
    likely, odds = _ballot(value)
    inside = shapes[likely].astype(np.float32)
    area = pieces.area / pieces.area.sum()
    return float(odds @ _agreement(inside, members.astype(np.float32), area))


def _on_even_ground(pieces: Superpixels, members: BoolArray) -> float:
    """How surely a shape is a thing on an even backdrop, however faint its outline: in [0, 1].

    White on white has little contrast, but many times that of the paper with itself.
    """
    if pieces.border[members].any():
        return 0.0
    first, second = pieces.edges.T
    step = np.linalg.norm(_shaded(pieces)[first] - _shaded(pieces)[second], axis=1)
    beside = ~members[first] & ~members[second]
    outline = float(_outline(pieces, members[None])[0])
    if outline < _SEEN or not beside.any():
        return 0.0
    even = float(np.average(step[beside], weights=pieces.length[beside]))
    return float(1 / (1 + (_TIMES * (even + 0.1) / outline) ** 3))


def propose(scene: Scene) -> BoolArray:
    """Shapes that the subject could have: bool (K, N) over the scene's pieces, K may be 0."""
    pieces = scene.pieces
    if pieces.edges.size == 0:
        return np.zeros((0, pieces.count), bool)
    height = pieces.labels.shape[0]
    rim = pieces.border > 0
    above = rim & (pieces.centre[:, 1] < _FOOT * height)
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
    above = pieces.labels[: max(1, round(_FOOT * pieces.labels.shape[0]))]
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
    near, alike = _closeness(pieces)
    smooth = _SMOOTH * _laplacian(pieces, _STEEP[0]) + sparse.eye(pieces.count)
    settle = splu(sparse.csc_matrix(smooth))
    prior = _KEEP * (2 * shapes.astype(np.float32) - 1)
    inside = shapes
    for _ in range(_ROUNDS):
        score = _colour_ratio(pieces, inside, near, alike) + prior
        inside = settle.solve(score.T.astype(np.float64)).T > 0
    return inside


def _closeness(pieces: Superpixels) -> tuple[FloatArray, FloatArray]:
    """How near pieces lie, and how near and alike they are: float32 (N, N) each."""
    height, width = pieces.labels.shape
    reach = _REACH * np.hypot(height, width)
    near = np.exp(-0.5 * _squared(pieces.centre) / reach**2).astype(np.float32)
    alike = np.exp(-0.5 * _squared(_shaded(pieces)) / _COLOUR**2).astype(np.float32)
    return near, alike * near


def _colour_ratio(
    pieces: Superpixels, shapes: BoolArray, near: FloatArray, alike: FloatArray
) -> FloatArray:
    """Log of how much likelier a piece's colour is inside a shape than outside: (K, N)."""
    amount = pieces.area / pieces.area.mean()
    ours = shapes * amount
    theirs = amount - ours
    ratio = np.log((ours @ alike + 1e-6) / (ours @ near + 1e-6) + _FLOOR)
    ratio -= np.log((theirs @ alike + 1e-6) / (theirs @ near + 1e-6) + _FLOOR)
    return np.clip(ratio, -_CLIP, _CLIP)


def _shaded(pieces: Superpixels) -> FloatArray:
    """CIELAB in which lightness counts less, since shading changes it: float32 (N, 3)."""
    return pieces.colour * np.array([_LIGHTNESS, 1, 1], np.float32)


def _squared(points: FloatArray) -> FloatArray:
    norm = (points * points).sum(axis=1)
    return np.maximum(norm[:, None] + norm[None] - 2 * points @ points.T, 0)


def rate(scene: Scene, shapes: BoolArray) -> FloatArray:
    """How much each shape (K, N) is like a subject: float32 (K,), a logarithm.

    It has a strong outline and colours of its own, holds what stands out and little else, lies
    rather in the middle, is not cut off at the sides, and ends where the photo's ground begins.
    """
    pieces = scene.pieces
    height, width = pieces.labels.shape
    inside = shapes.astype(np.float32)
    area = pieces.area / pieces.area.sum()
    side = pieces.border * (pieces.centre[:, 1] < _FOOT * height)
    cut_off = inside @ side / np.sqrt(inside @ pieces.area)
    x, y = pieces.centre[:, 0] / width, pieces.centre[:, 1] / height
    central = np.exp(-0.5 * (((x - 0.5) / _CENTRAL[0]) ** 2 + ((y - 0.5) / _CENTRAL[1]) ** 2))
    near, alike = _closeness(pieces)
    np.fill_diagonal(alike, 0)
    own = (inside * area * _colour_ratio(pieces, shapes, near, alike)).sum(axis=1)
    return (
        _EDGE * np.log(_outline(pieces, shapes) + 1)
        + np.log(_agreement(inside, scene.salience * np.sqrt(central), area) + 0.02)
        + _PLACE * np.log(_agreement(inside, central, area) + 0.02)
        + _OWN * own / (inside @ area)
        + _GROUND * _beside(pieces, shapes, ground_likeness(pieces))
        - _SIDE * cut_off
    ).astype(np.float32)


def _outline(pieces: Superpixels, shapes: BoolArray) -> FloatArray:
    """Mean colour difference along each outline within the photo: (K,)."""
    first, second = pieces.edges.T
    colour = _shaded(pieces)
    edge = np.minimum(np.linalg.norm(colour[first] - colour[second], axis=1), _STRONG)
    rim = (shapes[:, first] != shapes[:, second]) * pieces.length
    return rim @ edge / (rim.sum(axis=1) + 1e-6)


def _beside(pieces: Superpixels, shapes: BoolArray, values: FloatArray) -> FloatArray:
    """Mean of values (N,) just outside each outline within the photo: (K,)."""
    first, second = pieces.edges.T
    rim = (shapes[:, first] != shapes[:, second]) * pieces.length
    outer = np.where(shapes[:, first], values[second], values[first])
    return (rim * outer).sum(axis=1) / (rim.sum(axis=1) + 1e-6)


def _agreement(inside: FloatArray, values: FloatArray, area: FloatArray) -> FloatArray:
    """Intersection over union of shapes (K, N) with a soft map (N,): float (K,)."""
    shared = inside @ (area * values)
    return shared / (inside @ area + float((area * values).sum()) - shared + 1e-6)


def _objectness(pieces: Superpixels, members: BoolArray) -> float:
    """How clear its outline is, and how little of it the photo's border cuts off, in [0, 1]."""
    clear = min(1.0, float(_outline(pieces, members[None])[0]) / _CLEAR)
    first, second = pieces.edges.T
    length = float(pieces.length[members[first] != members[second]].sum())
    cut_off = float(pieces.border[members].sum())
    return clear * length / (length + cut_off)
