"""Random scenes from a seed: which things stand where, in which colours, under which light.

This module only plans, in plain Python (no Blender); `crowd_stage` builds and renders the plan.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from functools import cached_property

Point = tuple[float, float, float]
Box = tuple[float, float, float, float]

# Hex codes of everyday colours; a dark and a light variant where people have a word for it.
COLOURS: dict[str, dict[str, str]] = {
    "red": {"": "#c01820", "dark": "#6e0d14"},
    "orange": {"": "#e4660c"},
    "yellow": {"": "#f0b90a"},
    "green": {"": "#1f8a3c", "dark": "#12421f", "light": "#86cf78"},
    "blue": {"": "#1d56b8", "dark": "#12234f", "light": "#78b0e6"},
    "purple": {"": "#74208c"},
    "pink": {"": "#e2608f"},
    "brown": {"": "#6b3c1d"},
    "black": {"": "#101012"},
    "white": {"": "#f2f0ea"},
    "grey": {"": "#8b8884"},
}
PAIRS = (
    ("red", "white"), ("blue", "white"), ("black", "white"), ("green", "white"),
    ("yellow", "black"), ("blue", "yellow"), ("red", "black"), ("orange", "blue"),
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What is known of a kind of thing before it is built, at size 1, in units of 10 cm.

    Attributes:
        radius: of the circle on the ground that it needs, with handles.
        base: of what it stands on.
        height: from the ground to its top.
        sizes: least and greatest scale.
        colours: those it may have; empty means all.
        pairs: whether it may have two colours.
        carries: radius of the flat top on which something can stand; 0 for none.
    """

    radius: float
    base: float
    height: float
    sizes: tuple[float, float]
    colours: tuple[str, ...] = ()
    pairs: bool = True
    carries: float = 0.0


KINDS: dict[str, Kind] = {
    "mug": Kind(0.66, 0.44, 0.99, (0.85, 1.15)),
    "ball": Kind(0.5, 0.3, 1.0, (0.7, 1.35)),
    "box": Kind(0.76, 0.6, 0.85, (0.7, 1.5), carries=0.5),
    "bottle": Kind(0.43, 0.43, 2.98, (0.55, 0.8), pairs=False),
    "book": Kind(1.25, 1.2, 0.32, (0.75, 0.95), pairs=False, carries=0.7),
    "cone": Kind(0.62, 0.62, 1.7, (0.75, 1.1)),
    "can": Kind(0.34, 0.3, 1.2, (0.95, 1.3)),
    "apple": Kind(0.47, 0.25, 0.95, (0.9, 1.25), ("red", "green", "yellow"), pairs=False),
    "bowl": Kind(1.0, 0.46, 0.75, (0.55, 0.9), pairs=False),
    "vase": Kind(0.68, 0.4, 2.0, (0.6, 0.9), pairs=False),
    "teapot": Kind(1.2, 0.52, 1.59, (0.6, 0.8), pairs=False),
    "ring": Kind(0.68, 0.6, 0.34, (0.8, 1.15), pairs=False),
    "bucket": Kind(0.95, 0.62, 1.5, (0.55, 0.8), pairs=False),
    "car": Kind(1.25, 0.9, 0.92, (0.7, 0.95), pairs=False),
    "tray": Kind(1.4, 1.2, 0.16, (0.9, 1.0), ("brown", "white", "grey", "black"), False, 0.72),
}
_ANYTHING = tuple(kind for kind in KINDS if kind != "tray")

# Glossy grounds mirror what stands on them. A thing never has the colour of its ground.
GROUNDS: dict[str, tuple[bool, tuple[str, ...]]] = {
    "oak": (False, ("brown", "orange")),
    "walnut": (False, ("brown", "black")),
    "tiles": (True, ("white", "grey")),
    "linen": (False, ("white",)),
    "gingham": (False, ("blue", "white")),
    "lawn": (False, ("green",)),
    "concrete": (False, ("grey",)),
    "stone": (False, ("grey",)),
    "carpet": (False, ("grey",)),
    "sand": (False, ("brown", "yellow", "orange")),
    "leather": (False, ("brown", "black")),
    "marble": (True, ("white", "grey")),
    "chequer": (True, ("white", "black", "grey")),
    "lacquered wood": (True, ("brown", "orange")),
    "wet floor": (True, ("grey", "black")),
    "dark glass": (True, ("black", "grey")),
}
WALLS = ("", "", "", "plaster", "bricks", "wallpaper")
_OPEN_AIR = ("lawn", "sand", "stone", "concrete", "wet floor")
LIGHTS = {"sun": True, "low sun": True, "lamp": True, "window": False, "soft box": False,
          "overcast": False}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """A thing in a scene.

    Attributes:
        number: its number in the picture of instances, from 1.
        kind: its noun, a key of KINDS.
        colours: one colour word, or two of a two-coloured thing.
        shade: "dark", "light" or "".
        tints: hex codes of the colours.
        size: its scale.
        place: where its foot stands, x right, y away from the camera, z up, in units of 10 cm.
        turn: about the vertical, in degrees.
        stands_on: number of the thing that carries it, or None for the ground.
    """

    number: int
    kind: str
    colours: tuple[str, ...]
    shade: str
    tints: tuple[str, ...]
    size: float
    place: Point
    turn: float
    stands_on: int | None = None

    @property
    def radius(self) -> float:
        """Of the circle that it needs, in units."""
        return KINDS[self.kind].radius * self.size

    @property
    def height(self) -> float:
        """From its foot to its top, in units."""
        return KINDS[self.kind].height * self.size


