"""All the things in a photo, whatever they are: what stands out from the ground as one whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.ground import ground_likeness, shade_free
from autoedit.grounding.hierarchy import (
    LEAST,
    SURELY,
    Hierarchy,
    best_cut,
    hull_area,
    joint_hull,
    merge,
)
from autoedit.grounding.overlapping import Body, in_front
from autoedit.grounding.scene import Scene

_SMALLEST = 0.0006  # of the photo
_SPECK, _WALL = 0.003, 0.25  # of the photo: what is smaller or larger is less of a thing
_IN_SHADE = 0.45  # share of a border's contrast that being a mere change of shade takes away
_DISTINCT = 20.0  # CIELAB units from the ground's colour in shadow: surely no shadow
_SHAPE, _STANDS = 1.0, 0.5  # how much it counts to fill the hull, and to stand before the ground
_TOUCH, _SEAM = 0.08, 0.18  # share of an outline that touches, and that parts of one thing share
_CLOSED, _WHOLE = 0.62, 0.85  # outline and share of its hull of a pale thing
_HARDLY = 0.35  # score below which a part may give way
_PALE, _WEAKER = 0.4, 0.7  # least score of a pale thing; of it, what a part has that gives way
_SAME = 12.0  # CIELAB units between shades of one colour
_HALVES = 0.19  # of a region: what may be one of the two things that it is
_SHARED = 0.1  # of a region: what it may have of another thing
_SCRAP = 0.15  # of the area of the clear things
_CONVEX, _FILLED = 0.75, 0.65  # share of a hull: of what is one body, and of one with a handle
_DETAIL = 0.2  # of a thing's area
_RUNS_ON = 0.02  # of the photo's border: what has the colour of a pattern
_KIN_SIZE = 3.0  # how many times the area of another of a kind
_MANY, _CLEARLY, _KIN = 5, 0.62, 15.0  # so many of a colour, none of which stands out clearly


class Things:
    """The regions of a photo that could be one thing, and how much each looks like it.

    They come of two merge trees: one that keeps the ground and what stands on it apart; and one
    that goes by contrast alone, for the outlines of what has the ground's colour.
    """

    def __init__(self, scene: Scene) -> None:
        pieces = scene.pieces
        self._scene = scene
        self._ground = _ground(scene)
        first, second = pieces.edges[:, 0], pieces.edges[:, 1]
        free = shade_free(pieces.colour[first], pieces.colour[second])
        apart = pieces.contrast * (1 - _IN_SHADE * np.exp(-0.5 * (free / 4) ** 2))
        no_ground = np.zeros_like(self._ground)
        tree = merge(pieces, apart.astype(np.float32), self._ground)
        plain = merge(pieces, pieces.contrast, no_ground, tree.hulls[: pieces.count])
        self._layers = (
            _Layer(scene, tree, self._ground),
            _Layer(scene, plain, self._ground, pale=True),
        )

    def share(self, values: FloatArray) -> FloatArray:
        """The mean over each of the K regions of a value per piece: (N,) -> float32 (K,)."""
        return np.concatenate([layer.share(values) for layer in self._layers])

    def cut(
        self, fits: FloatArray | None = None, aside: BoolArray | None = None
    ) -> list[Candidate]:
        """Things that do not overlap, best first, each with its fit as `match`.

        Of all regions those that hold the most area, each weighed by how much it looks like a thing
        and by how well it fits; no region and its part are both taken.

        Args:
            fits: float32 (K,) in [0, 1], from the `share` of what is asked for; 1 when not given.
            aside: bool (N,), pieces of other things, which no thing may share.
        """
        if fits is None:
            fits = np.ones(sum(layer.scores.size for layer in self._layers), np.float32)
        if aside is not None:
            fits = np.where(self.share(aside.astype(np.float32)) > _SHARED, 0, fits)
        sure, pale = np.split(fits, [self._layers[0].scores.size])
        found = _together(
            self._scene.pieces, self._layers[0].parts(sure), self._layers[1].parts(pale)
        )
        found = _without_mirrored(self._scene, self._ground, found)
        found = _without_pattern(self._scene, _joined(self._scene, found))
        found = _without_scraps(self._scene, found)
        things = [describe(self._scene, one.members, one.fit, one.score) for one in found]
        return sorted(things, key=lambda thing: (-thing.match * thing.objectness, thing.box))


@dataclass(frozen=True, slots=True, eq=False)
class _Part(Body):
    """A region that may be a thing, or a part of one.

    Attributes:
        fit: how well it fits what is asked for, in [0, 1].
        other: bool (N,), pieces of another thing that lies before it or behind it.
    """

    fit: float
    other: BoolArray


class _Layer:
    """A merge tree with how much each region looks like a thing."""

    def __init__(
        self, scene: Scene, tree: Hierarchy, ground: FloatArray, *, pale: bool = False
    ) -> None:
        self._tree, self._pieces = tree, scene.pieces
        whole = np.array([hull_area(hull) for hull in tree.hulls], np.float32)
        self._filled = np.minimum(1, tree.area / whole)
        self.scores = _scores(tree, self._filled, self.share(ground), pale=pale)
        if pale:  # a dark one may as well be a tile or a shadow
            lightness = scene.pieces.colour[:, 0]
            typical = float(np.average(lightness, weights=ground * scene.pieces.area + 1e-6))
            self.scores *= self.share(lightness) > typical

    def share(self, values: FloatArray) -> FloatArray:
        """See `Things.share`."""
        tree, count = self._tree, values.size
        total = (values * tree.area[:count]).tolist()
        for one, other in tree.children[count:].tolist():
            total.append(total[one] + total[other])
        return (np.array(total) / tree.area).astype(np.float32)

    def parts(self, fits: FloatArray) -> list[_Part]:
        """The regions that are worth the most together."""
        regions = best_cut(self._tree, self.scores * fits, self._filled)
        parts = [part for k in regions for part in self._apart(k, fits)]
        return [part for part in parts if part.score * part.fit >= LEAST]

    def _part(self, region: int, fits: FloatArray) -> _Part:
        members, hull = self._tree.members(region), self._tree.hulls[region]
        score, fit = float(self.scores[region]), float(fits[region])
        return _Part(members, hull, score, fit, np.zeros_like(members))

    def _apart(self, region: int, fits: FloatArray) -> list[_Part]:
        """A region, or the two things of which one lies before the other, and what they hold."""
        tree, area, part = self._tree, float(self._tree.area[region]), self._part(region, fits)
        while tree.children[region, 0] >= 0:
            small, large = sorted(tree.children[region].tolist(), key=lambda k: tree.area[k])
            region = large
            if tree.area[small] < _HALVES * area:
                continue
            halves = [self._part(large, fits), self._part(small, fits)]
            for front, behind in (halves, halves[::-1]):
                complete = in_front(self._pieces, front, behind)
                if complete is not None:
                    score = min(1.0, behind.score * complete / behind.filled(self._pieces))
                    return [
                        replace(front, other=behind.members),
                        replace(behind, other=front.members, score=score),
                    ]
            break
        return [part]


def _together(pieces: Superpixels, sure: list[_Part], pale: list[_Part]) -> list[_Part]:
    """The sure parts, and of the pale ones those that are whole where no sure part is as good."""
    found = list(sure)
    for part in sorted(pale, key=lambda one: -one.score):
        if part.score < _PALE:
            continue
        inside = [float(pieces.area[part.members & one.members].sum()) for one in found]
        least = [
            min(float(pieces.area[part.members].sum()), float(pieces.area[one.members].sum()))
            for one in found
        ]
        rivals = [one for one, a, b in zip(found, inside, least, strict=True) if a > 0.2 * b]
        if all(one.score < min(_HARDLY, _WEAKER * part.score) for one in rivals):
            kept = [one for one in found if not any(one is rival for rival in rivals)]
            found = [replace(one, members=one.members & ~part.members) for one in kept] + [part]
    return found


def _ground(scene: Scene) -> FloatArray:
    """What looks like the border, and more so where it hangs together with it."""
    alike = ground_likeness(scene.pieces)
    return np.maximum(alike, np.sqrt(alike * scene.background)).astype(np.float32)


def _scores(tree: Hierarchy, filled: FloatArray, ground: FloatArray, *, pale: bool) -> FloatArray:
    """How much each region looks like one whole thing: float32 (K,) in [0, 1].

    A thing has a strong outline, stands before the ground and is none of it, fills its hull, is
    not cut off by the frame, and is neither a speck nor a wall. A `pale` one has the ground's
    colour, so that its outline must say it all.
    """
    share = tree.area / tree.area[-1]
    free = 1 - tree.held / (tree.held + tree.length)
    size = np.minimum(1, (share / _SPECK) ** 0.4) * np.minimum(1, (_WALL / share) ** 1.5)
    size[share < _SMALLEST] = 0
    shape = tree.strength**0.7 * filled**_SHAPE
    before = 1 - _STANDS + _STANDS * tree.before
    if pale:
        closed = (tree.strength > _CLOSED) & (filled > _WHOLE) & (ground > 0.35) & (ground < 0.8)
        return (closed * shape * free * size * (1 - ground) ** 0.3).astype(np.float32)
    return (shape * free**0.5 * size * (1 - ground) ** 0.8 * before).astype(np.float32)


def _joined(scene: Scene, found: list[_Part]) -> list[_Part]:
    """Parts that are one thing become one, best match first: bands of a can, a mug's handle.

    Two parts that touch along much of an outline and fill their common hull as well as each fills
    its own continue each other; a weak small one is a detail of the one that it hangs on.
    """
    parts = list(found)
    while True:
        contact = _contacts(scene.pieces, parts)
        pairs = zip(*np.nonzero(np.triu(np.maximum(contact, contact.T) > _TOUCH)), strict=True)
        joints = [
            _joint(scene, parts[i], parts[j], float(contact[i, j]), float(contact[j, i]))
            for i, j in pairs
        ]
        best = max((one for one in joints if one is not None), key=lambda one: one[0], default=None)
        if best is None:
            return parts
        _, joint = best
        parts = [one for one in parts if not (one.members & joint.members).any()] + [joint]


def _contacts(pieces: Superpixels, parts: list[_Part]) -> FloatArray:
    """The share of each part's outline along which it touches each other one: (P, P)."""
    owner = np.full(pieces.count, len(parts))
    for number, part in enumerate(parts):
        owner[part.members] = number
    one, other = owner[pieces.edges[:, 0]], owner[pieces.edges[:, 1]]
    outer = one != other
    shared = np.zeros((len(parts) + 1, len(parts) + 1), np.float32)
    np.add.at(shared, (one[outer], other[outer]), pieces.length[outer])
    shared += shared.T
    return (shared / (shared.sum(axis=1, keepdims=True) + 1e-6))[:-1, :-1]


