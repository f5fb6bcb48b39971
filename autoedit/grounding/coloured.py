"""Things of a colour: by how much of each people would call by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.grounding.candidates import Candidate, describe
from autoedit.grounding.choosing import Rated
from autoedit.grounding.colour_names import EVERYDAY
from autoedit.grounding.hierarchy import in_hull
from autoedit.grounding.likely_things import LikelyThings
from autoedit.grounding.scene import Scene
from autoedit.grounding.things import Things
from autoedit.grounding.wording import Colour

FAINTEST = 0.33
"""Objectness below which a candidate is no thing."""
_FAINT = "looks like background, not a thing"
_BARELY = 0.7  # of the objectness of what is taken: what may be meant as well
_SO_CALLED = 0.5  # likelihood from which people would call a piece by a colour
_MOSTLY, _PARTLY = 0.6, 0.2  # share of a thing that is red, or in each colour if it has several
_MISSING = 0.55  # fit below which a thing has another colour
# Share from which a part is all of a colour; and below, a whole is not.
_WHOLLY, _MIXED = 0.85, 0.75
_CLEARLY = 0.6  # likelihood of a colour, of what people would call by it, that leaves no doubt
_CAP = 0.04  # share of a thing: less that hangs on it is rather its cap or handle than ground
_ALIKE, _COMMON = 8.0, 0.4  # CIELAB; areas of the thing that a colour must cover elsewhere
_PART, _OWN = 0.45, 0.6  # objectness of a part of a thing; of one that is rather a thing of its own
_DOUBT = 1.1  # times that of the whole: how doubtful what is rather a thing of its own may be
_DETAIL = 0.25  # share of a thing that is but a detail of it
_SPECK = 0.005  # of a photo: less of a colour than this is none of its things
_SURELY = 0.5  # how much it counts that nobody would call it otherwise
_THINGNESS, _IN_VIEW = 0.5, 0.15  # how much it counts to be clearly a thing, and a large one


def by_colours(
    scene: Scene,
    things: Things | LikelyThings,
    colours: Sequence[Colour],
    aside: BoolArray | None = None,
) -> list[Rated[Candidate]]:
    """Things by how much of each has the colours; the others say what they lack.

    A thing is taken whole, with its wheels and windows. A part of one is taken instead when it has
    the colour and its thing has not: one of two dogs that run side by side.

    Args:
        scene: the photo.
        things: what could be a thing in it.
        colours: all of them must be there.
        aside: bool (N,), pieces that are known to be of other things.
    """
    return _Colours(scene, things, colours).rated(aside)


def share_of(scene: Scene, members: BoolArray, colours: Sequence[Colour]) -> float:
    """How much of some pieces, bool (N,), people would call by the colours, in [0, 1].

    Little where one of several is hardly there.
    """
    weights = scene.pieces.area[members]
    shares = [
        float(np.average(np.clip(_tinted(scene, one) / _SO_CALLED, 0, 1)[members], weights=weights))
        for one in colours
    ]
    mixed = min(1.0, min(shares) / _PARTLY) if len(shares) > 1 else 1.0
    return min(1.0, sum(shares)) * mixed


def occurs(scene: Scene, colours: Sequence[Colour]) -> bool:
    """Whether more than a speck of a photo may be called by one of the colours."""
    called = np.max([_tinted(scene, one) for one in colours], axis=0) > _SO_CALLED / 2
    return bool(scene.pieces.area[called].sum() > _SPECK * scene.pieces.area.sum())


def if_thing(each: Rated[Candidate], least: float = FAINTEST) -> Rated[Candidate]:
    """Refused where it hardly looks like a thing: where its objectness is below the `least`."""
    if each.refusal or each.item.objectness >= least:
        return each
    return replace(each, refusal=_FAINT)


class _Colours:
    def __init__(
        self, scene: Scene, things: Things | LikelyThings, colours: Sequence[Colour]
    ) -> None:
        self._scene, self._things, self._colours = scene, things, colours
        self._maps = [np.clip(_tinted(scene, one) / _SO_CALLED, 0, 1) for one in colours]
        self._area = scene.pieces.area

    def rated(self, aside: BoolArray | None) -> list[Rated[Candidate]]:
        wholes = [self._rate(item) for item in self._things.cut(aside=aside)]
        shares = [self._things.share(one) for one in self._maps]
        total = np.sum(shares, axis=0)
        strict = self._things.cut(np.where(total > _WHOLLY, _fits(shares), 0), aside)
        own = [self._rate(item) for item in strict if self._stands_alone(item, wholes)]
        lax = [self._rate(item) for item in self._things.cut(_fits(shares), aside)]
        lax = [each for each in lax if not self._within(each.item, wholes)]
        kept: list[Rated[Candidate]] = []
        taken = np.zeros(self._scene.pieces.count, bool)
        for each in (*own, *(one for one in wholes if not one.refusal), *lax):
            if self._held(each.item.members, taken) < 0.3:
                kept.append(each)
                taken |= each.item.members
        kept += [one for one in wholes if one.refusal and not (one.item.members & taken).any()]
        kept = _with_rivals(kept)
        kept = [each if each.refusal else self._without_ground(each) for each in kept]
        largest = max((each.item.area for each in kept if not each.refusal), default=1.0)
        return [
            replace(each, score=each.score * min(1.0, each.item.area / largest) ** _IN_VIEW)
            for each in kept
        ]

    def _without_ground(self, each: Rated[Candidate]) -> Rated[Candidate]:
        """A thing without what hangs on it in the ground's colours: bricks round a vase.

        That is what has none of the colour, reaches beyond the hull of what has it, and is of a
        colour that is common elsewhere.
        """
        members, colour = each.item.members, self._scene.pieces.colour
        own = members & (np.max(self._maps, axis=0) > _CLEARLY)
        if not own.any():
            return each
        doubtful = np.flatnonzero(members & ~own & (in_hull(self._scene.pieces, own) < 0.5))
        elsewhere = ~members & (self._scene.background > 0.5)
        apart = np.linalg.norm(colour[doubtful][:, None] - colour[elsewhere][None], axis=2)
        common = (apart < _ALIKE) @ self._area[elsewhere] > _COMMON * self._area[members].sum()
        kept = members.copy()
        kept[doubtful[common]] = False
        if self._held(members, ~kept) < _CAP:
            return each
        item = each.item
        return replace(each, item=describe(self._scene, kept, item.match, item.objectness))

    def _held(self, members: BoolArray, other: BoolArray) -> float:
        """The share of a group that lies in another."""
        return float(self._area[members & other].sum() / self._area[members].sum())

    def _stands_alone(self, item: Candidate, wholes: Sequence[Rated[Candidate]]) -> bool:
        """Whether a part is a thing of the colour where the whole round it is of several."""
        if item.objectness < _OWN or self._within(item, wholes):
            return False
        return all(
            float(each.item.match) < _MIXED
            and 1 - item.objectness < _DOUBT * (1 - each.item.objectness)
            for each in wholes
            if self._held(item.members, each.item.members) > 0.5
        )

    def _within(self, item: Candidate, wholes: Sequence[Rated[Candidate]]) -> bool:
        """Whether something is a mere detail of a clear thing, or holds several."""
        size, things = self._area[item.members].sum(), 0
        for each in wholes:
            whole = each.item
            clear = whole.objectness >= _PART
            if self._held(item.members, whole.members) >= 0.5:
                small = clear and size < _DETAIL * self._area[whole.members].sum()
                faint = item.objectness < min(_PART, whole.objectness)
                if small or (faint and item.match < _WHOLLY):
                    return True
            things += clear and self._held(whole.members, item.members) > 0.5
        return things > 1

    def _rate(self, item: Candidate) -> Rated[Candidate]:
        """A thing with how much of it has each colour as evidence, or as why it is refused."""
        weights, colours = self._area[item.members], self._colours
        shares = [float(np.average(one[item.members], weights=weights)) for one in self._maps]
        fit = float(_fits([np.array([share], np.float32) for share in shares])[0])
        evidence = tuple(
            f"colour {colour.words}: {share:.2f}"
            for colour, share in zip(colours, shares, strict=True)
        )
        least = int(np.argmin(shares))
        refusal, surely = "", 1.0
        if not fit:
            said = "not" if shares[least] < 0.1 else f"only {shares[least]:.0%} of it is"
            refusal = f"{said} {colours[least].words}"
        elif len(colours) == 1 and colours[0].name in EVERYDAY:
            named = np.average(self._scene.everyday[item.members], axis=0, weights=weights)
            own = float(named[EVERYDAY.index(colours[0].name)])
            rival = float(np.delete(named, EVERYDAY.index(colours[0].name)).max())
            fit *= own / float(named.max())
            surely = own / (own + rival + 1e-6)
            if fit < _MISSING:
                refusal = f"rather {EVERYDAY[int(named.argmax())]} than {colours[0].words}"
        score = max(fit, 0.5 * shares[least]) * item.objectness**_THINGNESS * surely**_SURELY
        item = replace(item, match=min(1.0, sum(shares)))
        return if_thing(Rated(item, score, evidence, refusal))


def _with_rivals(rated: list[Rated[Candidate]]) -> list[Rated[Candidate]]:
    """Where what is taken is no clear thing itself, others as faint may be meant as well."""
    best = max((each.item.objectness for each in rated if not each.refusal), default=1.0)
    least = _BARELY * best if best < _OWN else 1.0
    return [
        replace(each, refusal="")
        if each.refusal == _FAINT and each.item.objectness > least
        else each
        for each in rated
    ]


def _tinted(scene: Scene, colour: Colour) -> FloatArray:
    """A colour's likelihood per piece, with "dark", "light" and "bright"."""
    likelihood = scene.colour_map(colour.name)
    lab = scene.pieces.colour
    lightness = lab[:, 0] * (100 / scene.white)
    if colour.tone:
        middle = 42.0 if colour.tone < 0 else 52.0
        likelihood = likelihood / (1 + np.exp((middle - lightness) * colour.tone / 6))
    if colour.vivid:
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        likelihood = likelihood / (1 + np.exp((35 - chroma) / 8))
    return likelihood.astype(np.float32)


def _fits(shares: Sequence[FloatArray]) -> FloatArray:
    """How well regions fit colours, by the share of each that has them; 0 where one is missing."""
    fits = np.minimum(1, np.sum(shares, axis=0) / _MOSTLY)
    if len(shares) > 1:
        fits = fits * np.minimum(1, np.min(shares, axis=0) / _PARTLY)
    return np.where(fits < _MISSING, 0, fits).astype(np.float32)
