"""How much a superpixel looks like the object or the background near it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoedit.core.mask import FloatArray
from autoedit.core.superpixels import Superpixels

_COLOUR_WIDTH = 4.0  # CIELAB units
_LIGHTNESS = 0.7  # lightness counts less than hue and chroma: shading changes it
_FLOOR = 2e-3


@dataclass(frozen=True, slots=True)
class LocalColours:
    """Kernel densities over colour and place, so that a model adapts along the outline.

    Attributes:
        joint: float32 (N, N), closeness in colour and place.
        near: float32 (N, N), closeness in place alone.
        amount: float32 (N,), area of each piece in units of the mean.
    """

    joint: FloatArray
    near: FloatArray
    amount: FloatArray

    @classmethod
    def of(cls, pieces: Superpixels, reach: float) -> LocalColours:
        """Compare all pieces with all; `reach` is the spatial width in pixels."""
        colour = pieces.colour * np.array([_LIGHTNESS, 1, 1], np.float32)
        near = np.exp(-_squared(pieces.centre) / (2 * reach * reach))
        joint = np.exp(-_squared(colour) / (2 * _COLOUR_WIDTH**2)) * near
        return cls(joint, near, pieces.area / pieces.area.mean())

    def likelihood(self, members: FloatArray) -> FloatArray:
        """Share of the nearby members that have a piece's colour; both float32 (N,)."""
        weights = self.amount * members
        return self.joint @ weights / (self.near @ weights + 1e-6)

    def log_ratio(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Logarithm of how much more likely the first model is, within -4 and 4."""
        ratio = np.log((first + _FLOOR) / (second + _FLOOR))
        return np.clip(ratio, -4, 4).astype(np.float32)


def _squared(points: FloatArray) -> FloatArray:
    norm = (points * points).sum(axis=1)
    return np.maximum(norm[:, None] + norm[None] - 2 * points @ points.T, 0)
