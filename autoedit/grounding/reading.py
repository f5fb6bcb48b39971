"""A photo as one way of telling things has it: which of them a phrase means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from autoedit.core.mask import BoolArray, Mask
from autoedit.core.plan import Position, Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import Candidate
from autoedit.grounding.choosing import BEATEN, Choice, Rated, choose, narrow
from autoedit.grounding.coloured import FAINTEST, by_colours, if_thing
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.mirrored import without_mirrored
from autoedit.grounding.places import fit_position, place_words, share_of_smaller
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject import doubt_of, main_subject
from autoedit.grounding.things import Things
from autoedit.grounding.wording import BACKGROUND, Wording, read, wants_subject

_CLEAR = 0.45  # objectness from which a thing that is alone is meant by any noun
_RIVAL = 0.6  # of the clearest thing's objectness: what may be meant instead
_PLAIN = 0.65  # objectness of what surely is a thing
_COUNTED, _SHAPES, _SIZES = 0.45, 1.4, 2.5  # score of what counts; how unlike these may be
_AS_MUCH = 0.9  # of how well the best fits a colour: fits it as well
_DOUBTFUL = 0.12  # probability of being wrong from which a question is better
_NEVER, _SURELY = 0.1, 0.97  # probability of what is no thing, and of what is one
_THERE = 0.5  # fit from which a thing that is alone is at a place
_SAME = 0.6  # intersection over union of two outlines of one thing
_MIRRORED = ("reflection", "image")  # nouns of what is else no thing of its own
_ABILITIES = "colour, place, size, or as the main subject"


class Reading:
    """A photo as one way of telling things has it.

    Args:
        scene: the photo.
        things: what could be a thing in it.
        faintest: objectness below which that is none.
        subject: tells what the photo is of; the main subject by default.
    """

    def __init__(
        self, scene: Scene, things: Things | LikelyThings, faintest: float = FAINTEST,
        subject: Callable[[], Candidate | None] | None = None,
    ) -> None:  # fmt: skip
        self._scene, self._things, self._faintest = scene, things, faintest
        self._subject = subject or partial(main_subject, scene)

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first."""
        if target.head in BACKGROUND:
            return self._background()
        wording = read(target)
        if not self._can_tell(target, wording):
            return Regions(note=ignorance(target))
        if (doubt := self._unsure_what_stays(target)) is not None:
            return doubt
        choice = self._choose(target, wording, self._things)
        if self._unsure_of_relation(target, wording):
            choice = replace(choice, ambiguous=bool(choice.meant))
        if choice.meant and not choice.ambiguous and isinstance(self._things, LikelyThings):
            choice = self._unless_doubtful(self._things, choice, target, wording)
        if target.position is not None and target.quantity != "all":
            choice = _unless_elsewhere(choice, target.position)
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

    def _unsure_of_relation(self, target: Target, wording: Wording) -> bool:
        """Whether hardly more is said than what a thing is related to, and that is not to be seen.

        A colour tells enough without; and a noun alone, as in "on the table", is ground as a rule.
        """
        if target.relation is None or wording.colours or target.position is not None:
            return False
        anchor = target.relation.anchor
        return bool(read(anchor).colours) and not self.find(anchor)

    def _alone(self) -> bool:
        """Whether there is one thing only, so that any noun means it."""
        things = self._objects()
        if not things or things[0].objectness < _CLEAR:
            return False
        if isinstance(self._things, LikelyThings):
            # Of two things that a noun may name, one as a rule is as likely meant as the other.
            none = float(np.prod([1 - item.objectness for item in things[1:]]))
            return (1 - none) / 2 < _DOUBTFUL
        return all(item.objectness < _RIVAL * things[0].objectness for item in things[1:])

    def _rate(
        self, target: Target, wording: Wording, things: Things | LikelyThings
    ) -> list[Rated[Candidate]]:
        """All candidates with their scores; what does not fit carries a refusal."""
        aside = self._aside(target)
        if wording.colours:
            rated = by_colours(self._scene, things, wording.colours, aside)
        elif wording.main and wants_subject(target, wording):
            subject = self._subject()
            rated = [] if subject is None else [Rated(subject, subject.score, _stands_out(subject))]
        else:
            least = self._faintest
            rated = [
                if_thing(Rated(item, min(1.0, item.objectness / _PLAIN), _stands_out(item)), least)
                for item in things.cut(aside=aside)
            ]
        return narrow(
            rated,
            target,
            wording.sizes,
            anchors=self._anchors,
            excluded=lambda _: (),  # they are set aside
            overlap=share_of_smaller,
        )

    def _choose(
        self, target: Target, wording: Wording, things: Things | LikelyThings
    ) -> Choice[Candidate]:
        """What is meant, if these are the things."""
        rated = self._rate(target, wording, things)
        if target.head not in _MIRRORED:
            best = max((each.score for each in rated if not each.refusal), default=0.0)
            rated = without_mirrored(self._scene, rated, _COUNTED * best)
        choice = choose(target, rated, main=wording.main)
        if target.ordinal is not None and not wording.colours and not wording.anything:
            choice = _unless_unlike(choice, rated)
        told_apart = target.position or target.relation or target.ordinal or wording.sizes
        if wording.colours and not told_apart and target.quantity != "all":
            choice = _unless_alike(choice, rated)
        return choice

    def _unless_doubtful(
        self, likely: LikelyThings, choice: Choice[Candidate], target: Target, wording: Wording
    ) -> Choice[Candidate]:
        """A question where too likely another answer were right.

        That is how likely each thing is none, or each other group one, where it changes the answer.
        """
        doubt, more = 0.0, list[Rated[Candidate]]()
        for item in self._unsure(likely, choice):
            wrong = min(item.objectness, 1 - item.objectness)
            taken = item.objectness >= self._faintest
            things = likely.supposing(item.members, thing=not taken)
            other = self._choose(target, wording, things)
            if self._same(choice.meant, other.meant):
                continue
            doubt += wrong
            more += [
                _as_likely(each, item)
                for each in other.meant
                if not self._among(each, [*choice.meant, *more])
            ]
        if doubt < _DOUBTFUL:
            return choice
        return Choice([*choice.meant, *more], choice.near_misses, ambiguous=True)

    def _unsure(self, likely: LikelyThings, choice: Choice[Candidate]) -> list[Candidate]:
        """What may or may not be a thing, and what the one that is meant may be a part of."""
        known = self._objects()
        known += [each.item for each in choice.meant if not any(
            (each.item.members == one.members).all() for one in known)]  # fmt: skip
        if len(choice.meant) == 1 and choice.meant[0].item.objectness < _SURELY:
            known += likely.wholes(choice.meant[0].item.members)
        return [item for item in known if _NEVER < item.objectness < _SURELY]

    def _same(self, first: list[Rated[Candidate]], second: list[Rated[Candidate]]) -> bool:
        """Whether two answers are of the same things."""
        return all(self._among(each, second) for each in first) and all(
            self._among(each, first) for each in second
        )

    def _among(self, each: Rated[Candidate], others: list[Rated[Candidate]]) -> bool:
        area, own = self._scene.pieces.area, each.item.members
        return any(
            area[own & other.item.members].sum() > _SAME * area[own | other.item.members].sum()
            for other in others
        )

    def _anchors(self, anchor: Target) -> Sequence[Region]:
        """Where the thing is that another is related to; all that it may be, if that is open."""
        found = self.find(anchor)
        return found.items if found.ambiguous else found[:1]

    def _aside(self, target: Target) -> BoolArray | None:
        """The pieces of the things that the target is related to, or that are not meant."""
        others = [region for unwanted in target.exclude for region in self.find(unwanted)]
        if target.relation is not None:
            others += self._anchors(target.relation.anchor)
        joined = self._scene.members(others)
        return joined if joined.any() else None

    def _objects(self) -> list[Candidate]:
        return self._things.cut()

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


