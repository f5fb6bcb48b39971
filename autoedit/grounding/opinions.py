"""Two ways of telling what a photo's things are: the second is asked where the first is unsure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autoedit.core.mask import BoolArray
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.hierarchy import in_hull
from autoedit.grounding.likely_things import HELD, LARGER, LikelyThings
from autoedit.grounding.scene import Scene

_SAME, _SAME_ALL = 0.5, 0.8  # intersection over union of two answers: of one thing, and of several
_LIKELY = 0.3  # probability of what is more than hardly one whole thing
_ANOTHER = 0.5  # probability of what is rather another thing than a part
_OWN = 0.95  # probability of what is a thing of its own, though within another
_UNLIKELIER = 0.5  # of the likeliest that is offered: what is less is not settled for
_WITHIN = 0.5  # share in the hull of the rest from which it is a part after all

_FAINT = "hardly looks like one whole thing"
_NOTHING = "I see nothing here that surely fits. Point at it with --point, or draw a --box."


def settled(
    scene: Scene, things: LikelyThings, target: Target, unsure: Regions, other: Regions,
    *, checked: bool,
) -> Regions:  # fmt: skip
    """The other answer where it settles what the unsure one leaves open; else the question.

    Args:
        scene: the photo.
        things: what could be things in it, and how likely.
        target: what is looked for.
        unsure: what was found one way: nothing, or what it may be.
        other: what was found the other way.
        checked: whether more is said of the target than its noun, so that it may not be there.
    """
    if not len(other) or other.ambiguous:
        return unsure if len(unsure) else other
    if not len(unsure):
        likely = _cut(scene, other) or surely(scene, things, other) >= _LIKELY
        return other if likely or not checked else _refused(other)
    area, own = scene.pieces.area, scene.members(other.items)
    several = target.quantity == "all" or len(other) > 1
    if checked and not several and _parts_of(scene, things, unsure, own):
        return _without_others(scene, things, other, own)
    offered = [unsure.items] if several else [(each,) for each in unsure]
    least = _SAME_ALL if several else _SAME
    for regions in offered:
        may_be = scene.members(regions)
        if not several and _outdone(scene, things, may_be, unsure):
            continue
        if area[own & may_be].sum() > least * area[own | may_be].sum():
            return _without_others(scene, things, other, scene.members(unsure.items))
    return unsure


def _parts_of(scene: Scene, things: LikelyThings, unsure: Regions, whole: BoolArray) -> bool:
    """Whether all that is offered are parts of one thing, as a bottle's neck, label and foot."""
    area, parts = scene.pieces.area, [scene.members((each,)) for each in unsure]
    return len(parts) > 1 and all(
        area[part & whole].sum() > HELD * area[part].sum() and things.likely(part) < _OWN
        for part in parts
    )


def _outdone(scene: Scene, things: LikelyThings, own: BoolArray, unsure: Regions) -> bool:
    """Whether something else that is offered holds some pieces, as a man his shirt, or is likelier.

    By so much, that is, that what agrees on these pieces is rather mistaken.
    """
    area, likely = scene.pieces.area, things.likely(own)
    return any(
        likely < _UNLIKELIER * things.likely(theirs)
        or (
            area[own & theirs].sum() > HELD * area[own].sum()
            and area[theirs].sum() > LARGER * area[own].sum()
        )
        for theirs in (scene.members((each,)) for each in unsure)
    )


def wholer(scene: Scene, things: LikelyThings, found: Regions, other: Regions) -> Regions:
    """The other answer where it is as sure and holds all of what was found, as a body its neck."""
    if not 0 < len(other) <= len(found) or other.ambiguous:
        return found
    area, theirs = scene.pieces.area, scene.members(other.items)
    for region in found.items:
        own = scene.members((region,))
        if area[own & theirs].sum() < HELD * area[own].sum():
            return found
    return _without_others(scene, things, other, scene.members(found.items))


def _without_others(
    scene: Scene, things: LikelyThings, found: Regions, meant: BoolArray
) -> Regions:
    """What is found without things that only hang on it: a ball behind a teapot's handle."""
    others = [
        each.members for each in things.cut()
        if each.objectness >= _ANOTHER and not (each.members & meant).any()
    ]  # fmt: skip
    return replace(found, items=tuple(_less(scene, each, others) for each in found.items))


def _less(scene: Scene, region: Region, others: list[BoolArray]) -> Region:
    """A region without those of others that lie beyond what else it holds: a window stays."""
    kept = scene.members((region,))
    area = scene.pieces.area
    for other in others:
        rest = kept & ~other
        if not (kept & other).any() or not rest.any():
            continue
        inside = float(np.average(in_hull(scene.pieces, rest)[other], weights=area[other]))
        if inside < _WITHIN:
            kept = rest
    if (kept == scene.members((region,))).all():
        return region
    return replace(region, mask=scene.mask(kept), box=scene.box(kept))


def surely(scene: Scene, things: LikelyThings, found: Regions) -> float:
    """The probability that what is found is things, each of it."""
    return min(things.likely(scene.members((each,))) for each in found.items)


def _cut(scene: Scene, found: Regions) -> bool:
    """Whether the photo's border cuts what is found: then its outline cannot tell what it is."""
    return bool((scene.members(found.items) & (scene.pieces.border > 0)).any())


def _refused(found: Regions) -> Regions:
    """What hardly is a thing, as near misses."""
    misses = [replace(each, mask=None, refusal=_FAINT) for each in found.items]
    return replace(found, items=(), near_misses=(*misses, *found.near_misses), note=_NOTHING)
