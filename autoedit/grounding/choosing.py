"""Which of the rated candidates a target means: by place, relation, size, count, and no toss-up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from autoedit.core.plan import Position, Relation, Target
from autoedit.core.region import Box, Region
from autoedit.grounding.places import Placed, fit_position, fit_relation, fit_size, in_order, lead

_SAME_KIND = 0.45  # of the best score: what counts among "all", "both", "second"
_AS_GOOD = 0.8  # of the best score: too close to call
_ELSEWHERE = 0.05  # fit below which a thing is not at a place at all
_NEAR_MISSES = 5

BEATEN = "others fit better"
"""Why what fits is not meant."""

P = TypeVar("P", bound=Placed)
Find = Callable[[Target], Sequence[Region]]
Overlap = Callable[[Box, Box], float]


@dataclass(frozen=True, slots=True, eq=False)
class Rated(Generic[P]):
    """A candidate with how well it fits, and why.

    Attributes:
        item: the candidate.
        score: in [0, 1].
        evidence: what was matched, a phrase each.
        refusal: why it is not meant; "" while it may be.
    """

    item: P
    score: float
    evidence: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Generic[P]):
    """What is meant.

    Attributes:
        meant: best first; empty when nothing fits.
        near_misses: the best of the others, each with its refusal.
        ambiguous: whether it is a toss-up between more than were asked for.
    """

    meant: list[Rated[P]]
    near_misses: list[Rated[P]]
    ambiguous: bool


def narrow(
    rated: list[Rated[P]],
    target: Target,
    sizes: Sequence[str],
    *,
    anchors: Find,
    excluded: Find,
    overlap: Overlap,
) -> list[Rated[P]]:
    """Candidates with position, relation, exclusions and size words weighed in.

    Args:
        rated: how well each fits the rest of the target.
        target: what is looked for.
        sizes: its size words, of `autoedit.grounding.wording.SIZES`.
        anchors: where the thing is that the target is related to; one of them will do.
        excluded: where the things are that are not meant.
        overlap: of two boxes, in [0, 1]; 1 when they are of one thing.
    """
    rated = _by_place(rated, target.position, among=target.quantity != "all")
    rated = _by_relation(rated, target.relation, anchors, overlap)
    rated = _without_excluded(rated, target.exclude, excluded, overlap)
    return _by_size(rated, sizes)


def choose(target: Target, rated: list[Rated[P]], *, main: bool) -> Choice[P]:
    """Those that are meant: by ordinal and quantity, else the best, or all that are as good.

    Args:
        target: what is looked for.
        rated: the candidates; those with a refusal only become near misses.
        main: whether the most prominent one is asked for, so that there is no toss-up.
    """
    fitting = [each for each in rated if not each.refusal]
    refused = [each for each in rated if each.refusal]
    meant, ambiguous = _choose(target, fitting, main)
    left = [each for each in fitting if not any(each is one for one in meant)]
    misses = [replace(each, refusal=BEATEN) for each in left] + refused
    misses.sort(key=lambda each: -each.score)
    return Choice(meant, misses[:_NEAR_MISSES], ambiguous)


def _by_place(rated: list[Rated[P]], position: Position | None, *, among: bool) -> list[Rated[P]]:
    """Weigh the place in the frame, and, `among` the others, who is furthest that way."""
    if position is None:
        return rated
    words = position.replace("_", " ")
    fits = [fit_position(each.item, position) for each in rated]
    likely = [
        each
        for each, fit in zip(rated, fits, strict=True)
        if not each.refusal and fit >= _ELSEWHERE
    ]
    best = max((each.score for each in likely), default=0.0)
    rivals = [each.item for each in likely if each.score >= _SAME_KIND * best] if among else []
    result: list[Rated[P]] = []
    for each, fit in zip(rated, fits, strict=True):
        refusal = each.refusal or (f"not at the {words}" if fit < _ELSEWHERE else "")
        evidence = (*each.evidence, f"{words}: {fit:.2f}")
        score = each.score * fit * lead(each.item, rivals, position)
        result.append(Rated(each.item, score, evidence, refusal))
    return result


def _by_relation(
    rated: list[Rated[P]], relation: Relation | None, find: Find, overlap: Overlap
) -> list[Rated[P]]:
    if relation is None or relation.kind in ("of", "with", "wearing", "holding"):
        return rated
    anchors = find(relation.anchor)
    said = f"{relation.kind.replace('_', ' ')} {relation.anchor.phrase}"
    if not anchors:
        return [replace(each, evidence=(*each.evidence, f"not checked: {said}")) for each in rated]
    result: list[Rated[P]] = []
    for each in rated:
        fits = [_related(each.item.box, anchor.box, relation, overlap) for anchor in anchors]
        fit = max((fit for fit in fits if fit is not None), default=None)
        if fit is None:
            result.append(each)
            continue
        refusal = each.refusal or (f"not {said}" if fit < 0.1 else "")
        evidence = (*each.evidence, f"{said}: {fit:.2f}")
        result.append(Rated(each.item, each.score * fit, evidence, refusal))
    return result


def _related(box: Box, anchor: Box, relation: Relation, overlap: Overlap) -> float | None:
    """How well a box stands to an anchor's; 0 when both are of one thing."""
    fit = fit_relation(box, anchor, relation.kind)
    if fit is not None and overlap(box, anchor) > 0.8 and relation.kind not in ("on", "in"):
        return 0.0
    return fit


def _without_excluded(
    rated: list[Rated[P]], exclude: Sequence[Target], find: Find, overlap: Overlap
) -> list[Rated[P]]:
    result = rated
    for unwanted in exclude:
        for region in find(unwanted):
            result = [
                replace(each, refusal=f"is {unwanted.phrase}")
                if not each.refusal and overlap(each.item.box, region.box) > 0.5
                else each
                for each in result
            ]
    return result


def _by_size(rated: list[Rated[P]], words: Sequence[str]) -> list[Rated[P]]:
    best = max((each.score for each in rated if not each.refusal), default=0.0)
    equals = [each for each in rated if not each.refusal and each.score >= _SAME_KIND * best]
    for word in words:
        if not equals:
            break
        fits = fit_size([each.item for each in equals], word)
        equals = [
            Rated(each.item, each.score * fit, (*each.evidence, f"{word}: {fit:.2f}"))
            for each, fit in zip(equals, fits, strict=True)
        ]
    kept = {id(each.item) for each in equals}
    return equals + [each for each in rated if id(each.item) not in kept]


def _choose(target: Target, fitting: list[Rated[P]], main: bool) -> tuple[list[Rated[P]], bool]:
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
        if len(taken) < wanted:  # one of "both" is not what was asked for
            return [], False
        rest = kind[wanted:]
        close = bool(rest) and rest[0].score >= _AS_GOOD * taken[-1].score
        return (kind if close else taken), close
    if main:
        return fitting[:1], False
    close = [each for each in fitting if each.score >= _AS_GOOD * fitting[0].score]
    return close, len(close) > 1
