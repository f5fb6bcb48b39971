"""How soft a photo's edge is along a mask's outline."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_FARTHEST = 10  # pixels from the outline that are looked at
_ALONG = 20  # pixels to each side along the outline that are averaged
_NOISE = 60.0  # of 255 squared, contrast that says nothing
_OFF = 0.12  # part of the other side that is too much for a side
_NARROWEST = 2.0  # pixels; an outline is never better
_TAIL = 1.8  # what is averaged misses the ends of long hairs and of a blur
_AGREED = 0.4  # weight of the side that is softer
_WIDE, _MORE = 3.0, 0.5  # pixels from which a band is widened, and by what share of the rest


def disc(radius: int) -> np.ndarray:
    """A round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def distances(inside: BoolArray) -> tuple[FloatArray, FloatArray]:
    """How deep inside and how far outside each pixel is, float32 (H, W); 0 on the other side.

    The photo's own border is no outline: a subject goes on beyond it.
    """
    solid = np.pad(inside, 1, mode="edge").astype(np.uint8)
    inner = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
    outer = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    return np.ascontiguousarray(inner), outer


def band_widths(
    pixels: PixelArray, inner: FloatArray, outer: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Half the width that an unknown band needs, and how alike the two sides are there.

    Across the outline the photo changes from the subject's colours to the background's. The colours
    are projected on the line between the two, averaged along the outline at each distance, and the
    width is the distance to which the average is not yet the side's own: small at a hard edge whose
    mask fits, large at fur and blur, and where the mask is off.

    Args:
        pixels: RGB uint8 (H, W, 3).
        inner, outer: as by `distances`.

    Returns:
        Widths in pixels, float32 (H, W). Likeness, float32 (H, W): the variance of a side's own
        colours over the squared contrast, 0 where colours tell the sides apart and 1 where not.
    """
    image = pixels.astype(np.float32)
    subject, ground = _side(image, inner), _side(image, outer)
    line = subject - ground
    contrast = (line * line).sum(axis=2) + _NOISE
    share = np.clip(((image - ground) * line).sum(axis=2) / contrast, -0.5, 1.5)
    sides = [_extent(inner, 1 - share), _extent(outer, share)]
    # Fur and blur are soft on both sides; one alone may be a shade or a pattern beside the edge.
    width = _AGREED * np.maximum(*sides) + (1 - _AGREED) * np.minimum(*sides)
    own = [
        _averaged(off * off * depth, 2 * _FARTHEST) / (_averaged(depth, 2 * _FARTHEST) + 1e-3)
        for off, depth in ((1 - share, inner), (share, outer))
    ]
    width = cv2.dilate(width, disc(3))
    width += _MORE * np.maximum(width - _WIDE, 0)
    return width, np.clip(np.maximum(*own), 0, 1)


def _side(image: FloatArray, distance: FloatArray) -> FloatArray:
    """A side's colour, averaged over what lies well inside it, float32 (H, W, 3)."""
    weight = np.minimum(distance, _FARTHEST) ** 2
    total = _averaged(image * weight[:, :, None], 2 * _FARTHEST)
    return total / (_averaged(weight, 2 * _FARTHEST)[:, :, None] + 1e-3)


def _extent(distance: FloatArray, wrong: FloatArray) -> FloatArray:
    """To what distance, outward from the outline, a side is mixed with the other."""
    extent = np.full(distance.shape, _NARROWEST, np.float32)
    mixed = np.ones(distance.shape, np.bool_)
    for step in range(1, _FARTHEST + 1):
        ring = ((distance > step - 0.5) & (distance <= step + 0.5)).astype(np.float32)
        mass = _averaged(ring, _ALONG)
        seen = mass > 1e-4
        mixed &= ~seen | (_averaged(ring * wrong, _ALONG) > _OFF * mass)
        extent = np.where(mixed & seen, step + 0.5, extent)
    tail = _TAIL * extent - (_TAIL - 1) * _NARROWEST
    return np.maximum(tail, _NARROWEST).astype(np.float32)


def _averaged(values: FloatArray, radius: int) -> FloatArray:
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1))
