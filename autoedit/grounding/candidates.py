"""Candidate objects: connected groups of pieces that could be one thing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.region import Box
from autoedit.grounding.scene import Scene

_SURE, _MAYBE = 0.42, 0.2
_FAINTEST = 0.12
_FAINT = (np.inf, 30.0, 18.0, 11.0)  # CIELAB differences across the edges that may be joined
_SMALLEST = 0.0004  # of the photo
_SHEEN = 30.0  # a sheen sets in more softly than another thing of that hue
_TAIL = 0.12  # width of a thin part, in sizes of its group
_WHOLE = 8  # candidates that are completed with their other parts
_ATTACHED = 0.35  # a cap, stem or label is at most this much of its thing


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A group of pieces and how much it looks like a thing.

    Attributes:
        members: bool (N,) over the scene's pieces.
        box: xyxy in pixels of the photo.
        area: as a fraction of the photo.
        centre: (x, y) as fractions of the photo.
        match: how well it fits the colour, or stands out, in [0, 1].
        objectness: how much it looks like one thing before a background, in [0, 1].
    """

    members: BoolArray
    box: Box
    area: float
    centre: tuple[float, float]
    match: float
    objectness: float

    @property
    def score(self) -> float:
        """In [0, 1]."""
        return float(self.match**1.3 * self.objectness**0.85)


def by_colour(scene: Scene, likelihood: FloatArray) -> list[Candidate]:
    """Groups of pieces of a colour, best first; `likelihood` is float32 (N,) in [0, 1].

    A thing may touch others of its colour (a white bus before a white sky), so the pieces are also
    joined across faint edges alone, and of overlapping groups the most thing-like is kept.
    """
    best = float(np.quantile(likelihood, 1 - 2 * _SMALLEST))
    sure, maybe = min(_SURE, 0.8 * best), min(_MAYBE, 0.5 * best)
    if best < _FAINTEST:
        return []
    found: list[Candidate] = []
    for limit in _FAINT:
        level: list[Candidate] = []
        for group in _groups(scene, likelihood > maybe, limit):
            if not (group & (likelihood > sure)).any() or _share(scene, group) < _SMALLEST / 4:
                continue
            part = _without_tails(scene, group, likelihood)
            match = float(np.average(likelihood[part], weights=scene.pieces.area[part]))
            core = _with_enclosed(scene, _with_sheen(scene, part, likelihood > sure))
            level.append(_describe(scene, core, match))
        found += level + _join_fragments(scene, level)
    found = _ranked(_without_overlaps(scene, found))
    whole = [_with_attached(scene, item) for item in found[:_WHOLE]]
    return _ranked(whole + found[_WHOLE:])


def by_salience(scene: Scene) -> list[Candidate]:
    """Groups of pieces that are set off from the background, best first."""
    found: list[Candidate] = []
    for standing in (scene.background < 0.4, scene.background < 0.15, scene.salience > 0.5):
        for limit in _FAINT[:3]:
            for group in _groups(scene, standing, limit):
                if _share(scene, group) < _SMALLEST:
                    continue
                weights = scene.pieces.area[group]
                salience = float(np.average(scene.salience[group], weights=weights))
                apart = 1 - float(np.average(scene.background[group], weights=weights))
                match = 0.6 * salience + 0.4 * apart
                found.append(_describe(scene, _with_enclosed(scene, group), match))
    found = _join_fragments(scene, _without_overlaps(scene, found), alike=True)
    return _ranked([_with_attached(scene, item) for item in _ranked(found)[:_WHOLE]])


def _ranked(found: list[Candidate]) -> list[Candidate]:
    kept = [item for item in found if item.area >= _SMALLEST]
    return sorted(kept, key=lambda item: (-item.score, item.box))


