"""A photo on a small working copy: its pieces, what stands out, and its light."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from autoedit.core.dense_prediction import predict
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.region import Box, Region
from autoedit.core.superpixels import IntArray, Superpixels, cut_superpixels, to_lab
from autoedit.grounding.colour_names import EVERYDAY, NEUTRAL, membership, memberships
from autoedit.grounding.salience import find_salience

_SIDE = 640
_STEP = 16
_COARSE_SIDE = 400
_COARSE_STEP = 15
_BINS = 32  # a channel, for looking colours up
_SHADE = 1.35  # how much brighter a part in its own shade would be in full light
_SHADY = 40.0  # lightness below which a colour may be one in shade
_WHITE, _DIM = 95.0, 1.35  # lightness of white in full light; how much dimmer a photo may be
_CAST = 0.7  # share of the estimated cast that is taken out: the estimate is rough


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What the network says of a scene's N pieces and M pairs of neighbours.

    Attributes:
        thing, effect: float32 (N,) in [0, 1], how likely a piece is of a thing, or of its shadow or
            mirror image.
        centre: float32 (N, 2), (x, y) in pixels of the middle of the thing that it is of.
        outline: float32 (M,) in [0, 1], how likely the line between two is a thing's outline.
    """

    thing: FloatArray
    effect: FloatArray
    centre: FloatArray
    outline: FloatArray


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

    @property
    def scale(self) -> float:
        """Pixels of the photo for one of the working copy."""
        return self.shape[1] / self.pixels.shape[1]

    @cached_property
    def predicted(self) -> Predicted:
        """What the network says of the pieces."""
        maps, pieces = predict(self.pixels), self.pieces
        weight = maps.thing + np.float32(1e-3)
        total = pieces.mean(weight)
        centre = [pieces.mean(maps.centre[..., i] * weight) / total for i in (0, 1)]
        return Predicted(
            pieces.mean(maps.thing), pieces.mean(maps.effect), np.stack(centre, axis=1),
            pieces.along(maps.outline),
        )  # fmt: skip

    def colour_map(self, name: str) -> FloatArray:
        """How surely each piece is called by a colour name, float32 (N,) in [0, 1]."""
        if name in EVERYDAY:
            return self.everyday[:, EVERYDAY.index(name)]
        levels, inverse = self._levels
        values = self._lit(lambda lab, white: membership(name, lab, white), levels)
        return self.pieces.mean(values[inverse])

    @cached_property
    def everyday(self) -> FloatArray:
        """`colour_map` of all names of `EVERYDAY`, float32 (N, K)."""
        levels, inverse = self._levels
        seen = self._lit(memberships, levels)
        level = levels[:, :1] + 16
        plain = levels.copy()
        plain[:, 1:] -= _CAST * self.cast * level
        neutral = memberships(plain, (self.white + _WHITE) / 2)[:, -len(NEUTRAL) :]
        values = np.concatenate([seen[:, : -len(NEUTRAL)], neutral], axis=1)
        return np.stack([self.pieces.mean(column[inverse]) for column in values.T], axis=1)

    @cached_property
    def _levels(self) -> tuple[FloatArray, IntArray]:
        """The colours that occur, coarsely, as CIELAB (B, 3); and which each pixel has (h, w)."""
        shift = 8 - _BINS.bit_length() + 1
        codes = (self.pixels >> shift).astype(np.int32)
        keys = (codes[:, :, 0] * _BINS + codes[:, :, 1]) * _BINS + codes[:, :, 2]
        used, inverse = np.unique(keys, return_inverse=True)
        levels = np.stack([used // (_BINS * _BINS), used // _BINS % _BINS, used % _BINS], axis=1)
        middle = ((levels << shift) + (1 << shift >> 1)).astype(np.uint8)
        return to_lab(middle[None])[0], inverse.reshape(keys.shape).astype(np.int32)

    def _lit(self, named: Callable[[FloatArray, float], FloatArray], lab: FloatArray) -> FloatArray:
        """Names of a colour as it is seen and, in a dim photo, as it would be in full light."""
        seen = self._seen(lambda colour: named(colour, self.white), lab)
        gain = float(np.clip((_WHITE + 16) / (self.white + 16), 1, _DIM))
        if gain == 1:
            return seen
        exposed = _scaled(lab, gain)
        return np.sqrt(seen * self._seen(lambda colour: named(colour, _WHITE), exposed))

    def _seen(self, named: Callable[[FloatArray], FloatArray], lab: FloatArray) -> FloatArray:
        """Names of a colour as seen, without the light's cast, or if dark as if it were lit."""
        level = lab[:, :1] + 16
        plain = lab.copy()
        plain[:, 1:] -= _CAST * self.cast * level
        seen = named(lab)
        dark = (1 / (1 + np.exp((lab[:, 0] - _SHADY) / 5))).reshape(-1, *[1] * (seen.ndim - 1))
        in_shade = 0.85 * dark * named(_scaled(lab, _SHADE))
        balanced = np.sqrt(seen * named(plain))
        return np.maximum(np.maximum(seen, balanced), in_shade).astype(np.float32)

    def box(self, members: BoolArray) -> Box:
        """Xyxy of some pieces in pixels of the photo."""
        mask = members[self.pieces.labels]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        sx, sy = self.shape[1] / mask.shape[1], self.shape[0] / mask.shape[0]
        return (
            float(columns[0] * sx), float(rows[0] * sy),
            float((columns[-1] + 1) * sx), float((rows[-1] + 1) * sy),
        )  # fmt: skip

    def members(self, regions: Iterable[Region]) -> BoolArray:
        """The pieces that some regions with masks hold, bool (N,)."""
        joined = np.zeros(self.pieces.count, bool)
        for region in regions:
            if region.mask is not None:
                small = cv2.resize(region.mask.array, self.pieces.labels.shape[::-1])
                joined |= self.pieces.mean(small) > 0.5
        return joined

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


def _scaled(lab: FloatArray, gain: float) -> FloatArray:
    """Colours in so many times the light, as CIELAB (N, 3)."""
    return np.concatenate([(lab[:, :1] + 16) * gain - 16, lab[:, 1:] * gain], axis=1)


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
