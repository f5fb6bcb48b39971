"""Grounding without weights: by colour, place, size, and what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import Candidate
from autoedit.grounding.choosing import Choice, Rated, choose, narrow
from autoedit.grounding.coloured import FAINTEST, by_colours, if_thing
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.mirrored import without_mirrored
from autoedit.grounding.opinions import weighed
from autoedit.grounding.places import place_words, share_of_smaller, shared_area
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject import doubt_of, main_subject
from autoedit.grounding.things import Things
from autoedit.grounding.wording import BACKGROUND, Wording, read, wants_subject

_CLEAR = 0.45  # objectness from which a thing that is alone is meant by any noun
_RIVAL = 0.6  # of the clearest thing's objectness: what may be meant instead
_PLAIN = 0.65  # objectness of what surely is a thing
_COUNTED, _SHAPES, _SIZES = 0.45, 1.4, 2.5  # score of what counts; how unlike these may be
_PERHAPS, _SIZEABLE = 0.28, 0.25  # objectness of what may be a thing; of the area of a clear one
_CLEAR_OF = 0.1  # of its longer side: how far it lies from what it could be a part of
_UNLIKELY, _BARELY_LIKELY = 0.4, 0.2  # probability of what is a thing, and of what may be one
_MIRRORED = ("reflection", "image")  # nouns of what is else no thing of its own
_ABILITIES = "colour, place, size, or as the main subject"


class AttributeGrounder:
    """Finds what a phrase says of colour, place, size and salience; nouns stay unchecked."""

    def prepare(self, photo: Photo) -> PreparedAttributes:
        """Cut the photo into superpixels and weigh what stands out."""
        return PreparedAttributes(Scene.of(photo))


class PreparedAttributes:
    """One photo, ready to be asked about many targets.

    What is a thing in it is told in two ways; what one of them alone would take is doubtful.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @cached_property
    def _first(self) -> Reading:
        return Reading(self._scene, Things(self._scene))

    @cached_property
    def _likely(self) -> LikelyThings:
        return LikelyThings(self._scene)

    @cached_property
    def _second(self) -> Reading:
        return Reading(self._scene, self._likely, faintest=_UNLIKELY, perhaps=_BARELY_LIKELY)

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first; see `autoedit.grounding`."""
        found = self._first.find(target)
        wording = read(target)
        # A relation names two things, and that one of them is doubtful seldom makes it wrong.
        settled = wording.main or found.ambiguous or target.relation is not None
        if target.head in BACKGROUND or settled:
            return found
        return weighed(self._scene, self._likely, target, found, self._second.find(target))


class Reading:
    """A photo as one way of telling things has it."""

    def __init__(
        self,
        scene: Scene,
        things: Things | LikelyThings,
        faintest: float = FAINTEST,
        perhaps: float = _PERHAPS,
    ) -> None:
        self._scene, self._things = scene, things
        self._faintest, self._perhaps = faintest, perhaps

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first."""
        if target.head in BACKGROUND:
            return self._background()
        wording = read(target)
        if not self._can_tell(target, wording):
            return Regions(note=_ignorance(target))
        if (doubt := self._unsure_what_stays(target)) is not None:
            return doubt
        rated = self._rate(target, wording)
        if target.head not in _MIRRORED:
            best = max((each.score for each in rated if not each.refusal), default=0.0)
            rated = without_mirrored(self._scene, rated, _COUNTED * best)
        choice = choose(target, rated, main=wording.main)
        placed = target.position is not None or target.ordinal is not None
        if choice.meant and not wording.colours and (placed or target.quantity == "all"):
            choice = self._unless_faint(choice, target, wording)
        if target.ordinal is not None and not wording.colours and not wording.anything:
            choice = _unless_unlike(choice, rated)
        return Regions(
            items=tuple(self._region(each, wording) for each in choice.meant),
            near_misses=tuple(
                replace(self._region(each, wording), mask=None) for each in choice.near_misses
            ),
            ambiguous=choice.ambiguous,
            note="" if choice.meant else _nothing(target, wording),
        )

    def _can_tell(self, target: Target, wording: Wording) -> bool:
        placed = target.position is not None or target.ordinal is not None
        related = target.relation is not None and len(self.find(target.relation.anchor)) > 0
        named = wording.colours or wording.sizes or wording.main or wording.anything
        return bool(named or placed or related) or self._alone()

    def _unsure_what_stays(self, target: Target) -> Regions | None:
        """A refusal when what is not meant cannot be told from what is."""
        for unwanted in target.exclude:
            found = self.find(unwanted)
            if found.ambiguous:
                note = (
                    f"'{unwanted.phrase}' fits {len(found)} things. Say which of them is to stay."
                )
                misses = tuple(
                    replace(each, mask=None, refusal="may be what stays") for each in found
                )
                return Regions(near_misses=misses, note=note)
            if not len(found):
                note = f"I cannot find {unwanted.phrase}, which is to stay. {found.note}".strip()
                return Regions(near_misses=found.near_misses, note=note)
        return None

    def _alone(self) -> bool:
        """Whether there is one thing only, so that any noun means it."""
        things = self._objects()
        rivals = [item for item in things[1:] if item.objectness >= _RIVAL * things[0].objectness]
        return bool(things) and things[0].objectness >= _CLEAR and not rivals

    def _rate(
        self, target: Target, wording: Wording, least: float | None = None
    ) -> list[Rated[Candidate]]:
        """All candidates with their scores; what does not fit carries a refusal.

        Where nothing is said of a colour, what is at least a thing counts as much as a clear one
        if `least` is less than usual.
        """
        aside = self._aside(target)
        if wording.colours:
            rated = by_colours(self._scene, self._things, wording.colours, aside)
        elif wording.main and wants_subject(target, wording):
            subject = self._subject()
            rated = [] if subject is None else [Rated(subject, subject.score, _stands_out(subject))]
        else:
            plain = _PLAIN if least is None else least
            least = self._faintest if least is None else least
            rated = [
                if_thing(Rated(item, min(1.0, item.objectness / plain), _stands_out(item)), least)
                for item in self._things.cut(aside=aside)
            ]
        return narrow(
            rated,
            target,
            wording.sizes,
            anchors=self._anchors,
            excluded=lambda _: (),  # they are set aside
            overlap=share_of_smaller,
        )

    def _unless_faint(
        self, choice: Choice[Candidate], target: Target, wording: Wording
    ) -> Choice[Candidate]:
        """A question where another thing were meant if what stands out little were a thing too."""
        largest = max(each.item.area for each in choice.meant)
        rated = self._rate(target, wording, least=self._perhaps)
        sure = [each.item for each in rated if each.item.objectness >= self._faintest]
        rated = [
            each
            for each in rated
            if each.item.objectness >= self._faintest
            or (each.item.area >= _SIZEABLE * largest and _alone(each.item, sure))
        ]
        others = choose(target, rated, main=False).meant
        boxes = {each.item.box for each in choice.meant}
        if {each.item.box for each in others} == boxes:
            return choice
        more = [each for each in others if each.item.box not in boxes]
        meant = [*choice.meant, *more]
        return Choice(meant, choice.near_misses, ambiguous=len(meant) > 1)

    def _anchors(self, anchor: Target) -> Sequence[Region]:
        """Where the thing is that another is related to; all that it may be, if that is open."""
        found = self.find(anchor)
        return found.items if found.ambiguous else found[:1]

    def _aside(self, target: Target) -> BoolArray | None:
        """The pieces of the things that the target is related to, or that are not meant."""
        others = [region for unwanted in target.exclude for region in self.find(unwanted)]
        if target.relation is not None:
            others += self._anchors(target.relation.anchor)
        pieces = self._scene.pieces
        joined = np.zeros(pieces.count, bool)
        for region in others:
            if region.mask is not None:
                small = cv2.resize(region.mask.array, pieces.labels.shape[::-1])
                joined |= pieces.mean(small) > 0.5
        return joined if joined.any() else None

    def _objects(self) -> list[Candidate]:
        return self._things.cut()

    def _subject(self) -> Candidate | None:
        return main_subject(self._scene)

    def _background(self) -> Regions:
        """Everything but the main subject."""
        subject = self._subject()
        height, width = self._scene.shape
        outside = np.ones(self._scene.shape, np.float32)
        if subject is not None:
            outside -= self._scene.mask(subject.members).array
        mask = Mask(outside, "attributes")
        score = subject.score if subject is not None else 0.5
        evidence = ("everything but the main subject",)
        box = (0.0, 0.0, float(width), float(height))
        return Regions((Region(box, float(score), "background", mask, evidence),))

    def _region(self, each: Rated[Candidate], wording: Wording) -> Region:
        return Region(
            box=each.item.box,
            score=float(np.clip(each.score, 0, 1)),
            label=_label(each.item, wording),
            mask=self._scene.mask(each.item.members),
            evidence=each.evidence,
            unchecked=wording.unchecked,
            refusal=each.refusal,
            doubt=doubt_of(each.item) if wording.main else "",
        )


