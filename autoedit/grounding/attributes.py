"""Grounding without weights: by colour, place, size, and what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autoedit.core.mask import FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import Candidate, by_colour, by_salience
from autoedit.grounding.choosing import Rated, choose, narrow
from autoedit.grounding.places import place_words, share_of_smaller
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject import main_subject
from autoedit.grounding.wording import BACKGROUND, Colour, Wording, read, wants_subject

_FAINTEST_MATCH = 0.25  # below which a colour is another one
_PLAUSIBLE = 0.1  # score below which a candidate is no thing at all
_ABILITIES = "colour, place, size, or as the main subject"


class AttributeGrounder:
    """Finds what a phrase says of colour, place, size and salience; nouns stay unchecked."""

    def prepare(self, photo: Photo) -> PreparedAttributes:
        """Cut the photo into superpixels and weigh what stands out."""
        return PreparedAttributes(Scene.of(photo))


class PreparedAttributes:
    """One photo, ready to be asked about many targets."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._things: list[Candidate] | None = None

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first; see `autoedit.grounding`."""
        if target.head in BACKGROUND:
            return self._background()
        wording = read(target)
        if not self._can_tell(target, wording):
            return Regions(note=_ignorance(target))
        rated = self._rate(target, wording)
        choice = choose(target, rated, main=wording.main)
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
        return bool(named or placed or related)

    def _rate(self, target: Target, wording: Wording) -> list[Rated[Candidate]]:
        """All candidates with their scores; what does not fit carries a refusal."""
        if wording.colours:
            rated = self._by_colours(wording.colours)
        else:
            items = self._objects()
            subject = self._subject() if wants_subject(target, wording) else None
            if subject is not None:
                items = [subject]
            rated = [Rated(item, item.score, (f"stands out: {item.match:.2f}",)) for item in items]
        rated = [_too_unlike(each) for each in rated]
        return narrow(
            rated,
            target,
            wording.sizes,
            anchors=lambda anchor: self.find(anchor)[:1],
            excluded=lambda unwanted: self.find(unwanted).items,
            overlap=share_of_smaller,
        )

    def _objects(self) -> list[Candidate]:
        if self._things is None:
            self._things = by_salience(self._scene)
        return self._things

    def _subject(self) -> Candidate | None:
        return main_subject(self._scene)

    def _by_colours(self, colours: Sequence[Colour]) -> list[Rated[Candidate]]:
        maps = [self._tinted(colour) for colour in colours]
        joint = np.max(maps, axis=0)
        area = self._scene.pieces.area
        rated: list[Rated[Candidate]] = []
        for item in by_colour(self._scene, joint):
            shares = [
                float(np.average(one[item.members] > 0.35, weights=area[item.members]))
                for one in maps
            ]
            evidence = tuple(
                f"colour {colour.words}: {item.match if len(maps) == 1 else share:.2f}"
                for colour, share in zip(colours, shares, strict=True)
            )
            missing = [c.words for c, s in zip(colours, shares, strict=True) if s < 0.12]
            refusal = f"no {missing[0]} on it" if len(maps) > 1 and missing else ""
            score = item.score * (min(shares) * len(shares)) ** 0.5 if len(maps) > 1 else item.score
            rated.append(Rated(item, min(1.0, score), evidence, refusal))
        largest = max((each.item.area for each in rated), default=1.0)
        return [
            replace(each, score=each.score * (each.item.area / largest) ** 0.2) for each in rated
        ]

    def _tinted(self, colour: Colour) -> FloatArray:
        """A colour's likelihood per piece, with "dark", "light" and "bright"."""
        likelihood = self._scene.colour_map(colour.name)
        lab = self._scene.pieces.colour
        lightness = lab[:, 0] * (100 / self._scene.white)
        if colour.tone:
            middle = 42.0 if colour.tone < 0 else 52.0
            likelihood = likelihood / (1 + np.exp((middle - lightness) * colour.tone / 6))
        if colour.vivid:
            chroma = np.hypot(lab[:, 1], lab[:, 2])
            likelihood = likelihood / (1 + np.exp((35 - chroma) / 8))
        return likelihood.astype(np.float32)

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
        )


def _too_unlike(each: Rated[Candidate]) -> Rated[Candidate]:
    if each.refusal:
        return each
    if each.item.match < _FAINTEST_MATCH:
        return replace(each, refusal="the match is too faint")
    if each.score >= _PLAUSIBLE:
        return each
    if each.item.area > 0.3 or each.item.objectness < 0.25:
        return replace(each, refusal="looks like background, not a thing")
    return replace(each, refusal="the match is too faint")


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
    return f"I see nothing here that fits '{target.phrase}'."
