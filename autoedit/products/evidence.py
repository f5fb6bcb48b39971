"""How much of an outline the photo itself bears out: where it lies on no edge, it is a guess.

The figure is the region contrast along the boundary (as by Alpert, Galun, Basri & Brandt 2007, who
weigh a boundary by the difference of the regions beside it against their own variation): close to
each point of the outline the mean colour just inside is compared with the mean just outside. A
white mug on white paper shows next to no difference, and neither does an outline that runs across
one surface.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import FloatArray, Mask, PixelArray

_SIDE = 512  # pixels to which a subject's box is reduced at most
_MARGIN = 16  # pixels of ground round it that are looked at
_BAND = (1.5, 7.0)  # pixels from the outline: what counts as beside it
_ALONG = 9  # pixels of the window that is averaged
_TELLS = 3.5  # CIELAB: a difference that the eye sees and a grain does not make
_STEP = 0.35  # of the standard deviation beside the outline, which a difference must exceed


def unfounded(pixels: PixelArray, mask: Mask) -> float | None:
    """The share of a subject's outline at which the photo shows no edge, in [0, 1].

    The photo's border is no outline.

    Args:
        pixels: RGB uint8 (H, W, 3), the photo that the subject was cut from.
        mask: the subject's, float32 (H, W); where it is soft it belongs to neither side.

    Returns:
        None when there is no outline: nothing is inside, or all is.
    """
    box = mask.box
    if box is None:
        return None
    image, soft = _reduced(pixels, mask, box)
    inside = soft > 0.5
    rim = (cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~inside
    if not rim.any():
        return None
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[:, :, 0] *= 100 / 255
    ours = (soft > 0.95) & _between(distance(inside))
    theirs = (soft < 0.05) & _between(distance(~inside))
    (mean, spread, there), (other, others, beside) = _local(lab, ours), _local(lab, theirs)
    across = np.linalg.norm(mean - other, axis=2)
    least = np.maximum(_TELLS, _STEP * np.sqrt(0.5 * (spread + others)))
    known = rim & there & beside  # a part thinner than its soft rim has no inside to compare
    if not known.any():
        return None
    return float((across < least)[known].mean())


def _reduced(
    pixels: PixelArray, mask: Mask, box: tuple[float, float, float, float]
) -> tuple[PixelArray, FloatArray]:
    """The subject's box with some ground round it, at the size at which it is looked at."""
    scale = min(1.0, _SIDE / max(box[2] - box[0], box[3] - box[1]))
    margin = _MARGIN / scale
    height, width = mask.shape
    x0, y0 = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    x1, y1 = min(width, int(box[2] + margin)), min(height, int(box[3] + margin))
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    place = slice(y0, y1), slice(x0, x1)
    image = cv2.resize(pixels[place], size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(mask.array[place], size, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8), soft


def _between(away: FloatArray) -> np.ndarray:
    return (away >= _BAND[0]) & (away <= _BAND[1])


def _local(lab: FloatArray, where: np.ndarray) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Mean colour (h, w, 3) and summed variance (h, w) of what lies near in a band, and if any."""
    window = (2 * _ALONG + 1,) * 2
    weight = where.astype(np.float32)
    amount = cv2.blur(weight, window)
    safe = np.maximum(amount, 1e-6)[:, :, None]
    mean = cv2.blur(lab * weight[:, :, None], window) / safe
    square = cv2.blur(lab**2 * weight[:, :, None], window) / safe
    return mean, np.maximum(square - mean**2, 0).sum(axis=2), amount * window[0] ** 2 >= 4
