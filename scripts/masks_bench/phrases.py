"""Phrases with known answers, from the graph of a rendered scene.

Only what a person looking at the photo would not dispute is asked: things that show well, colours
that are told apart at a glance, places and sizes with a margin. A phrase that only its noun
decides (a red mug beside a red ball) is of the sort "noun"; one that nothing fits, but something
of a neighbouring colour is there (a pink car for "the red car"), of the sort "near colour".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from .graph import Graph, Thing, difference

Answer = Literal["one", "all", "none", "ambiguous"]

SORTS = ("colour", "modifier", "two-coloured", "position", "size", "ordinal", "quantity",
         "relation", "exclusion", "agnostic", "nothing", "ambiguous", "near colour",
         "noun")  # fmt: skip
_MOST = 3  # of a sort in one scene
_APART = 14.0  # CIEDE2000 between colours that nobody confuses
_ABSENT = 22.0
_GAP = 0.07  # of the photo's width between places in a row
_BIGGER = 1.6  # area of the biggest over the next
_TALLER = 1.25
_PLURALS = {"box": "boxes"}
_TYPICAL = {"red": (185, 30, 35), "yellow": (235, 190, 30), "green": (40, 135, 60),
            "blue": (35, 85, 180), "purple": (110, 40, 140), "pink": (225, 100, 145)}  # fmt: skip
# Neighbours on the wheel, which an absent colour could be a loose word for.
_NEIGHBOURS = {"red": {"pink", "orange", "brown"}, "yellow": {"orange", "brown"},
               "green": set(), "blue": {"purple"}, "purple": {"blue", "pink"},
               "pink": {"red", "purple", "orange"}}  # fmt: skip
# What else in a scene may be said to have a colour.
_SURROUNDINGS = {"bricks": ("red", "pink"), "wallpaper": ("green",), "lawn": ("green", "yellow"),
                 "sand": ("yellow",), "gingham": ("blue", "purple"),
                 "dark glass": ("blue", "green")}  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """What a person says, and what is meant.

    Attributes:
        text: "the red mug".
        sort: one of SORTS.
        answer: one thing, all that are listed, nothing, or a toss-up between those listed.
        things: numbers in the picture of instances.
    """

    text: str
    sort: str
    answer: Answer
    things: tuple[int, ...]


def phrases(graph: Graph) -> list[Phrase]:
    """Several phrases of each sort that the scene allows; the same ones each time."""
    rng = random.Random(graph.seed)
    found: list[Phrase] = []
    for make in _MAKERS:
        made = list(dict.fromkeys(make(graph)))
        rng.shuffle(made)
        by_sort: dict[str, list[Phrase]] = {}
        for phrase in made:
            by_sort.setdefault(phrase.sort, []).append(phrase)
        found += [phrase for sort in SORTS for phrase in by_sort.get(sort, [])[:_MOST]]
    return found


def plural(kind: str) -> str:
    """Of "box", "boxes"."""
    return _PLURALS.get(kind, f"{kind}s")


# Colour --------------------------------------------------------------------------------------


def _apart(thing: Thing, others: Sequence[Thing]) -> bool:
    """Whether nobody would take another's colour for this one's."""
    return all(
        len(other.colours) == 2 or difference(thing.rgb, other.rgb) > _APART
        for other in others
        if other.number != thing.number
    )


def _alone_by_colour(thing: Thing, graph: Graph) -> bool:
    """Whether its colour words point to it and nothing else."""
    others = [other for other in graph.things if other.number != thing.number]
    if len(thing.colours) == 2:
        return all(
            len(set(thing.colours) & set(other.colours)) < 2
            and not set(other.colours) <= set(thing.colours)
            for other in others
        )
    shared = [other for other in others if set(thing.colours) & set(other.colours)]
    return not shared and _apart(thing, others)


def _by_colour(graph: Graph) -> Iterator[Phrase]:
    for thing in graph.things:
        if not thing.clear:
            continue
        sort = "colour"
        if len(thing.colours) == 2:
            sort = "two-coloured"
        elif thing.shade:
            sort = "modifier"
        if _alone_by_colour(thing, graph):
            yield Phrase(f"the {thing.name}", sort, "one", (thing.number,))
            continue
        same = [other for other in graph.things if other.colours == thing.colours]
        kinds = [other for other in same if other.kind == thing.kind]
        mixed = [o for o in graph.having(thing.colours[0]) if len(o.colours) != len(thing.colours)]
        if len(thing.colours) == 2 or mixed or any(other.shade for other in same):
            continue
        if len(kinds) == 1 and len(same) > 1:
            yield Phrase(f"the {thing.name}", "noun", "one", (thing.number,))
        elif len(kinds) == len(same) > 1 and _twins(kinds, graph):
            numbers = tuple(other.number for other in kinds)
            yield Phrase(f"the {thing.name}", "ambiguous", "ambiguous", numbers)
            yield Phrase(f"all the {thing.colour} {plural(thing.kind)}", "quantity", "all", numbers)
            if len(kinds) == 2:
                both = f"both {thing.colour} {plural(thing.kind)}"
                yield Phrase(both, "quantity", "all", numbers)


def _twins(alike: Sequence[Thing], graph: Graph) -> bool:
    """Whether these show well and nothing else has nearly their colour."""
    numbers = {thing.number for thing in alike}
    others = [thing for thing in graph.things if thing.number not in numbers]
    return all(thing.clear and _apart(thing, others) for thing in alike)


def _of_nothing(graph: Graph) -> Iterator[Phrase]:
    about = _SURROUNDINGS.get(graph.ground, ()) + _SURROUNDINGS.get(graph.wall, ())
    kinds = sorted({thing.kind for thing in graph.things})
    for number, (word, rgb) in enumerate(_TYPICAL.items()):
        near = [t for t in graph.things if difference(t.rgb, rgb) < _ABSENT or word in t.colours]
        if not near and word not in about and kinds:
            loosely = any(_NEIGHBOURS[word] & set(thing.colours) for thing in graph.things)
            sort = "near colour" if loosely else "nothing"
            yield Phrase(f"the {word} {kinds[number % len(kinds)]}", sort, "none", ())


# Place ---------------------------------------------------------------------------------------

# How far the middle is from the side, how far the nearer edge is, and the words.
Measure = Callable[[Thing], float]
_SIDES: tuple[tuple[Measure, Measure, str], ...] = (
    (lambda thing: thing.x, lambda thing: thing.box[0], "on the left"),
    (lambda thing: 1 - thing.x, lambda thing: 1 - thing.box[2], "on the right"),
    (lambda thing: thing.y, lambda thing: thing.box[1], "at the top"),
    (lambda thing: 1 - thing.y, lambda thing: 1 - thing.box[3], "at the bottom"),
)
_CORNERS = {"upper left": (0, 0), "upper right": (1, 0), "lower left": (0, 1),
            "lower right": (1, 1)}  # fmt: skip


def _leader(things: Sequence[Thing], key: Measure, margin: float) -> Thing | None:
    """The thing of the smallest key, when it leads by the margin."""
    ordered = sorted(things, key=key)
    if not ordered or (len(ordered) > 1 and key(ordered[1]) - key(ordered[0]) < margin):
        return None
    return ordered[0] if ordered[0].clear else None


def _by_place(graph: Graph) -> Iterator[Phrase]:
    if len(graph.things) < 2:
        return
    for key, edge, words in _SIDES:
        first = _leader(graph.things, key, 0.14)
        if first is not None and key(first) < 0.42 and first == min(graph.things, key=edge):
            yield Phrase(f"the object {words}", "position", "one", (first.number,))
            yield Phrase(f"the {first.kind} {words}", "position", "one", (first.number,))
        for alike in _groups(graph):
            first = _leader(alike, key, 0.14)
            if first is not None and key(first) < 0.45 and first == min(alike, key=edge):
                text = f"the {alike[0].name} {words}"
                yield Phrase(text, "position", "one", (first.number,))
    yield from _in_corners(graph)
    middle = _leader(graph.things, lambda t: float(np.hypot(t.x - 0.5, t.y - 0.5)), 0.15)
    if middle is not None and np.hypot(middle.x - 0.5, middle.y - 0.5) < 0.12:
        yield Phrase("the object in the middle", "position", "one", (middle.number,))


def _in_corners(graph: Graph) -> Iterator[Phrase]:
    for words, (x, y) in _CORNERS.items():

        def away(thing: Thing, x: int = x, y: int = y) -> float:
            return max(abs(thing.x - x), abs(thing.y - y))

        inside = [thing for thing in graph.things if away(thing) < 0.5]
        if len(inside) == 1 and inside[0].clear and away(inside[0]) < 0.36:
            numbers = (inside[0].number,)
            yield Phrase(f"the object in the {words} corner", "position", "one", numbers)


def _groups(graph: Graph) -> Iterator[list[Thing]]:
    """Two or more things that share kind and colour, and share the colour with nothing else."""
    names: dict[str, list[Thing]] = {}
    for thing in graph.things:
        names.setdefault(thing.name, []).append(thing)
    for alike in names.values():
        words = set(alike[0].colours)
        others = [t for t in graph.things if words & set(t.colours) and t.name != alike[0].name]
        if len(alike) > 1 and not others and _twins(alike, graph):
            yield alike


# Size ----------------------------------------------------------------------------------------


def _by_size(graph: Graph) -> Iterator[Phrase]:
    for alike, noun in [(list(graph.things), "object"), *((g, g[0].name) for g in _groups(graph))]:
        if len(alike) < 2 or any(thing.visible < 0.85 for thing in alike):
            continue
        ordered = sorted(alike, key=lambda thing: thing.area)
        small, big = ordered[0], ordered[-1]
        # What is bigger in the photo must not be smaller in the room.
        if big.area > _BIGGER * ordered[-2].area and big.height >= ordered[-2].height:
            word = "biggest" if len(alike) > 2 or noun == "object" else "bigger"
            yield Phrase(f"the {word} {noun}", "size", "one", (big.number,))
        if small.clear and _BIGGER * small.area < ordered[1].area:
            word = "smallest" if len(alike) > 2 or noun == "object" else "smaller"
            if small.height <= ordered[1].height:
                yield Phrase(f"the {word} {noun}", "size", "one", (small.number,))
        tall = sorted(alike, key=lambda thing: thing.box[3] - thing.box[1])
        heights = [thing.box[3] - thing.box[1] for thing in tall[-2:]]
        if heights[1] > _TALLER * heights[0] and tall[-1].height > _TALLER * tall[-2].height:
            yield Phrase(f"the tallest {noun}", "size", "one", (tall[-1].number,))


# Order and number ----------------------------------------------------------------------------

_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def _rows(graph: Graph) -> Iterator[tuple[str, str, list[Thing]]]:
    """What can be counted from a side: noun, sort, and the things."""
    if all(thing.on is None for thing in graph.things):
        yield "thing", "ordinal", list(graph.things)
        yield "object", "ordinal", list(graph.things)
    for alike in _groups(graph):
        yield alike[0].name, "ordinal", alike
    for kind in sorted({thing.kind for thing in graph.things}):
        of_kind = [thing for thing in graph.things if thing.kind == kind]
        sort = "ordinal" if len(of_kind) == len(graph.things) else "noun"
        yield kind, sort, of_kind


def _by_order(graph: Graph) -> Iterator[Phrase]:
    for noun, sort, things in _rows(graph):
        ordered = sorted(things, key=lambda thing: thing.x)
        gaps = [b.x - a.x for a, b in pairwise(ordered)]
        if len(things) < 2 or min(gaps) < _GAP or not all(thing.clear for thing in things):
            continue
        for index, thing in enumerate(ordered[:5]):
            text = f"the {_ORDINALS[index]} {noun} from the left"
            yield Phrase(text, sort, "one", (thing.number,))
        for index, thing in enumerate(ordered[::-1][:5]):
            text = f"the {_ORDINALS[index]} {noun} from the right"
            yield Phrase(text, sort, "one", (thing.number,))


def _by_number(graph: Graph) -> Iterator[Phrase]:
    if len(graph.things) > 1 and all(thing.clear for thing in graph.things):
        numbers = tuple(thing.number for thing in graph.things)
        yield Phrase("all the objects", "quantity", "all", numbers)
    for word in sorted({thing.colours[0] for thing in graph.things if len(thing.colours) == 1}):
        having = graph.having(word)
        if len(having) > 1 and not any(t.shade or len(t.colours) > 1 for t in having):
            numbers = tuple(thing.number for thing in having)
            if _twins(having, graph):
                yield Phrase(f"all the {word} things", "quantity", "all", numbers)


# Relations -----------------------------------------------------------------------------------


def _beside(thing: Thing, anchor: Thing) -> str:
    """Say "left of" or "right of", when the boxes do not overlap across and are nearly level."""
    level = min(thing.box[3], anchor.box[3]) - max(thing.box[1], anchor.box[1])
    if level < 0.25 * min(thing.box[3] - thing.box[1], anchor.box[3] - anchor.box[1]):
        return ""
    if thing.box[2] < anchor.box[0] + 0.01:
        return "left of"
    return "right of" if thing.box[0] > anchor.box[2] - 0.01 else ""


def _along(thing: Thing, anchor: Thing) -> str:
    """Say "behind" or "in front of": overlapping across, one clearly farther away."""
    shared = min(thing.box[2], anchor.box[2]) - max(thing.box[0], anchor.box[0])
    if shared < 0.4 * min(thing.box[2] - thing.box[0], anchor.box[2] - anchor.box[0]):
        return ""
    if abs(thing.depth - anchor.depth) < 0.8 or abs(thing.box[3] - anchor.box[3]) < 0.04:
        return ""
    return "behind" if thing.depth > anchor.depth else "in front of"


def _by_relation(graph: Graph) -> Iterator[Phrase]:
    known = [t for t in graph.things if t.clear and _alone_by_colour(t, graph)]
    for anchor in known:
        loose = [t for t in graph.things if t.number != anchor.number and t.on is None]
        for relation in (_beside, _along):
            if anchor.on is not None or len(loose) != len(graph.things) - 1:
                continue
            stands = {t.number: relation(t, anchor) for t in loose}
            for words in sorted(set(stands.values()) - {""}):
                fitting = [t for t in loose if _on_the_side(t, anchor, words)]
                meant = [t for t in fitting if stands[t.number] == words and t.clear]
                if len(fitting) == len(meant) == 1:
                    text = f"the object {words} the {anchor.name}"
                    yield Phrase(text, "relation", "one", (meant[0].number,))
        for thing in graph.things:
            if thing.on == anchor.number and thing.clear:
                text = f"on the {anchor.name}"
                yield Phrase(f"the thing {text}", "relation", "one", (thing.number,))
                yield Phrase(f"the {thing.kind} {text}", "relation", "one", (thing.number,))
    for alike in _groups(graph):
        for anchor in known:
            for words in ("left of", "right of"):
                meant = [t for t in alike if _beside(t, anchor) == words]
                rest = [t for t in alike if _on_the_side(t, anchor, words)]
                if len(meant) == len(rest) == 1 and anchor.name != alike[0].name:
                    text = f"the {alike[0].name} {words} the {anchor.name}"
                    yield Phrase(text, "relation", "one", (meant[0].number,))


def _on_the_side(thing: Thing, anchor: Thing, words: str) -> bool:
    """Whether a person could say the relation of it at all, however loosely."""
    if words == "left of":
        return thing.x < anchor.x - 0.02
    if words == "right of":
        return thing.x > anchor.x + 0.02
    across = thing.box[0] < anchor.box[2] + 0.03 and thing.box[2] > anchor.box[0] - 0.03
    farther = thing.depth > anchor.depth
    return across and (farther if words == "behind" else not farther)


def _by_exclusion(graph: Graph) -> Iterator[Phrase]:
    if len(graph.things) < 3 or not all(thing.clear for thing in graph.things):
        return
    for thing in graph.things:
        if _alone_by_colour(thing, graph) and not any(o.on == thing.number for o in graph.things):
            rest = tuple(other.number for other in graph.things if other.number != thing.number)
            yield Phrase(f"everything except the {thing.name}", "exclusion", "all", rest)


def _by_being_alone(graph: Graph) -> Iterator[Phrase]:
    if len(graph.things) == 1 and graph.things[0].clear:
        (thing,) = graph.things
        for text in ("the object", "the thing", f"the {thing.kind}"):
            yield Phrase(text, "agnostic", "one", (thing.number,))


_MAKERS = (
    _by_colour, _of_nothing, _by_place, _by_size, _by_order, _by_number, _by_relation,
    _by_exclusion, _by_being_alone,
)  # fmt: skip