@dataclass(frozen=True)
class View:
    """A pinhole camera at `eye` that looks at `look`; the picture is 4 wide and 3 high."""

    eye: Point
    look: Point
    lens: float

    @cached_property
    def _axes(self) -> tuple[Point, Point, Point]:
        """Right, up and ahead."""
        ahead = _unit(_minus(self.look, self.eye))
        right = _unit((ahead[1], -ahead[0], 0.0))
        return right, _cross(right, ahead), ahead

    def project(self, point: Point) -> tuple[float, float, float]:
        """X from 0 at the left to 1, y from 0 at the top to 1, and the depth."""
        right, up, ahead = self._axes
        away = _minus(point, self.eye)
        depth = _dot(away, ahead)
        reach = depth * 36 / (2 * self.lens)
        x = 0.5 + 0.5 * _dot(away, right) / reach
        return x, 0.5 - 0.5 * _dot(away, up) / (reach * 0.75), depth

    def box(self, item: Item) -> Box:
        """The box round the upright cylinder that holds the thing, in parts of the picture."""
        x, y, z = item.place
        corners = []
        for i in range(12):
            angle = math.pi * i / 6
            dx, dy = item.radius * math.cos(angle), item.radius * math.sin(angle)
            corners += [self.project((x + dx, y + dy, z + h))[:2] for h in (0.0, item.height)]
        across, down = [c[0] for c in corners], [c[1] for c in corners]
        return min(across), min(down), max(across), max(down)


@dataclass(frozen=True)
class Plan:
    """A whole scene; `target` is the number of the thing that its clean plate lacks."""

    seed: int
    ground: str
    glossy: bool
    wall: str
    light: str
    hard: bool
    azimuth: float
    view: View
    items: tuple[Item, ...]
    target: int = field(default=1)


def plan(seed: int) -> Plan:
    """The scene of a seed: always the same one, with one to seven things."""
    rng = random.Random(seed)
    ground = list(GROUNDS)[seed * 7 % len(GROUNDS)]  # all in turn
    glossy, banned = GROUNDS[ground]
    if ground in _OPEN_AIR:
        light = rng.choice(["sun", "sun", "low sun", "overcast"])
    else:
        light = rng.choice(["window", "window", "soft box", "lamp", "low sun", "overcast"])
    eye = (rng.uniform(-0.8, 0.8), rng.uniform(-8.6, -7.2), rng.uniform(4.2, 6.4))
    view = View(eye, (rng.uniform(-0.1, 0.1), 0.4, 0.4), rng.uniform(46, 58))
    items = _fill(rng, view, banned)
    carriers = {item.stands_on for item in items}
    free = [item.number for item in items if item.number not in carriers]
    backdrop = rng.choice(WALLS) if ground not in _OPEN_AIR[:2] else ""
    azimuth = rng.uniform(0, 360)
    if glossy:  # from the camera's side, or the ground shows the lamp itself, like another thing
        azimuth = 180 + azimuth / 2
    return Plan(
        seed, ground, glossy, backdrop, light, LIGHTS[light], azimuth, view, tuple(items),
        rng.choice(free),
    )  # fmt: skip


def _fill(rng: random.Random, view: View, banned: tuple[str, ...]) -> list[Item]:
    items: list[Item] = []
    wanted = 1 if rng.random() < 0.18 else rng.randint(2, 7)
    favourite = rng.choice(_ANYTHING)  # several of a kind make "the second bottle from the left"
    alike = rng.random() < 0.55
    if wanted >= 2 and rng.random() < 0.4:
        items += _stack(rng, view, banned)
    while len(items) < wanted:
        kind = favourite if alike and rng.random() < 0.5 else rng.choice(_ANYTHING)
        draft = _coloured(rng, kind, banned, len(items) + 1)
        twins = [item for item in items if item.kind == kind and item.stands_on is None]
        if twins and rng.random() < 0.4:
            twin = rng.choice(twins)
            size = twin.size if rng.random() < 0.5 else draft.size
            draft = replace(draft, colours=twin.colours, shade=twin.shade, tints=twin.tints)
            draft = replace(draft, size=size)
        behind = rng.choice(items) if items and rng.random() < 0.25 else None
        placed = _placed(rng, view, draft, items, behind)
        if placed is None:
            wanted -= 1
        else:
            items.append(placed)
    return items