def _without_overlaps(scene: Scene, found: list[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    area = scene.pieces.area
    for item in sorted(found, key=lambda item: -item.match * item.objectness * item.area**0.3):
        own = area[item.members].sum()
        shared = [area[item.members & other.members].sum() for other in kept]
        others = [area[other.members].sum() for other in kept]
        if all(s < 0.3 * min(own, o) for s, o in zip(shared, others, strict=True)):
            kept.append(item)
    return kept


def _share(scene: Scene, group: BoolArray) -> float:
    return float(scene.pieces.area[group].sum() / scene.pieces.area.sum())


def _groups(scene: Scene, chosen: BoolArray, faint: float = np.inf) -> list[BoolArray]:
    """Connected groups among the chosen pieces, joined across edges fainter than `faint`."""
    edges = scene.pieces.edges
    inside = chosen[edges[:, 0]] & chosen[edges[:, 1]] & (scene.pieces.contrast < faint)
    count = scene.pieces.count
    graph = sparse.csr_matrix(
        (np.ones(int(inside.sum()), np.int8), (edges[inside, 0], edges[inside, 1])),
        shape=(count, count),
    )
    number, labels = csgraph.connected_components(graph, directed=False)
    labels = np.where(chosen, labels, -1)
    present = np.unique(labels[labels >= 0])
    return [labels == i for i in present] if number else []


def _with_enclosed(scene: Scene, group: BoolArray) -> BoolArray:
    """The group with what it encloses (a highlight, a label), unless the ground shows through."""
    result = group.copy()
    for gap in _groups(scene, ~group):
        if scene.pieces.border[gap].any():
            continue
        small = scene.pieces.area[gap].sum() < 0.5 * scene.pieces.area[group].sum()
        if small and scene.background[gap].mean() < 0.6 and not _like_outside(scene, gap, group):
            result |= gap
    return result


def _without_tails(scene: Scene, group: BoolArray, likelihood: FloatArray) -> BoolArray:
    """A group less thin parts of a fainter match, such as a gap between boards that it touches."""
    mask = group[scene.pieces.labels].astype(np.uint8)
    width = max(5, int(_TAIL * np.sqrt(mask.sum()))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    padded = cv2.copyMakeBorder(mask, width, width, width, width, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[width:-width, width:-width]
    thick = group & (scene.pieces.mean(opened) > 0.5)
    if not thick.any():
        return group
    faint = likelihood < 0.75 * float(np.median(likelihood[thick]))
    return group & (thick | ~faint)


def _with_sheen(scene: Scene, group: BoolArray, same: BoolArray) -> BoolArray:
    """The group with neighbours of its hue, paler by a sheen or darker by shading.

    The light that a surface reflects is a mix of its own colour and the lamp's (Shafer 1985), so
    the hue stays where lightness and chroma change.
    """
    lab = scene.pieces.colour
    hue, chroma = np.arctan2(lab[:, 2], lab[:, 1]), np.hypot(lab[:, 1], lab[:, 2])
    typical = float(np.median(chroma[group]))
    if typical < 20:
        return group
    middle = np.arctan2(np.median(lab[group, 2]), np.median(lab[group, 1]))
    turn = np.abs((hue - middle + np.pi) % (2 * np.pi) - np.pi)
    alike = (turn < np.radians(12)) & (chroma > 0.4 * typical)
    alike = (alike | same) & (scene.background < 0.7)
    for _ in range(8):
        more = _neighbours(scene, group, _SHEEN) & alike
        if not more.any():
            break
        group = group | more
    return group


def _like_outside(scene: Scene, gap: BoolArray, group: BoolArray) -> bool:
    """Whether a gap has the colour of what lies round the group."""
    ring = _neighbours(scene, group) & ~gap
    if not ring.any():
        return False
    colour = scene.pieces.colour
    apart = np.linalg.norm(colour[gap][:, None] - colour[ring][None], axis=2)
    typical = np.quantile(apart, 0.3, axis=1)  # not the nearest: a shadow resembles any dark part
    return bool(np.average(typical, weights=scene.pieces.area[gap]) < 7)


def _neighbours(scene: Scene, group: BoolArray, faint: float = np.inf) -> BoolArray:
    first, second = scene.pieces.edges[scene.pieces.contrast < faint].T
    near = np.zeros_like(group)
    near[second[group[first]]] = True
    near[first[group[second]]] = True
    return near & ~group


def _join_fragments(
    scene: Scene, found: list[Candidate], *, alike: bool = False
) -> list[Candidate]:
    """Groups that a highlight or a stripe has cut apart become one.

    Small ones go to the large one beside them, and neighbours that fill a convex shape together
    are one thing; `alike` asks for about the same colour, too.
    """
    found = sorted(found, key=lambda item: -item.area)
    joined: list[Candidate] = []
    for item in found:
        for i, host in enumerate(joined):
            if item.match < 0.5 * host.match:
                continue
            if alike and _colours_apart(scene, item, host) > 15:
                continue
            gap = _gap(item.box, host.box) / _size(host.box)
            both = host.members | item.members
            small = item.area < 0.3 * host.area and gap < (0.25 if alike else 0.12)
            if small or (gap < 0.03 and _compactness(scene, both) > 0.85):
                joined[i] = _describe(scene, both, host.match)
                break
        else:
            joined.append(item)
    return joined


def _colours_apart(scene: Scene, first: Candidate, second: Candidate) -> float:
    mean = [
        np.average(scene.pieces.colour[one.members], axis=0, weights=scene.pieces.area[one.members])
        for one in (first, second)
    ]
    return float(np.linalg.norm(mean[0] - mean[1]))


def _size(box: Box) -> float:
    return float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))


def _gap(first: Box, second: Box) -> float:
    across = max(first[0] - second[2], second[0] - first[2], 0.0)
    down = max(first[1] - second[3], second[1] - first[3], 0.0)
    return float(np.hypot(across, down))


def _with_attached(scene: Scene, item: Candidate) -> Candidate:
    """The candidate with small parts of other colours that belong to it: caps, wheels, windows.

    A part is of colours that are rare round it and no shadow of the ground; it lies inside the
    thing's convex hull, or hangs on the thing along much of its own outline.
    """
    members, pieces = item.members, scene.pieces
    within_hull = _hull_share(scene, members) > 0.6
    near, anywhere = scene.commonness(members | within_hull)
    other = (near < 0.1) | ((scene.salience > 0.5) & (near < 0.3))
    other &= (anywhere < 0.04) | ((near < 0.03) & (anywhere < 0.12))
    other &= ~members & ~scene.shadow_like(members)
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    foot = pieces.centre[members, 1].max()
    for chosen, needed in ((other & within_hull, 0.1), (other, 0.15)):
        for part in _groups(scene, chosen & ~members):
            if _share(scene, part) > _ATTACHED * _share(scene, members):
                continue
            rim = part[first] != part[second]
            held = rim & (members[first] | members[second])
            contact = pieces.length[held].sum() / (pieces.length[rim].sum() + 1e-6)
            free = rim & ~held
            if free.any() and np.average(pieces.contrast[free], weights=pieces.length[free]) < 8:
                continue  # a shadow or a tint fades out
            low = pieces.centre[part, 1].max() > foot
            both = members | part
            if contact > (2 * needed if low else needed) and _compactness(
                scene, both
            ) > 0.75 * _compactness(scene, members):
                members = both
    return _describe(scene, _with_enclosed(scene, members), item.match)


def _hull_share(scene: Scene, members: BoolArray) -> FloatArray:
    """Share of each piece that lies in the members' convex hull."""
    mask = members[scene.pieces.labels].astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    return scene.pieces.mean(cv2.fillConvexPoly(np.zeros_like(mask), hull, (1,)))


def _describe(scene: Scene, members: BoolArray, match: float) -> Candidate:
    pieces = scene.pieces
    area = _share(scene, members)
    weights = pieces.area[members]
    height, width = pieces.labels.shape
    x, y = np.average(pieces.centre[members], axis=0, weights=weights)
    return Candidate(
        members=members,
        box=scene.box(members),
        area=area,
        centre=(float(x / width), float(y / height)),
        match=match,
        objectness=_objectness(scene, members, area),
    )


def _objectness(scene: Scene, members: BoolArray, area: float) -> float:
    """A thing has an outline, is not cut off by the frame, and is no mere speck or whole wall."""
    pieces = scene.pieces
    rim = members[pieces.edges[:, 0]] != members[pieces.edges[:, 1]]
    length = float(pieces.length[rim].sum()) + 1e-6
    outline = float((pieces.contrast[rim] * pieces.length[rim]).sum()) / length
    closed = float(pieces.length[rim & (pieces.contrast > 12)].sum()) / length
    distinct = min(1.0, outline / 25) ** 0.5 * closed
    held = float(pieces.border[members].sum())
    free = 1 - held / (length + held)
    outer = np.where(members[pieces.edges[:, 0]], pieces.edges[:, 1], pieces.edges[:, 0])[rim]
    exposed = float((pieces.length[rim] * scene.background[outer]).sum()) / length
    # A part of a thing borders on the thing, not on the ground.
    apart = 1 - 0.35 * float(np.average(scene.background[members], weights=pieces.area[members]))
    small = min(1.0, (area / 0.003) ** 0.4)
    large = min(1.0, (0.3 / area) ** 1.5)
    shape = _compactness(scene, members) ** 0.5
    return distinct * free * apart * small * large * shape * (0.35 + 0.65 * exposed)


def _compactness(scene: Scene, members: BoolArray) -> float:
    """Share of the convex hull that is filled."""
    mask = members[scene.pieces.labels].astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    return float(min(1.0, mask.sum() / (cv2.contourArea(hull) + 1)))
