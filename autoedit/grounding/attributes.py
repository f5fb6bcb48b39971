"""Grounding without weights: by colour, place, size, and what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from autoedit.core.mask import FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.grounding.candidates import Candidate, by_colour, by_salience, main_subject
from autoedit.grounding.places import fit_position, fit_relation, fit_size, in_order
from autoedit.grounding.scene import Scene
from autoedit.grounding.wording import Colour, Wording, read

_FAINTEST_MATCH = 0.25  # below which a colour is another one
_PLAUSIBLE = 0.1  # score below which a candidate is no thing at all
_SAME_KIND = 0.45  # of the best score: what counts among "all", "both", "second"
_AS_GOOD = 0.8  # of the best score: too close to call
_NEAR_MISSES = 5
_ABILITIES = "colour, place, size, or as the main subject"


@dataclass(frozen=True, slots=True, eq=False)
class _Rated:
    """A candidate with how well it fits, and why."""

    item: Candidate
    score: float
    evidence: tuple[str, ...] = ()
    refusal: str = ""


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
        if target.head in ("background", "backdrop", "surroundings"):
            return self._background()
        wording = read(target)
        if not self._can_tell(target, wording):
            return Regions(note=_ignorance(target))
        rated = self._rate(target, wording)
        fitting = [each for each in rated if not each.refusal]
        refused = [each for each in rated if each.refusal]
        chosen, ambiguous = _choose(target, wording, fitting)
        left = [each for each in fitting if not any(each is one for one in chosen)]
        misses = [replace(each, refusal="others fit better") for each in left] + refused
        misses.sort(key=lambda each: -each.score)
        return Regions(
            items=tuple(self._region(each, wording) for each in chosen),
            near_misses=tuple(
                replace(self._region(each, wording), mask=None) for each in misses[:_NEAR_MISSES]
            ),
            ambiguous=ambiguous,
            note="" if chosen else _nothing(target, wording),
        )

    def _can_tell(self, target: Target, wording: Wording) -> bool:
        placed = target.position is not None or target.ordinal is not None
        related = target.relation is not None and len(self.find(target.relation.anchor)) > 0
        named = wording.colours or wording.sizes or wording.main or wording.anything
        return bool(named or placed or related)

    def _rate(self, target: Target, wording: Wording) -> list[_Rated]:
        """All candidates with their scores; what does not fit carries a refusal."""
        if wording.colours:
            rated = self._by_colours(wording.colours)
        else:
            items = self._objects()
            subject = self._subject() if _wants_subject(target, wording) else None
            if subject is not None:
                items = [subject]
            rated = [_Rated(item, item.score, (f"stands out: {item.match:.2f}",)) for item in items]
        rated = [_too_unlike(each) for each in rated]
        rated = _by_place(rated, target)
        rated = self._by_relation(rated, target)
        rated = self._without_excluded(rated, target)
        return _by_size(rated, wording.sizes)

    def _objects(self) -> list[Candidate]:
        if self._things is None:
            self._things = by_salience(self._scene)
        return self._things

    def _subject(self) -> Candidate | None:
        return main_subject(self._scene)

    def _by_colours(self, colours: Sequence[Colour]) -> list[_Rated]:
        maps = [self._tinted(colour) for colour in colours]
        joint = np.max(maps, axis=0)
        area = self._scene.pieces.area
        rated: list[_Rated] = []
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
            rated.append(_Rated(item, min(1.0, score), evidence, refusal))
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

    def _by_relation(self, rated: list[_Rated], target: Target) -> list[_Rated]:
        if target.relation is None or target.relation.kind in ("of", "with", "wearing", "holding"):
            return rated
        anchors = self.find(target.relation.anchor)
        phrase = target.relation.anchor.phrase
        words = target.relation.kind.replace("_", " ")
        if not len(anchors):
            return [
                replace(each, evidence=(*each.evidence, f"not checked: {words} {phrase}"))
                for each in rated
            ]
        anchor = anchors[0].box
        result: list[_Rated] = []
        for each in rated:
            fit = fit_relation(each.item.box, anchor, target.relation.kind)
            if fit is None:
                result.append(each)
                continue
            if _overlap(each.item.box, anchor) > 0.8 and target.relation.kind not in ("on", "in"):
                fit = 0.0
            refusal = each.refusal or (f"not {words} {phrase}" if fit < 0.1 else "")
            evidence = (*each.evidence, f"{words} {phrase}: {fit:.2f}")
            result.append(_Rated(each.item, each.score * fit, evidence, refusal))
        return result

    def _without_excluded(self, rated: list[_Rated], target: Target) -> list[_Rated]:
        result = rated
        for unwanted in target.exclude:
            found = self.find(unwanted)
            for region in found:
                result = [
                    replace(each, refusal=f"is {unwanted.phrase}")
                    if not each.refusal and _overlap(each.item.box, region.box) > 0.5
                    else each
                    for each in result
                ]
        return result

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

    def _region(self, each: _Rated, wording: Wording) -> Region:
        return Region(
            box=each.item.box,
            score=float(np.clip(each.score, 0, 1)),
            label=_label(each.item, wording),
            mask=self._scene.mask(each.item.members),
            evidence=each.evidence,
            unchecked=wording.unchecked,
            refusal=each.refusal,
        )


def _wants_subject(target: Target, wording: Wording) -> bool:
    """Whether the phrase means the photo's subject rather than one thing among others."""
    placed = target.position or target.ordinal is not None or target.relation or wording.sizes
    if placed or target.exclude or target.quantity != "one":
        return False
    return wording.main or wording.anything