def _joint(
    scene: Scene, first: _Part, second: _Part, held: float, holds: float
) -> tuple[float, _Part] | None:
    """Two parts as one, and how well they join; `held` of the first's outline is common."""
    pieces = scene.pieces
    if (first.other & second.members).any() or (second.other & first.members).any():
        return None
    sizes = [one.area(pieces) for one in (first, second)]
    (part, own, contact), (host, theirs, _) = sorted(
        ((first, sizes[0], held), (second, sizes[1], holds)), key=lambda each: each[1]
    )
    if host.score < min(_HARDLY, _WEAKER * part.score):  # a patch of wall takes no book in
        return None
    hull = joint_hull(host.hull, part.hull)
    both = (own + theirs) / hull_area(hull)
    apart = (own * part.filled(pieces) + theirs * host.filled(pieces)) / (own + theirs)
    loss = 0.03
    if min(part.score, host.score) >= SURELY:
        stacked = _stacked(scene, part, host)
        completes = stacked and both > apart  # a bucket, below and above its handle
        pairs = ((part, host), (host, part))
        if not completes and any(in_front(pieces, *pair) is not None for pair in pairs):
            return None
        loss = 0.15 if stacked else 0.01
    continues = contact > _SEAM and both > max(_CONVEX, apart - loss)
    detail = part.score < min(_CLEARLY, host.score) and own < _DETAIL * theirs
    if not continues and not (detail and both > max(_FILLED, 0.85 * apart)):
        return None
    share = theirs / (own + theirs)
    fit = share * host.fit + (1 - share) * part.fit
    score = max(host.score, part.score)
    return both - apart, _Part(
        host.members | part.members, hull, score, fit, host.other | part.other
    )


