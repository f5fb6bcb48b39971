"""Two ways of telling what a photo's things are: what both say is sure, and the rest is asked."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from autoedit.core.mask import BoolArray
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.scene import Scene

_SAME = 0.5  # intersection over union of two answers that are the same
_NEW = 0.7  # of a region: what one answer lacks of it
_LIKELY, _UNLIKELY = 0.8, 0.3  # probability of what is surely one whole thing, or hardly

_FAINT = "hardly looks like one whole thing"
_NOTHING = "I see nothing here that surely fits. Point at it with --point, or draw a --box."


def weighed(
    scene: Scene, things: LikelyThings, target: Target, first: Regions, second: Regions
) -> Regions:
    """The first answer where the second does not speak against it; else a question, or the second.

    Args:
        scene: the photo.
        things: of the second way, which says how likely anything is a thing.
        target: what is looked for.
        first: what was found one way; no toss-up.
        second: what was found the other way.
    """
    if target.quantity == "all":
        return _with_what_it_lacks(scene, first, second)
    if not len(first):
        taken = len(second) and not second.ambiguous
        return second if taken and _surely(scene, things, second) >= _LIKELY else first
    if not len(second):
        return first if _cut(scene, first) or _thing(scene, things, first) else _refused(first)
    own, other = _pieces(scene, first.items), _pieces(scene, second.items)
    area = scene.pieces.area
    if not second.ambiguous and area[own & other].sum() >= _SAME * area[own | other].sum():
        return first
    if not second.ambiguous and _corrects(scene, things, first, second):
        return second
    if not _more(scene, first, second) and _thing(scene, things, first):
        return first  # the other way sees parts of it
    return _asked(scene, first, second)


def _corrects(scene: Scene, things: LikelyThings, first: Regions, second: Regions) -> bool:
    """Whether the second answer is of sure things, and the first of what hardly is any."""
    surely = [_surely(scene, things, found) for found in (first, second)]
    return surely[0] < _UNLIKELY and surely[1] >= _LIKELY


def _thing(scene: Scene, things: LikelyThings, found: Regions) -> bool:
    """Whether what is found is more than hardly a thing."""
    return _surely(scene, things, found) >= _UNLIKELY


def _cut(scene: Scene, found: Regions) -> bool:
    """Whether the photo's border cuts what is found: then its outline cannot tell what it is."""
    return bool((_pieces(scene, found.items) & (scene.pieces.border > 0)).any())


def _surely(scene: Scene, things: LikelyThings, found: Regions) -> float:
    """The probability that what is found is things, each of it."""
    return min(things.likely(_pieces(scene, (each,))) for each in found.items)


def _refused(first: Regions) -> Regions:
    """What only one way found, and what hardly is a thing, as near misses."""
    misses = [replace(each, mask=None, refusal=_FAINT) for each in first.items]
    return replace(first, items=(), near_misses=(*misses, *first.near_misses), note=_NOTHING)


def _with_what_it_lacks(scene: Scene, first: Regions, second: Regions) -> Regions:
    """All of the first; a question where the second has more."""
    if not len(first) or not _more(scene, first, second):
        return first
    return _asked(scene, first, second)


def _more(scene: Scene, first: Regions, second: Regions) -> list[Region]:
    """The regions of the second answer that the first has not."""
    own, area = _pieces(scene, first.items), scene.pieces.area
    members = [(each, _pieces(scene, (each,))) for each in second.items]
    return [each for each, of in members if area[of & ~own].sum() > _NEW * area[of].sum()]


def _asked(scene: Scene, first: Regions, second: Regions) -> Regions:
    """A question between both answers."""
    more = _more(scene, first, second) or list(second.items)
    items = (*first.items, *more)
    return replace(first, items=items, ambiguous=len(items) > 1)


def _pieces(scene: Scene, regions: tuple[Region, ...]) -> BoolArray:
    """The pieces of some regions as bool (N,)."""
    pieces = scene.pieces
    joined = np.zeros(pieces.count, bool)
    for region in regions:
        if region.mask is not None:
            small = cv2.resize(region.mask.array, pieces.labels.shape[::-1])
            joined |= pieces.mean(small) > 0.5
    return joined