def _unless_unlike(
    choice: Choice[Candidate], rated: Sequence[Rated[Candidate]]
) -> Choice[Candidate]:
    """Of things of many shapes, "the second bottle" is a question: not all may be bottles."""
    if not choice.meant:
        return choice
    best = max(each.score for each in rated if not each.refusal)
    counted = [each for each in rated if not each.refusal and each.score >= _COUNTED * best]
    sides = [
        (each.item.box[2] - each.item.box[0], each.item.box[3] - each.item.box[1])
        for each in counted
    ]
    slender = [width / height for width, height in sides]
    area = [each.item.area for each in counted]
    if max(slender) < _SHAPES * min(slender) and max(area) < _SIZES * min(area):
        return choice
    others = [each for each in counted if each.item is not choice.meant[0].item]
    return Choice([*choice.meant, *others], choice.near_misses, ambiguous=bool(others))


def _alone(item: Candidate, things: Sequence[Candidate]) -> bool:
    """Whether something lies clear of all things: beside one it may be its mirror image."""
    x0, y0, x1, y1 = item.box
    margin = _CLEAR_OF * max(x1 - x0, y1 - y0)
    about = (x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    return not any(shared_area(about, thing.box) for thing in things)


def _stands_out(item: Candidate) -> tuple[str, ...]:
    return (f"stands out: {item.objectness:.2f}",)


def _label(item: Candidate, wording: Wording) -> str:
    colour = " and ".join(colour.words for colour in wording.colours)
    return f"{colour} thing {place_words(item.centre)}".strip()


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"


def _ignorance(target: Target) -> str:
    noun = target.head or target.phrase
    return (
        f"I can find things here by {_ABILITIES}; I don't know what {_article(noun)} '{noun}' "
        "looks like. Add a colour or a place, point at it with --point, or use a pipeline with a "
        "detector: autoedit pipelines"
    )


def _nothing(target: Target, wording: Wording) -> str:
    if wording.colours:
        colour = " and ".join(colour.words for colour in wording.colours)
        return f"I see nothing {colour} here that fits '{target.phrase}'."
    if wording.main:
        return (
            "Nothing here is clearly the main subject. Draw a --box round it, or name it by colour "
            "or place, as in 'the dark green bottle' or 'the object on the left'."
        )
    return f"I see nothing here that fits '{target.phrase}'."