def _coloured(rng: random.Random, kind: str, banned: tuple[str, ...], number: int) -> Item:
    """A thing with its colours and size, not placed yet."""
    known = KINDS[kind]
    words = [word for word in known.colours or COLOURS if word not in banned] or ["red"]
    pairs = [pair for pair in PAIRS if not set(pair) & set(banned)]
    shade = ""
    if known.pairs and pairs and rng.random() < 0.22:
        colours = rng.choice(pairs)
    else:
        colours = (rng.choice(words),)
        if not known.colours:
            shade = rng.choice([*COLOURS[colours[0]], ""])
    tints = tuple(_jittered(rng, COLOURS[word][shade]) for word in colours)
    low, high = known.sizes
    size = rng.uniform(low, high)
    return Item(number, kind, colours, shade, tints, size, (0, 0, 0), rng.uniform(0, 360))


def _jittered(rng: random.Random, code: str) -> str:
    """The colour, a little lighter or darker and a little off."""
    gain = rng.uniform(0.92, 1.06)
    channels = [int(code[i : i + 2], 16) for i in (1, 3, 5)]
    moved = [min(255, max(0, round(c * gain + rng.uniform(-5, 5)))) for c in channels]
    return "#" + "".join(f"{c:02x}" for c in moved)


def _stack(rng: random.Random, view: View, banned: tuple[str, ...]) -> list[Item]:
    """A tray, book or box on the ground and a thing upon it; empty where that does not fit."""
    below = _coloured(rng, rng.choice(["tray", "tray", "book", "box"]), banned, 1)
    if below.kind == "box":
        below = replace(below, size=max(below.size, 1.15))
    # Trays and books lie nearly square to the camera, or what stands on them seems to hang over.
    below = replace(below, turn=rng.uniform(-25, 25))
    above = _coloured(rng, rng.choice([k for k in _ANYTHING if k != "book"]), banned, 2)
    room = KINDS[below.kind].carries * below.size
    if KINDS[above.kind].base * above.size > room or above.colours == below.colours:
        return []
    placed = _placed(rng, view, below, [], None)
    if placed is None:
        return []
    x, y, z = placed.place
    top = 0.09 if placed.kind == "tray" else KINDS[placed.kind].height  # a tray has a rim
    above = replace(above, place=(x, y, z + top * placed.size), stands_on=1)
    return [placed, above] if _framed(view.box(above)) else [placed]


def _placed(
    rng: random.Random, view: View, draft: Item, items: list[Item], behind: Item | None
) -> Item | None:
    """The thing at a free place in the picture, partly hidden by `behind` if that is given."""
    for attempt in range(200):
        if behind is not None and attempt < 100:
            gap = draft.radius + behind.radius + rng.uniform(0.1, 0.5)
            x = behind.place[0] + rng.choice((-1, 1)) * rng.uniform(0.3, 0.8) * behind.radius
            item = replace(draft, place=(x, behind.place[1] + gap, 0.0))
            overlap = (0.1, 0.4)
        else:
            place = (rng.uniform(-2.7, 2.7), rng.uniform(-1.5, 3.0), 0.0)
            item = replace(draft, place=place)
            overlap = (0.0, 0.08)
        if _free(item, items) and _framed(view.box(item)):
            shares = [_overlap(view.box(item), view.box(other)) for other in items]
            if overlap[0] <= max(shares, default=0.0) <= overlap[1]:
                return item
    return None


def _free(item: Item, items: list[Item]) -> bool:
    return all(
        math.dist(item.place[:2], other.place[:2]) > item.radius + other.radius + 0.08
        for other in items
    )


def _framed(box: Box) -> bool:
    return min(box[:2]) > 0.015 and max(box[2:]) < 0.985


def _overlap(first: Box, second: Box) -> float:
    """Shared area as a part of the smaller box."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return width * height / min(areas)


def _minus(first: Point, second: Point) -> Point:
    return first[0] - second[0], first[1] - second[1], first[2] - second[2]


def _dot(first: Point, second: Point) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _cross(a: Point, b: Point) -> Point:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _unit(vector: Point) -> Point:
    length = math.sqrt(_dot(vector, vector))
    return vector[0] / length, vector[1] / length, vector[2] / length
