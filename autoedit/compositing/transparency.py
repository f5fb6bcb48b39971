"""Photos with a transparent ground: told from others, with a shadow, trimmed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo

_CLEAR, _SOLID = 16, 240  # of 255
_ENOUGH = 0.005  # of the photo, that must be clear and that must be solid
_BLED = 16  # pixels beyond the subject


def own_alpha(photo: Photo) -> Mask | None:
    """The alpha of a photo that is a cut-out already; None for any other.

    A photo with an alpha channel that is solid nearly everywhere, or clear nearly everywhere, is
    not one.
    """
    if photo.alpha is None:
        return None
    clear = float((photo.alpha <= _CLEAR).mean())
    solid = float((photo.alpha >= _SOLID).mean())
    if min(clear, solid) < _ENOUGH:
        return None
    return Mask(photo.alpha.astype(np.float32) / np.float32(255), "alpha")


def on_nothing(
    colours: PixelArray, alpha: Mask, shade: FloatArray | None
) -> tuple[PixelArray, PixelArray]:
    """A subject on a transparent ground, its shadow as black that covers in part.

    Args:
        colours: RGB uint8 (H, W, 3), the subject's own.
        alpha: the subject's.
        shade: float32 (H, W) in [0, 1], what is left of the light on the ground; None for all.

    Returns:
        RGB uint8 (H, W, 3) and alpha uint8 (H, W). Where it is clear there is nothing of the old
        background: the subject's colours go on for some pixels, so that programs that resize or
        blur them without their alpha make no rim, and beyond lies their mean.
    """
    if shade is None:
        opacity = np.rint(alpha.array * 255).astype(np.uint8)
        return bled(colours, opacity), opacity
    cover = alpha.array + (1 - alpha.array) * (1 - shade)
    share = np.where(alpha.array > 0, alpha.array / np.maximum(cover, 1e-6), 0)[:, :, None]
    shadowed = np.where(cover[:, :, None] > 0, colours * share, colours)
    opacity = np.rint(cover * 255).astype(np.uint8)
    return bled(np.rint(shadowed).astype(np.uint8), opacity), opacity


def bled(colours: PixelArray, opacity: np.ndarray) -> PixelArray:
    """The colours with those of clear pixels taken from the nearest that are not.

    Args:
        colours: RGB uint8 (H, W, 3).
        opacity: uint8 (H, W).

    Returns:
        RGB uint8 (H, W, 3): as given where the opacity is above 0 and where all is clear.
    """
    seen = opacity > 0
    if seen.all() or not seen.any():
        return colours
    distance, nearest = cv2.distanceTransformWithLabels(
        (~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    source[nearest[seen].astype(np.int32)] = colours[seen]
    result = colours.copy()
    near = ~seen & (distance <= _BLED)
    result[near] = source[nearest[near].astype(np.int32)]
    mean = np.average(colours[seen], axis=0, weights=opacity[seen].astype(np.float64))
    result[~seen & ~near] = np.rint(mean)
    return result


def trimmed(photo: Photo, margin: int = 0) -> Photo:
    """A cut-out without the empty ground round it.

    Args:
        photo: with alpha; one without is given back as it is, and so is one that is all clear.
        margin: pixels of clear ground that stay on each side, as far as the photo has them.
    """
    if photo.alpha is None or not photo.alpha.any():
        return photo
    rows, columns = (np.flatnonzero(photo.alpha.any(axis=axis)) for axis in (1, 0))
    place = (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )
    deep = None if photo.deep is None else np.ascontiguousarray(photo.deep[place])
    return replace(
        photo,
        pixels=np.ascontiguousarray(photo.pixels[place]),
        alpha=np.ascontiguousarray(photo.alpha[place]),
        deep=deep,
    )