def _stacked(scene: Scene, part: _Part, host: _Part) -> bool:
    """Whether one stands right above the other and they share a colour: a cone with a stripe."""
    pieces = scene.pieces
    own, theirs = pieces.colour[part.members], pieces.colour[host.members]
    alike = np.linalg.norm(own[:, None] - theirs[None], axis=2) < _SAME
    common = min(
        np.average(alike.any(axis=1), weights=pieces.area[part.members]),
        np.average(alike.any(axis=0), weights=pieces.area[host.members]),
    )
    x, y = (pieces.centre[one.members].mean(axis=0) for one in (part, host))
    return bool(common > 0.5 and abs(x[0] - y[0]) < 0.3 * abs(x[1] - y[1]))


def _without_pattern(scene: Scene, found: list[_Part]) -> list[_Part]:
    """Less of what is there many times over: checks, tiles, bricks, leaves.

    What stands out clearly is a pattern only when it runs on to the photo's border.
    """
    if len(found) < _MANY:
        return found
    pieces = scene.pieces
    area = np.array([pieces.area[one.members].sum() for one in found])
    colours = np.array([
        np.average(pieces.colour[one.members], axis=0, weights=pieces.area[one.members])
        for one in found
    ])  # fmt: skip
    like = np.linalg.norm(colours[:, None] - colours[None], axis=2) < _KIN
    like &= np.abs(np.log(area[:, None] / area[None])) < np.log(_KIN_SIZE)
    weak = np.array([one.score < _CLEARLY for one in found])
    at_border = np.linalg.norm(colours[:, None] - pieces.colour[None], axis=2) < _KIN
    reach = (at_border * pieces.border).sum(axis=1) / pieces.border.sum()
    pattern = weak & ((like & weak).sum(axis=1) >= _MANY)
    pattern |= (like.sum(axis=1) >= _MANY) & (reach > _RUNS_ON)
    return [one for one, many in zip(found, pattern, strict=True) if not many]


