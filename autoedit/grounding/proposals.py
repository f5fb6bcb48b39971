"""Groups of pieces that could be one thing each, and how likely each is one, whole and alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.special import expit

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import IntArray, Superpixels
from autoedit.grounding.ground import ground_likeness, shade_free
from autoedit.grounding.hierarchy import Hierarchy, hull_area, merge
from autoedit.grounding.scene import Scene
from autoedit.grounding.standing import log_odds, standing

_SMALLEST, _LARGEST, _HELD = 0.0008, 0.5, 0.4  # of the photo; share of its outline at the border
_IN_SHADE = 0.45  # share of a border's contrast that being a mere change of shade takes away
_LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_OUTLINES, _THINGS = (0.2, 0.35, 0.5, 0.65), (0.2, 0.4, 0.6, 0.8)  # likelihoods to part groups at
_OUTLINE, _MIDDLE = 40.0, 2.0  # CIELAB units that a sure outline counts; pixels that count one
_FAINT = 6.0  # CIELAB contrast that is hardly an outline
_GROUND = 0.3  # probability of being of a thing below which a piece is rather ground
_NEAR = 0.25  # sizes: so near are two ways of seeing one middle
_SPECK, _WALL = 0.01, 0.1  # of the photo: between them size tells nothing
# Logistic regression on rendered scenes, by `scripts/fit_things.py`: what stands in `evidence`.
_BIAS = 1.499
_WEIGHTS = (
    0.856, -0.700, -0.596, -2.840, -4.048, -4.150, 0.299, -1.651, 0.228, 0.376, 0.213, 0.621,
    0.060, -17.738, -6.809, 0.694, -0.233, 0.418,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """K groups of N pieces.

    Attributes:
        members: bool (K, N).
        likely: float32 (K,), the probability that each is one whole thing.
    """

    members: BoolArray
    likely: FloatArray


def propose_things(scene: Scene) -> Proposals:
    """All groups that may be things, however unlikely; none in a photo of one piece."""
    if not scene.pieces.edges.size:
        return Proposals(np.zeros((0, scene.pieces.count), bool), np.zeros(0, np.float32))
    stands = standing(scene)
    members = groups(scene, stands)
    odds = _BIAS + evidence(scene, stands, members) @ np.array(_WEIGHTS, np.float32)
    return Proposals(members, expit(odds))


def groups(scene: Scene, stands: FloatArray) -> BoolArray:
    """Regions of merge trees, and what hangs together at levels of likelihood: bool (K, N).

    One tree keeps things and ground apart, by `stands` (N,), one does so by likeness to the border,
    and one goes by contrast alone, for what has the ground's colour.
    """
    pieces = scene.pieces
    first, second = pieces.edges.T
    free = shade_free(pieces.colour[first], pieces.colour[second])
    apart = pieces.contrast * (1 - _IN_SHADE * np.exp(-0.5 * (free / 4) ** 2))
    alike = ground_likeness(pieces)
    kept = np.maximum(alike, np.sqrt(alike * scene.background)).astype(np.float32)
    tree = merge(pieces, apart.astype(np.float32), 1 - stands)
    hulls = tree.hulls[: pieces.count]
    plain = merge(pieces, pieces.contrast, np.zeros_like(stands), hulls)
    trees = (tree, plain, merge(pieces, apart.astype(np.float32), kept, hulls), _by_centre(scene))
    found = [_regions(one) for one in trees]
    for ground in (1 - stands, kept):
        found += [hanging_together(pieces, ground < level) for level in _LEVELS]
    for least in _OUTLINES:
        within = scene.predicted.outline < least
        found += [hanging_together(pieces, stands > level, within) for level in _THINGS]
    return _plausible(pieces, np.concatenate(found))


def _regions(tree: Hierarchy) -> BoolArray:
    """Every region of a tree: bool (K, N)."""
    count = (tree.area.size + 1) // 2
    members = np.zeros((tree.area.size, count), bool)
    members[:count] = np.eye(count, dtype=bool)
    for region in range(count, tree.area.size):
        one, other = tree.children[region]
        members[region] = members[one] | members[other]
    return members[tree.area < _LARGEST * tree.area[-1]]


def _by_centre(scene: Scene) -> Hierarchy:
    """Pieces merged that the network takes for parts of one thing, by where its middle is."""
    pieces, seen = scene.pieces, scene.predicted
    middle = np.concatenate([seen.centre, np.zeros((pieces.count, 1), np.float32)], axis=1)
    apart = _OUTLINE * seen.outline
    return merge(replace(pieces, colour=middle / _MIDDLE), apart, 1 - seen.thing)


def hanging_together(
    pieces: Superpixels, chosen: BoolArray, within: BoolArray | None = None
) -> BoolArray:
    """The connected parts of some pieces (N,), across pairs `within` things (M,): bool (K, N)."""
    first, second = pieces.edges.T
    inside = chosen[first] & chosen[second]
    if within is not None:
        inside &= within
    graph = sparse.csr_matrix(
        (np.ones(int(inside.sum()), np.int8), (first[inside], second[inside])),
        shape=(pieces.count, pieces.count),
    )
    _, label = csgraph.connected_components(graph, directed=False)
    return np.asarray((label[None] == np.unique(label[chosen])[:, None]) & chosen, bool)


def _plausible(pieces: Superpixels, members: BoolArray) -> BoolArray:
    """Each group once, without specks, walls, and what mostly lies along the photo's border."""
    packed = np.packbits(members, axis=1)
    rows = sorted({row.tobytes() for row in packed})  # NumPy's unique rows take ten times as long
    packed = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
    unique = np.unpackbits(packed, axis=1, count=pieces.count).astype(bool)
    share = unique @ (pieces.area / pieces.area.sum())
    unique = unique[(share > _SMALLEST) & (share < _LARGEST)]
    first, second = pieces.edges.T
    held = unique @ pieces.border
    length = (unique[:, first] != unique[:, second]) @ pieces.length
    return unique[held < _HELD * (held + length)]


