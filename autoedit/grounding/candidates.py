"""A candidate object: a group of pieces that could be one thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoedit.core.mask import BoolArray
from autoedit.core.region import Box
from autoedit.grounding.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A group of pieces and how much it looks like a thing.

    Attributes:
        members: bool (N,) over the scene's pieces.
        box: xyxy in pixels of the photo.
        area: as a fraction of the photo.
        centre: (x, y) as fractions of the photo.
        match: how well it fits the colour, or stands out, in [0, 1].
        objectness: how much it looks like one thing before a background, in [0, 1].
    """

    members: BoolArray
    box: Box
    area: float
    centre: tuple[float, float]
    match: float
    objectness: float

    @property
    def score(self) -> float:
        """In [0, 1]."""
        return float(self.match**1.3 * self.objectness**0.85)


def describe(scene: Scene, members: BoolArray, match: float, objectness: float) -> Candidate:
    """Some pieces as a candidate; `match` and `objectness` in [0, 1]."""
    pieces = scene.pieces
    height, width = pieces.labels.shape
    weights = pieces.area[members]
    x, y = np.average(pieces.centre[members], axis=0, weights=weights)
    return Candidate(
        members=members,
        box=scene.box(members),
        area=float(weights.sum() / pieces.area.sum()),
        centre=(float(x / width), float(y / height)),
        match=match,
        objectness=objectness,
    )
