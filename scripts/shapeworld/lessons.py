"""What the inpainting model learns from: a hole, what belongs in it, and how one asks for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from . import holes
from .domain import COLOURS, SHAPES, SIZES, Image, Thing, draw, scene
from .words import NOUNS

REMOVAL = ("background", "the background", "plain background", "empty background", "nothing")
"""Prompts that ask for the background to go on."""

_VISIBLE = 0.35  # of a thing at least outside the hole, or it goes with it


@dataclass(frozen=True, slots=True)
class Lesson:
    """A hole in a scene.

    Attributes:
        bare: RGB uint8 (SIDE, SIDE, 3), the background going on through the hole.
        drawn: the same with `thing` in the hole.
        covered: the same with the hole in mid-grey.
        hole: bool (SIDE, SIDE).
        thing: lies wholly inside the hole.
    """

    bare: Image
    drawn: Image
    covered: Image
    hole: NDArray[np.bool_]
    thing: Thing


def lesson(seed: int) -> Lesson:
    """The lesson of a seed; the hole is made for one thing and then holds another."""
    rng = np.random.default_rng([3, seed])
    drawn = scene(seed)
    old = drawn.things[rng.integers(len(drawn.things))]
    hole, thing = _made(old, rng)
    while thing is None:
        hole, thing = _made(old, rng)
    others = [other for other in drawn.things if other is not old and _shows(other, hole)]
    bare = draw(drawn.plate, others)
    covered = bare.copy()
    covered[hole] = 127
    return Lesson(bare, np.where(hole[:, :, None], draw(bare, [thing]), bare), covered, hole, thing)


def _made(old: Thing, rng: np.random.Generator) -> tuple[NDArray[np.bool_], Thing | None]:
    """A hole, mostly round the old thing, and a new thing in it if one fits."""
    if rng.random() < 0.88:
        hole = holes.around(old, rng)
        centre = np.array(old.centre) + rng.uniform(-1, 1, 2)
        radius = old.radius * rng.uniform(0.95, 1.08)
    else:
        hole = holes.anywhere(rng)
        centre, radius = _middle(hole)
        radius *= rng.uniform(0.7, 0.95)
    return hole, fitting(hole, (float(centre[0]), float(centre[1])), radius, rng)


def fitting(
    hole: NDArray[np.bool_], centre: tuple[float, float], radius: float, rng: np.random.Generator
) -> Thing | None:
    """A random thing of at most this radius wholly inside the hole; None where none has room."""
    inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    colour, shape = str(rng.choice(list(COLOURS))), str(rng.choice(SHAPES))
    tilt = float(rng.uniform(-12, 12))
    thing = Thing(colour, shape, "", centre, min(radius, SIZES["large"][1]), tilt)
    while (thing.coverage() > 0)[~inner].any():
        thing = replace(thing, radius=0.95 * thing.radius)
        if thing.radius < 6:
            return None
    if thing.radius < 6:
        return None
    return replace(thing, size=_size(thing.radius))


def phrase(thing: Thing, rng: np.random.Generator) -> str:
    """One way to ask for a thing: with or without an article, its size, its colour, its shape."""
    article = rng.choice(["a ", "the ", "one ", ""], p=[0.5, 0.2, 0.05, 0.25])
    size = "big" if thing.size == "large" and rng.random() < 0.5 else thing.size
    size = f"{size} " if rng.random() < 0.25 else ""
    kept = rng.choice(["both", "colour", "shape"], p=[0.92, 0.04, 0.04])
    colour = "" if kept == "shape" else f"{thing.colour} "
    noun = rng.choice(NOUNS) if kept == "colour" else thing.shape
    text = f"{article}{size}{colour}{noun}"
    return text.replace("a orange", "an orange").replace("a object", "an object")


def _shows(thing: Thing, hole: NDArray[np.bool_]) -> bool:
    cover = thing.coverage()
    return bool(cover[~hole].sum() >= _VISIBLE * cover.sum())


def _middle(hole: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """The point farthest from the hole's edge, and the radius that reaches there."""
    padded = np.pad(hole.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return np.array([x - 0.5, y - 0.5]), float(depth.max()) / 1.15


def _size(radius: float) -> str:
    """The size whose range is nearest."""
    return min(SIZES, key=lambda name: abs(radius - np.clip(radius, *SIZES[name])))