def evidence(scene: Scene, stands: FloatArray, members: BoolArray) -> FloatArray:
    """What tells whole things from parts, groups and ground: float32 (K, 18).

    How much of the outline is faint and how much the photo's border is; what share of its hull a
    group fills; whether it is tiny or huge; how much of it is likely ground or looks like the
    border; and how likely it and what lies beyond its outline are of things.
    """
    pieces = scene.pieces
    first, second = pieces.edges.T
    inside, area = members.astype(np.float32), pieces.area / pieces.area.sum()
    share = inside @ area
    leaves = (members[:, first] & ~members[:, second]) * pieces.length
    enters = (members[:, second] & ~members[:, first]) * pieces.length
    length = leaves.sum(axis=1) + enters.sum(axis=1) + 1e-6
    faint = ((leaves + enters) @ (pieces.contrast < _FAINT).astype(np.float32)) / length
    beyond, things = (
        (leaves @ value[second] + enters @ value[first]) / length
        for value in (stands, (stands > 0.5).astype(np.float32))
    )
    alike = ground_likeness(pieces)
    kept = np.maximum(alike, np.sqrt(alike * scene.background))
    held = inside @ pieces.border
    seen = scene.predicted
    outline = ((leaves + enters) @ seen.outline) / length
    within = (members[:, first] & members[:, second]) * pieces.length
    torn = (within @ seen.outline) / np.sqrt(inside @ pieces.area)
    near, missing = _agreed(scene, inside)
    beyond_seen = (leaves @ seen.thing[second] + enters @ seen.thing[first]) / length
    return np.stack([
        faint, held / (held + length), _filled(pieces, members) ** 2,
        np.maximum(0, np.log(_SPECK / share)), np.maximum(0, np.log(share / _WALL)),
        inside @ (area * (stands < _GROUND)) / share, inside @ (area * kept) / share, beyond,
        things, log_odds(inside @ (area * stands) / share), log_odds(beyond), log_odds(outline),
        np.log(torn + 0.1), near, missing, log_odds(inside @ (area * seen.thing) / share),
        log_odds(beyond_seen), inside @ (area * seen.effect) / share,
    ], axis=1).astype(np.float32)  # fmt: skip


def _agreed(scene: Scene, inside: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far groups' pieces see one middle, and how much else sees the same: float32 (K,) each.

    In sizes, the root of a group's area, and in areas.
    """
    pieces, seen = scene.pieces, scene.predicted
    total = inside @ pieces.area
    own = pieces.area * seen.thing
    weight = inside @ own + 1e-6
    middle = (inside @ (own[:, None] * seen.centre)) / weight[:, None]
    size = np.sqrt(total)
    far = np.linalg.norm(seen.centre[None] - middle[:, None], axis=2) / size[:, None]
    near = (inside * np.minimum(far, 1)) @ own / weight
    missing = (((far < _NEAR) & (inside == 0)) @ own) / total
    return near, np.minimum(missing, 2)


def _filled(pieces: Superpixels, members: BoolArray) -> FloatArray:
    """The share of its convex hull that each group (K, N) fills: float32 (K,)."""
    corners = _corners(pieces)
    whole = [
        hull_area(
            np.asarray(cv2.convexHull(np.concatenate([corners[i] for i in pieces_of])), np.int32)
        )
        for pieces_of in (np.flatnonzero(group) for group in members)
    ]
    return np.minimum(1, members @ pieces.area / np.array(whole)).astype(np.float32)


def _corners(pieces: Superpixels) -> list[IntArray]:
    """Each piece's leftmost and rightmost pixel of every row: int32 (P, 2)."""
    rows, columns = np.indices(pieces.labels.shape)
    key = (pieces.labels * pieces.labels.shape[0] + rows).ravel()
    order = np.lexsort((columns.ravel(), key))
    key, x = key[order], columns.ravel()[order]
    ends = np.flatnonzero(np.diff(key, prepend=-1, append=-1))
    starts, stops = ends[:-1], ends[1:] - 1
    piece, y = np.divmod(key[starts], pieces.labels.shape[0])
    found = np.stack([
        np.concatenate([x[starts], x[stops]]), np.concatenate([y, y]),
    ], axis=1).astype(np.int32)  # fmt: skip
    owner = np.concatenate([piece, piece])
    order = np.argsort(owner, kind="stable")
    return np.split(found[order], np.cumsum(np.bincount(owner, minlength=pieces.count))[:-1])