def _too_unlike(each: _Rated) -> _Rated:
    if each.refusal:
        return each
    if each.item.match < _FAINTEST_MATCH:
        return replace(each, refusal="the match is too faint")
    if each.score >= _PLAUSIBLE:
        return each
    if each.item.area > 0.3 or each.item.objectness < 0.25:
        return replace(each, refusal="looks like background, not a thing")
    return replace(each, refusal="the match is too faint")


def _by_place(rated: list[_Rated], target: Target) -> list[_Rated]:
    position = target.position
    if position is None:
        return rated
    result: list[_Rated] = []
    for each in rated:
        fit = fit_position(each.item, position)
        words = position.replace("_", " ")
        refusal = each.refusal or (f"not at the {words}" if fit < 0.05 else "")
        evidence = (*each.evidence, f"{words}: {fit:.2f}")
        result.append(_Rated(each.item, each.score * fit, evidence, refusal))
    return result


def _by_size(rated: list[_Rated], words: Sequence[str]) -> list[_Rated]:
    best = max((each.score for each in rated if not each.refusal), default=0.0)
    equals = [each for each in rated if not each.refusal and each.score >= _SAME_KIND * best]
    for word in words:
        if not equals:
            break
        fits = fit_size([each.item for each in equals], word)
        equals = [
            _Rated(each.item, each.score * fit, (*each.evidence, f"{word}: {fit:.2f}"))
            for each, fit in zip(equals, fits, strict=True)
        ]
    kept = {id(each.item) for each in equals}
    return equals + [each for each in rated if id(each.item) not in kept]


def _choose(target: Target, wording: Wording, fitting: list[_Rated]) -> tuple[list[_Rated], bool]:
    """Those that are meant, and whether it is a toss-up."""
    fitting = sorted(fitting, key=lambda each: -each.score)
    if not fitting:
        return [], False
    kind = [each for each in fitting if each.score >= _SAME_KIND * fitting[0].score]
    if target.ordinal is not None:
        ordered = in_order([each.item for each in kind], target.ordinal_from)
        index = target.ordinal - 1 if target.ordinal > 0 else target.ordinal
        if not -len(ordered) <= index < len(ordered):
            return [], False
        meant = ordered[index]
        return [each for each in kind if each.item is meant], False
    if target.quantity == "all":
        return kind, False
    if target.quantity.isdigit() and int(target.quantity) > 1:
        wanted = int(target.quantity)
        taken = kind[:wanted]
        rest = kind[wanted:]
        close = bool(rest) and rest[0].score >= _AS_GOOD * taken[-1].score
        return (kind if close else taken), close
    if wording.main:
        return fitting[:1], False
    close = [each for each in fitting if each.score >= _AS_GOOD * fitting[0].score]
    return close, len(close) > 1


def _overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Shared area over the smaller box's."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return width * height / (min(areas) + 1e-6)


def _label(item: Candidate, wording: Wording) -> str:
    x, y = item.centre
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    down = "upper" if y < 0.33 else "lower" if y > 0.67 else ""
    place = f"on the {down} {across}".replace("  ", " ").rstrip() if across else "in the middle"
    if down and not across:
        place = "at the top" if down == "upper" else "at the bottom"
    colour = " and ".join(colour.words for colour in wording.colours)
    return f"{colour} thing {place}".strip()


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
