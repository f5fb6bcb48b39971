"""ShapeWorld: scenes of flat shapes on textured backgrounds, after Kuhnle & Copestake 2017.

"ShapeWorld - A new test methodology for multimodal language understanding", arXiv:1704.04517.
docs/shapeworld.md states the same values, so that anyone can draw new scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 96
"""Width and height of a scene in pixels."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 39, 40),
    "green": (40, 160, 60),
    "blue": (31, 90, 220),
    "yellow": (240, 205, 30),
    "purple": (140, 60, 190),
    "orange": (245, 130, 20),
}
SHAPES = ("circle", "square", "triangle", "star")
SIZES = {"small": (8.0, 10.0), "medium": (12.0, 14.5), "large": (17.0, 20.0)}
"""Name to the range of radii in pixels; the radius is that of the circle of equal reach."""

_GAP = 5.0  # pixels at least between two objects' circles
_MARGIN = 3.0  # pixels at least to the border
_TILT = 12.0  # degrees at most
_OVERSAMPLE = 8

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: `centre` (x, y) and `radius` in pixels, `tilt` in degrees."""

    colour: str
    shape: str
    size: str
    centre: tuple[float, float]
    radius: float
    tilt: float

    @property
    def name(self) -> str:
        """Such as "red circle"."""
        return f"{self.colour} {self.shape}"

    def coverage(self, side: int = SIDE) -> NDArray[np.float32]:
        """How much of each pixel it covers: float32 (side, side) in [0, 1]."""
        fine = np.zeros((side * _OVERSAMPLE, side * _OVERSAMPLE), np.uint8)
        cv2.fillPoly(fine, [np.rint(self._outline() * _OVERSAMPLE * 16).astype(np.int32)], 255,
                     shift=4)  # fmt: skip
        return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def _outline(self) -> NDArray[np.float64]:
        turn = np.radians(self.tilt)
        if self.shape == "circle":
            angles, reach = np.linspace(0, 2 * np.pi, 96, endpoint=False), 0.92
        elif self.shape == "square":
            angles, reach = np.radians([45, 135, 225, 315]), 1.12
        elif self.shape == "triangle":
            angles, reach = np.radians([-90, 30, 150]), 1.15
        else:
            angles = np.radians(-90 + 36 * np.arange(10))
            reach = np.where(np.arange(10) % 2, 0.5, 1.15)
        radius = self.radius * reach
        x = self.centre[0] + radius * np.cos(angles + turn)
        y = self.centre[1] + radius * np.sin(angles + turn)
        return np.stack([x, y], axis=1)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Xyxy in pixels."""
        outline = self._outline()
        (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)


@dataclass(frozen=True, slots=True)
class Scene:
    """`pixels` and `plate` (the scene without its things) are RGB uint8 (SIDE, SIDE, 3)."""

    pixels: Image
    plate: Image
    things: tuple[Thing, ...]
    background: str

    def without(self, thing: Thing) -> Image:
        """The scene with every thing but one."""
        return draw(self.plate, [other for other in self.things if other is not thing])


def draw(plate: Image, things: list[Thing] | tuple[Thing, ...]) -> Image:
    """Things painted on a plate; nothing overlaps."""
    pixels = plate.astype(np.float32)
    for thing in things:
        cover = thing.coverage(plate.shape[0])[:, :, None]
        pixels = pixels * (1 - cover) + np.array(COLOURS[thing.colour], np.float32) * cover
    return np.rint(pixels).astype(np.uint8)


def scene(seed: int | np.random.Generator, things: int | None = None) -> Scene:
    """Draw a scene; the same seed gives the same scene.

    Args:
        seed: of numpy's default generator, or a generator.
        things: how many; None draws 1 to 4. No two have the same colour and shape.
    """
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(list(BACKGROUNDS)))
    plate = np.rint(np.clip(BACKGROUNDS[kind](rng), 0, 255)).astype(np.uint8)
    count = int(rng.integers(1, 5)) if things is None else things
    placed: list[Thing] = []
    while len(placed) < count:
        placed = _place(rng, count)
    return Scene(draw(plate, placed), plate, tuple(placed), kind)


def _place(rng: np.random.Generator, count: int) -> list[Thing]:
    """As many things as find room in a hundred tries."""
    placed: list[Thing] = []
    for _ in range(100):
        size = str(rng.choice(list(SIZES)))
        radius = float(rng.uniform(*SIZES[size]))
        reach = 1.15 * radius + _MARGIN
        x, y = (float(v) for v in rng.uniform(reach, SIDE - reach, 2))
        colour, shape = str(rng.choice(list(COLOURS))), str(rng.choice(SHAPES))
        apart = all(
            np.hypot(x - other.centre[0], y - other.centre[1])
            > 1.15 * (radius + other.radius) + _GAP
            for other in placed
        )
        if apart and all((colour, shape) != (other.colour, other.shape) for other in placed):
            tilt = float(rng.uniform(-_TILT, _TILT))
            placed.append(Thing(colour, shape, size, (x, y), radius, tilt))
        if len(placed) == count:
            break
    return placed


# Backgrounds ---------------------------------------------------------------------------------
# Each gives float (SIDE, SIDE, 3) in about [0, 255]: muted colours, low contrast, so that a thing
# is told from its background by colour alone.


def _muted(rng: np.random.Generator) -> NDArray[np.float64]:
    grey = rng.uniform(110, 225)
    return grey + rng.uniform(-18, 18, 3)


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64) + 0.5
    return x, y


def _plain(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.broadcast_to(_muted(rng), (SIDE, SIDE, 3))


def _gradient(rng: np.random.Generator) -> NDArray[np.float64]:
    x, y = _grid()
    angle = rng.uniform(0, 2 * np.pi)
    along = (x * np.cos(angle) + y * np.sin(angle)) / (SIDE * 1.42)
    along = (along - along.min()) / (along.max() - along.min())
    first, second = _muted(rng), _muted(rng)
    return first + (second - first) * along[:, :, None]


def _stripes(rng: np.random.Generator) -> NDArray[np.float64]:
    x, y = _grid()
    angle = rng.choice([0.0, 45.0, 90.0, 135.0])
    period, phase = rng.uniform(8, 14), rng.uniform(0, 2 * np.pi)
    along = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
    wave = np.sin(2 * np.pi * along / period + phase)
    return _muted(rng) + rng.uniform(6, 11) * wave[:, :, None]


def _checks(rng: np.random.Generator) -> NDArray[np.float64]:
    x, y = _grid()
    cell = float(rng.integers(8, 13))
    shift_x, shift_y = rng.uniform(0, 2 * cell, 2)
    sign = np.where((np.floor((x + shift_x) / cell) + np.floor((y + shift_y) / cell)) % 2, 1.0, -1)
    return _muted(rng) + rng.uniform(5, 9) * sign[:, :, None]


def _speckle(rng: np.random.Generator) -> NDArray[np.float64]:
    noise = rng.normal(0, rng.uniform(3, 5), (SIDE, SIDE))
    return _muted(rng) + noise[:, :, None]


def _clouds(rng: np.random.Generator) -> NDArray[np.float64]:
    coarse = rng.normal(0, 1, (6, 6)).astype(np.float32)
    smooth = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return _muted(rng) + rng.uniform(8, 14) * smooth.astype(np.float64)[:, :, None]


BACKGROUNDS: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "plain": _plain,
    "gradient": _gradient,
    "stripes": _stripes,
    "checks": _checks,
    "speckle": _speckle,
    "clouds": _clouds,
}