def _without_scraps(scene: Scene, found: list[_Part]) -> list[_Part]:
    """Less of what stands out little and is tiny beside the clear things."""
    area = [float(scene.pieces.area[one.members].sum()) for one in found]
    clear = [size for one, size in zip(found, area, strict=True) if one.score >= _CLEARLY]
    if not clear:
        return found
    least = _SCRAP * float(np.median(clear))
    return [
        one for one, size in zip(found, area, strict=True) if one.score >= _CLEARLY or size > least
    ]


def _without_mirrored(scene: Scene, ground: FloatArray, found: list[_Part]) -> list[_Part]:
    """Less of what lies beside a thing and is its shadow, or its mirror image, on the ground."""
    kept: list[_Part] = []
    ordered = sorted(found, key=lambda one: -one.score)
    contact = _contacts(scene.pieces, ordered)
    for number, part in enumerate(ordered):
        least = 1.0
        for other in np.flatnonzero(contact[number] >= _TOUCH):
            host = ordered[other]
            better = any(host.members is one.members for one in kept)
            if better or _below(scene, part, host):
                least = min(least, _distinct(scene, ground, part, host, shade=better))
        if part.score * least >= LEAST:
            kept.append(replace(part, score=part.score * least))
    return kept


def _below(scene: Scene, part: _Part, host: _Part) -> bool:
    """Whether a part lies below a thing's foot and is no wider, as its mirror image does."""
    place = scene.pieces.centre
    middle = float(np.average(place[part.members, 1]))
    x, theirs = place[part.members, 0], place[host.members, 0]
    wide = float(np.ptp(theirs)) + 0.02 * scene.pieces.labels.shape[1]
    inside = abs(float(x.mean() - theirs.mean())) < 0.25 * wide and float(np.ptp(x)) < 1.3 * wide
    return inside and middle > float(place[host.members, 1].max())


def _distinct(scene: Scene, ground: FloatArray, part: _Part, host: _Part, *, shade: bool) -> float:
    """How far a part is from the ground beside it in shade, or mirroring a host, in [0, 1]."""
    pieces = scene.pieces
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    members, beside = part.members, np.zeros(pieces.count, bool)
    beside[second[members[first]]] = True
    beside[first[members[second]]] = True
    beside &= ~members & (ground > 0.5)
    if not beside.any():
        return 1.0
    light = pieces.colour + np.array([16, 0, 0], np.float32)
    typical = np.median(light[beside], axis=0)
    own = np.average(light[members], axis=0, weights=pieces.area[members])
    factor = float(own[0] / typical[0])
    residual = float(np.linalg.norm(own[1:] - factor * typical[1:]))
    apart = max(residual / _DISTINCT, (factor - 1.02) / 0.15, (0.45 - factor) / 0.15)
    if not shade:
        apart = 1.0
    if _below(scene, part, host):  # a mirror image mixes the thing's colour with the ground's
        theirs = np.average(light[host.members], axis=0, weights=pieces.area[host.members])
        pull, seen = theirs - typical, own - typical
        mix = float(np.clip(pull @ seen / (pull @ pull + 1e-6), 0.1, 0.8))
        apart = min(apart, float(np.linalg.norm(seen - mix * pull)) / _DISTINCT)
    return float(np.clip(apart, 0, 1))
