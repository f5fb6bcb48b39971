"""The photo's main subject as a third opinion, where what is found is but a part of it, or nothing.

Both other ways of telling things know still lifes best: of a person they find a jacket, and of a
zebra its stripes. What a photo is of is taken whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from autoedit.core.mask import BoolArray
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import Candidate
from autoedit.grounding.coloured import occurs, share_of
from autoedit.grounding.likely_things import HELD, LARGER, LikelyThings
from autoedit.grounding.places import fit_position, place_words
from autoedit.grounding.scene import Scene
from autoedit.grounding.seen_alone import seen_alone
from autoedit.grounding.subject import doubt_of
from autoedit.grounding.wording import Wording

_SAME = 0.5  # intersection over union of two outlines of one thing
# Share of a subject that has a colour: where nothing else has it, and where its parts have; and
# that leaves no doubt.
_FAINTLY, _COLOURED, _SURELY = 0.3, 0.35, 0.5
_PLACED = 0.4  # how well it fits a place
_PERHAPS = 0.3  # probability of a thing that may be meant instead
# That times its side over the subject's, of what is a rival if it is not clear; and of the
# subject's area, what is a speck.
_NOTABLE, _SPECK = 0.2, 0.005
_OWN, _SOME = 0.8, 0.1  # probability of a part that is a thing of its own; of the subject's area
_PLAIN, _CLEAR = 0.5, 0.9  # probability of what is rather a thing, and of what clearly is one
_OFFERED, _ADDED = 4, 3  # rivals, and things seen alone, at most
_SEVERAL = 2  # parts that are offered: what has so many is not known by any of them
_LOOSE = ("of", "with", "wearing", "holding")  # relations that say what belongs to a thing


def concerned(target: Target, wording: Wording) -> bool:
    """Whether a target may be what the photo is of, by all that is said of it.

    "The object" may be anything: of that no whole is known.
    """
    related = target.relation is not None and target.relation.kind not in _LOOSE
    told_apart = target.ordinal is not None or target.exclude or wording.sizes or related
    return not told_apart and not wording.main and not wording.anything


def named_only(target: Target, wording: Wording) -> bool:
    """Whether no more is said of a target than its noun, which nothing here can check."""
    return not (wording.colours or target.position)


class WholeSubject:
    """What a photo is of, held against what else was found.

    Args:
        scene: the photo.
        things: what could be things in it, and how likely.
        subject: tells what it is of, if it is of anything; asked only where it matters.
    """

    def __init__(
        self, scene: Scene, things: LikelyThings, subject: Callable[[], Candidate | None]
    ) -> None:
        self._scene, self._things, self._subject = scene, things, subject

    def weighed(self, target: Target, wording: Wording, found: Regions) -> Regions:
        """What is found, with the subject in its place or beside it where that may be meant.

        Args:
            target: what is looked for, of which `concerned` holds.
            wording: its words.
            found: nothing, what it may be, or one thing by its noun alone.
        """
        only = named_only(target, wording)
        if not (only or len(found)) and not self._may_be_there(target, wording):
            return found
        if target.quantity != "one" or (subject := self._subject()) is None:
            return self._all(wording, found) if only and not len(found) else found
        if not len(found):
            return self._instead_of_nothing(subject, wording, found)
        if only and not found.ambiguous:
            return self._beside(subject, wording, found)
        return self._round_parts(subject, target, wording, found)

    def asked(self, target: Target, wording: Wording, found: Regions) -> Regions:
        """A question with what the network sees alone offered too: a whole before its parts."""
        items = list(found.items)
        offered = [self._scene.members((each,)) for each in items]
        added = 0
        for thing in seen_alone(self._scene):
            parts = [self._share(each, thing.members) > HELD for each in offered]
            known = any(self._iou(each, thing.members) > _SAME for each in offered)
            placed = target.position is None or fit_position(thing, target.position) >= _PLACED
            coloured = self._share_of(thing, wording) >= _FAINTLY
            if (known and sum(parts) < _SEVERAL) or not (placed and coloured):
                continue
            place = parts.index(True) if any(parts) else len(items)
            items.insert(place, self._region(thing, wording))
            offered.insert(place, thing.members)
            added += 1
            if added == _ADDED:
                break
        return replace(found, items=tuple(items))

    def _may_be_there(self, target: Target, wording: Wording) -> bool:
        """Whether what was not found by its colour may be there for all that."""
        return target.position is None and occurs(self._scene, wording.colours)

    def _all(self, wording: Wording, found: Regions) -> Regions:
        """What "the pigeons" may be, where no more is said: all that looks like a thing."""
        plain = [each for each in self._things.cut() if each.objectness >= _PLAIN]
        items = tuple(self._region(each, wording) for each in plain)
        return replace(found, items=items, ambiguous=bool(items))

    def _instead_of_nothing(self, subject: Candidate, wording: Wording, found: Regions) -> Regions:
        """The subject where it is clear and nothing else may be meant; else a question."""
        share, whole = self._share_of(subject, wording), self._region(subject, wording)
        if share < _FAINTLY:
            return found
        rivalled = self._rivalled(subject.members, wording)
        if not rivalled and share >= _SURELY and not doubt_of(subject):
            return Regions((whole,))
        others = () if wording.colours else self._others(subject.members, wording)
        return replace(found, items=(whole, *others), ambiguous=True)

    def _beside(self, subject: Candidate, wording: Wording, found: Regions) -> Regions:
        """One thing that a noun alone says, as a question where another may be meant."""
        own = self._scene.members(found)
        apart = self._iou(own, subject.members) <= _SAME
        if self._rivalled(own, wording):
            others = self._others(own, wording)
        elif apart and self._things.likely(own) < _CLEAR:
            others = (self._region(subject, wording),)
        else:
            return found
        return replace(found, items=(*found.items, *others), ambiguous=True)

    def _round_parts(
        self, subject: Candidate, target: Target, wording: Wording, found: Regions
    ) -> Regions:
        """The subject too where what is offered begins with but a part of it."""
        own, offered = subject.members, [self._scene.members((each,)) for each in found]
        parts = [self._share(each, own) > HELD for each in offered]
        larger = self._area(own) > LARGER * self._area(offered[0])
        known = any(self._iou(each, own) > _SAME for each in offered)
        placed = target.position is None or fit_position(subject, target.position) >= _PLACED
        coloured = self._share_of(subject, wording) >= _COLOURED
        only = named_only(target, wording)
        part = only or (parts[0] and larger)
        if known or not (part and placed and coloured):
            return found
        whole = self._region(subject, wording)
        none_alone = all(parts) and (
            wording.living or all(self._things.likely(each) < _OWN for each in offered)
        )
        if target.position not in (None, "middle"):  # what has a side has another beside it
            return replace(found, items=(*found.items, whole))
        rivalled = only and self._rivalled(own, wording)
        if none_alone and not rivalled and not doubt_of(subject):
            return replace(found, items=(whole,), ambiguous=False)
        return replace(found, items=(whole, *found.items))

    def _rivalled(self, own: BoolArray, wording: Wording) -> bool:
        """Whether anything may well be meant instead of some pieces (N,).

        What is within a man is his jacket, and what is within a tray another thing.
        """
        for thing, size, within in self._beside_or_within(own):
            likely = thing.objectness
            if within and not wording.living and likely >= _OWN and size > _SOME:
                return True
            notable = likely * np.sqrt(size) > _NOTABLE or likely >= _CLEAR
            if not within and notable:
                return True
        return False

    def _others(self, own: BoolArray, wording: Wording) -> tuple[Region, ...]:
        """All that is offered beside some pieces (N,), likeliest first."""
        found = [thing for thing, _, _ in self._beside_or_within(own)]
        return tuple(self._region(thing, wording) for thing in found[:_OFFERED])

    def _beside_or_within(self, own: BoolArray) -> list[tuple[Candidate, float, bool]]:
        """Other things than some pieces (N,), with their area of these, and if they are in them."""
        found: list[tuple[Candidate, float, bool]] = []
        for thing in self._things.cut():
            size = self._area(thing.members) / self._area(own)
            if thing.objectness < _PERHAPS or size <= _SPECK:
                continue
            if self._iou(thing.members, own) <= _SAME:
                within = self._share(thing.members, own) >= _SAME
                found.append((thing, size, within))
        return found

    def _share_of(self, thing: Candidate, wording: Wording) -> float:
        """How much of a thing has the colours that are said, if any are."""
        return share_of(self._scene, thing.members, wording.colours) if wording.colours else 1.0

    def _region(self, thing: Candidate, wording: Wording) -> Region:
        evidence = [f"stands out: {thing.objectness:.2f}"]
        evidence += [
            f"colour {one.words}: {share_of(self._scene, thing.members, (one,)):.2f}"
            for one in wording.colours
        ]
        return Region(
            box=thing.box,
            score=float(np.clip(thing.match * thing.objectness, 0, 1)),
            label=f"thing {place_words(thing.centre)}",
            mask=self._scene.mask(thing.members),
            evidence=tuple(evidence),
            unchecked=wording.unchecked,
        )

    def _area(self, members: BoolArray) -> float:
        return float(self._scene.pieces.area[members].sum())

    def _share(self, members: BoolArray, other: BoolArray) -> float:
        """How much of some pieces lies in others."""
        return self._area(members & other) / max(self._area(members), 1e-6)

    def _iou(self, first: BoolArray, second: BoolArray) -> float:
        return self._area(first & second) / max(self._area(first | second), 1e-6)
