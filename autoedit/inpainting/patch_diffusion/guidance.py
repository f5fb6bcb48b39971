"""Where the unknown pixels might come from: translations of the photo, flat or on a plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.inpainting.patch_diffusion.lines import directions, planes, segments
from autoedit.inpainting.patch_diffusion.planes import PlaneShift, from_the_front
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.repeats import IntArray, repeats

_FLAT, _PLANAR = 40, 40  # periods that are tried, of the photo and of each plane
_DIRECTIONS, _PLANES = 4, 2
_LENGTHS = (0.2, 0.35, 0.5, 0.7, 0.9, 1.15)  # of the hole's extent in a direction
_FAMILY = 4  # sources that together may fill a hole


class Source(Protocol):
    """Where a pixel takes its value from."""

    def at(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Source positions (y, x) of pixels at float32 (N,); far outside where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Shift:
    """A translation in the image, in pixels."""

    dy: float
    dx: float

    def at(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Source.at`."""
        return y + np.float32(self.dy), x + np.float32(self.dx)


@dataclass(frozen=True, slots=True)
class Family:
    """Sources that run one way, int (M,) their numbers; `aslant` when it is along a plane."""

    members: IntArray
    aslant: bool


def sources(
    level: Level, fine: Level, generator: np.random.Generator
) -> tuple[list[Source], FloatArray]:
    """What a hole at a coarse level might be filled from.

    The periods of the photo; translations along the lines that run into the hole, and level and
    upright ones, long enough to bring something in from its other side; the periods of the planes.

    Args:
        level: the coarse level.
        fine: the same or a finer one, where lines are looked for.
        generator: of what is drawn on the way.

    Returns:
        The sources, and float32 (H, W): how rare each place is; see `repeats`.
    """
    offsets, rarity = repeats(level.image, level.usable, _FLAT)
    lines = segments(fine.image[:, :, 0], fine.known)
    angles = [0.0, np.pi / 2, *directions(lines, fine.known, _DIRECTIONS)]
    shifts = [(int(dy), int(dx)) for dy, dx in offsets]
    shifts += _along(~level.known, angles)
    found: list[Source] = [Shift(dy, dx) for dy, dx in dict.fromkeys(shifts) if dy or dx]
    scale = fine.known.shape[1] / level.known.shape[1]
    y, x = np.nonzero(~level.known)
    centre = float(y.mean()), float(x.mean())
    for lx, ly in planes(lines, fine.known, _PLANES, generator):
        moved, on_plane = _on_plane(level, (lx * scale, ly * scale), centre)
        found += moved
        rarity = np.minimum(rarity, on_plane)
    return found, rarity


def families(sources: list[Source], useful: IntArray) -> list[Family]:
    """Sources that run one way and can carry on what does so: level, upright, or on one plane.

    Args:
        sources: of all kinds.
        useful: int (K,), the numbers of those that count.

    Returns:
        Each family that is large enough to fill a hole.
    """
    found: dict[object, list[int]] = {}
    for number in useful.tolist():
        source = sources[number]
        if isinstance(source, PlaneShift):
            found.setdefault(source.line, []).append(number)
        elif isinstance(source, Shift) and 0 in (source.dy, source.dx):
            found.setdefault("level" if source.dy == 0 else "upright", []).append(number)
    return [
        Family(np.array(family), isinstance(sources[family[0]], PlaneShift))
        for family in found.values()
        if len(family) >= _FAMILY
    ]


def _along(hole: BoolArray, angles: list[float]) -> list[tuple[int, int]]:
    """Offsets (dy, dx) in the given directions, both ways, as long as the hole asks for."""
    y, x = np.nonzero(hole)
    offsets: list[tuple[int, int]] = []
    for angle in angles:
        cosine, sine = np.cos(angle), np.sin(angle)
        extent = float(np.ptp(x * cosine + y * sine)) + 1
        for length in _LENGTHS:
            dy, dx = round(length * extent * sine), round(length * extent * cosine)
            offsets += [(dy, dx), (-dy, -dx)]
    return offsets


def _on_plane(
    level: Level, line: tuple[float, float], centre: tuple[float, float]
) -> tuple[list[Source], FloatArray]:
    """The periods of a plane, found in a picture of it that is seen from the front.

    Returns:
        The sources, and float32 (H, W): how rare each place is among what lies on the plane,
        infinite where the plane is not seen.
    """
    height, width = level.known.shape
    there = from_the_front(level.image, level.usable, line, centre, int(0.7 * max(height, width)))
    if there is None:
        return [], np.full((height, width), np.inf, np.float32)
    image, usable, (middle_y, middle_x) = there
    offsets, rarity = repeats(image, usable, _PLANAR)
    moved: list[Source] = [PlaneShift(line, centre, float(dy), float(dx)) for dy, dx in offsets]
    there_y, there_x = np.mgrid[:height, :width].astype(np.float32)
    there_y, there_x = there_y - np.float32(centre[0]), there_x - np.float32(centre[1])
    depth = line[0] * there_x + line[1] * there_y + 1
    depth = np.where(depth > 0.2, depth, 1e-3).astype(np.float32)
    rare = cv2.remap(
        rarity,
        (there_x / depth + middle_x).astype(np.float32),
        (there_y / depth + middle_y).astype(np.float32),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=np.inf,
    )
    return moved, rare if moved else np.full_like(rare, np.inf)