def _unless_elsewhere(choice: Choice[Candidate], position: Position) -> Choice[Candidate]:
    """A question where only one thing is seen, and that hardly at its place: it may be two."""
    if choice.ambiguous or len(choice.meant) != 1:
        return choice
    (best,) = choice.meant
    rivals = any(each.score >= _COUNTED * best.score and each.refusal == BEATEN
                 for each in choice.near_misses)  # fmt: skip
    elsewhere = fit_position(best.item, position) < _THERE
    return replace(choice, ambiguous=True) if elsewhere and not rivals else choice


def _unless_alike(
    choice: Choice[Candidate], rated: Sequence[Rated[Candidate]]
) -> Choice[Candidate]:
    """Of two things of one colour none is meant more, if one of them stands out more clearly."""
    if choice.ambiguous or len(choice.meant) != 1:
        return choice
    (best,) = choice.meant
    alike = [
        each
        for each in rated
        if not each.refusal
        and each.item is not best.item
        and each.item.match >= _AS_MUCH * best.item.match
        and each.score >= _COUNTED * best.score
    ]
    if not alike:
        return choice
    misses = [each for each in choice.near_misses if all(each.item is not a.item for a in alike)]
    return Choice([best, *alike], misses, ambiguous=True)


def _stands_out(item: Candidate) -> tuple[str, ...]:
    return (f"stands out: {item.objectness:.2f}",)


def _label(item: Candidate, wording: Wording) -> str:
    colour = " and ".join(colour.words for colour in wording.colours)
    return f"{colour} thing {place_words(item.centre)}".strip()


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"


def _as_likely(each: Rated[Candidate], supposed: Candidate) -> Rated[Candidate]:
    """What was rated as if it were a thing, rated by how likely that is."""
    if not (each.item.members == supposed.members).all():
        return each
    (before,), (likely,) = _stands_out(each.item), _stands_out(supposed)
    evidence = tuple(likely if said == before else said for said in each.evidence)
    return replace(each, score=each.score * supposed.objectness, evidence=evidence)


def ignorance(target: Target) -> str:
    """That nothing is known of the look of what a noun names, in one line."""
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
