"""A photo on a small working copy: its pieces, what stands out, and its light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.core.superpixels import Superpixels, cut_superpixels, to_lab
from autoedit.grounding.colour_names import NEUTRAL, membership
from autoedit.grounding.salience import find_salience

_SIDE = 640
_STEP = 16
_COARSE_SIDE = 400
_COARSE_STEP = 15
_BINS = 32  # a channel, for looking colours up
_SHADE = 1.35  # how much brighter a part in its own shade would be in full light
_SHADY = 40.0  # lightness below which a colour may be one in shade
_NEARBY, _ALIKE = 80.0, 10.0  # pixels of the working copy; CIELAB units
_CAST = 0.7  # share of the estimated cast that is taken out: the estimate is rough


@dataclass(frozen=True, eq=False)
class Scene:
    """What does not depend on the target.

    Attributes:
        shape: (height, width) of the photo.
        pixels: RGB uint8 (h, w, 3), the working copy.
        pieces: its superpixels.
        salience, background: float32 (N,) per piece, in [0, 1].
        cast: (a, b) of a white under the scene's light, for one unit of L + 16.
        white: lightness of the scene's white.
    """

    shape: tuple[int, int]
    pixels: PixelArray
    pieces: Superpixels
    salience: FloatArray
    background: FloatArray
    cast: FloatArray
    white: float

    @classmethod
    def of(cls, photo: Photo) -> Scene:
        """Reduce a photo, cut it up and weigh its pieces."""
        pixels = _reduced(photo.pixels, _SIDE)
        lab = to_lab(pixels)
        pieces = cut_superpixels(lab, _STEP)
        small = _reduced(pixels, _COARSE_SIDE)
        coarse = cut_superpixels(to_lab(small), _COARSE_STEP)
        found = find_salience(coarse)
        size = pixels.shape[1::-1]

        def spread(values: FloatArray) -> FloatArray:
            return pieces.mean(cv2.resize(values[coarse.labels], size))

        cast, white = _light(lab)
        return cls(
            photo.shape, pixels, pieces, spread(found.salience), spread(found.background),
            cast, white,
        )  # fmt: skip

    def commonness(self, members: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Share of the pieces that have a piece's colour, `members` left out.

        Near it, and in the whole photo: float32 (N,) each.
        """
        alike, near = self._closeness
        others = (~members).astype(np.float32)
        nearby = ((alike * near) @ others - others) / np.maximum(near @ others - others, 1)
        return nearby, (alike @ others - others) / max(1.0, float(others.sum()))

    @cached_property
    def _closeness(self) -> tuple[FloatArray, FloatArray]:
        alike = _apart(self.pieces.colour) < _ALIKE**2
        near = _apart(self.pieces.centre) < _NEARBY**2
        return alike.astype(np.float32), near.astype(np.float32)

    def shadow_like(self, members: BoolArray) -> BoolArray:
        """Pieces that could be the ground beside `members` in their shadow: bool (N,).

        In CIELAB a shadow scales (L + 16, a, b) by one factor.
        """
        light = self.pieces.colour + np.array([16, 0, 0], np.float32)
        _, near = self._closeness
        ground = (near @ members.astype(np.float32) > 0) & ~members & (self.background > 0.5)
        if not ground.any():
            return np.zeros(self.pieces.count, bool)
        typical = np.median(light[ground], axis=0)
        factor = light[:, 0] / typical[0]
        residual = np.linalg.norm(light[:, 1:] - factor[:, None] * typical[1:], axis=1)
        return (factor > 0.4) & (factor < 0.97) & (residual < 6)

    @property
    def scale(self) -> float:
        """Pixels of the photo for one of the working copy."""
        return self.shape[1] / self.pixels.shape[1]

    def colour_map(self, name: str) -> FloatArray:
        """How surely each piece is called by a colour name, float32 (N,) in [0, 1]."""
        shift = 8 - _BINS.bit_length() + 1
        codes = (self.pixels >> shift).astype(np.int32)
        keys = (codes[:, :, 0] * _BINS + codes[:, :, 1]) * _BINS + codes[:, :, 2]
        used, inverse = np.unique(keys, return_inverse=True)
        levels = np.stack([used // (_BINS * _BINS), used // _BINS % _BINS, used % _BINS], axis=1)
        middle = ((levels << shift) + (1 << shift >> 1)).astype(np.uint8)
        values = self._membership(name, to_lab(middle[None])[0])
        return self.pieces.mean(values[inverse].reshape(keys.shape))

    def _membership(self, name: str, lab: FloatArray) -> FloatArray:
        level = lab[:, :1] + 16
        plain = lab.copy()
        plain[:, 1:] -= _CAST * self.cast * level
        if name in NEUTRAL:
            return membership(name, plain, self.white)
        lit = np.concatenate([level * _SHADE - 16, lab[:, 1:] * _SHADE], axis=1)
        as_seen = membership(name, lab, self.white)
        dark = 1 / (1 + np.exp((lab[:, 0] - _SHADY) / 5))
        in_shade = 0.85 * dark * membership(name, lit, self.white)
        balanced = np.sqrt(as_seen * membership(name, plain, self.white))
        return np.maximum(np.maximum(as_seen, balanced), in_shade).astype(np.float32)

    def box(self, members: BoolArray) -> Box:
        """Xyxy of some pieces in pixels of the photo."""
        mask = members[self.pieces.labels]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        sx, sy = self.shape[1] / mask.shape[1], self.shape[0] / mask.shape[0]
        return (
            float(columns[0] * sx), float(rows[0] * sy),
            float((columns[-1] + 1) * sx), float((rows[-1] + 1) * sy),
        )  # fmt: skip

    def mask(self, members: BoolArray) -> Mask:
        """Some pieces as a coarse mask over the whole photo."""
        small = members[self.pieces.labels].astype(np.float32)
        large = cv2.resize(small, self.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return Mask(np.clip(large, 0, 1).astype(np.float32), "attributes")


def _reduced(pixels: PixelArray, side: int) -> PixelArray:
    scale = min(1.0, side / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    if scale == 1:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _light(lab: FloatArray) -> tuple[FloatArray, float]:
    """The light's cast and the lightness of white, by shades of grey (Finlayson & Trezzi 2004).

    In CIELAB, scaling a colour's light scales (L + 16, a, b) together, so a cast is a slope.
    """
    flat = lab.reshape(-1, 3)[::7]
    weight = (flat[:, 0] / 100) ** 6
    level = float((weight * (flat[:, 0] + 16)).sum()) + 1e-6
    cast = np.array([(weight * flat[:, c]).sum() / level for c in (1, 2)], np.float32)
    strength = float(np.hypot(*cast))
    cast *= min(1.0, 0.25 / (strength + 1e-6))
    return cast, float(np.clip(np.percentile(flat[:, 0], 99), 50, 100))


def _apart(points: FloatArray) -> FloatArray:
    norm = (points * points).sum(axis=1)
    return norm[:, None] + norm[None] - 2 * points @ points.T
