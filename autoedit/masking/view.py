"""What the network sees of a thing and of what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.dense_prediction import Prediction, predict
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.masking.tone import toned

_SIZES, _SIDE = 9.0, 640  # how much it sees, in sizes of the thing, and pixels at most


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A window round a thing, reduced, and the maps of it.

    Attributes:
        box: (x0, y0, x1, y1), the window in the photo, in pixels.
        pixels: RGB uint8 (h, w, 3), the window reduced.
        inside: bool (h, w), the thing.
        seen: the maps, (h, w).
        gain: float32 (h, w, 3), log of the factor that undoes the effects: the map of it, set right
            by the tones of the lit ground.
        size: side of a square of the thing's area, in pixels of the photo.
        scale: pixels of the window for one of the photo.
    """

    box: tuple[int, int, int, int]
    pixels: PixelArray
    inside: BoolArray
    seen: Prediction
    gain: FloatArray
    size: float
    scale: float


def view_round(pixels: PixelArray, mask: Mask, *, twice: bool = True) -> View | None:
    """A thing's surroundings, so wide as its effects may reach.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        twice: whether the network is asked with both its weights.

    Returns:
        None when there is no thing, or nothing round it.
    """
    if mask.box is None:
        return None
    left, top, right, bottom = (int(edge) for edge in mask.box)
    height, width = mask.shape
    size = float(np.sqrt(mask.binary.sum()))
    reach = round(_SIZES * size / 2)
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    x0, y0 = max(0, min(left, middle_x - reach)), max(0, min(top, middle_y - reach))
    x1, y1 = min(width, max(right, middle_x + reach)), min(height, max(bottom, middle_y + reach))
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    small = np.asarray(
        cv2.resize(pixels[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA), np.uint8
    )
    covered: FloatArray = np.asarray(
        cv2.resize(mask.array[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA), np.float32
    )
    inside = covered > 0.5
    if inside.all() or not inside.any():
        return None
    seen = predict(small, inside, twice=twice)
    gain = toned(small, inside, seen, size * scale)
    return View((x0, y0, x1, y1), small, inside, seen, gain, size, scale)


def in_photo(part: BoolArray, view: View, shape: tuple[int, int]) -> BoolArray:
    """What is meant in a view, bool (h, w), in the photo of such a shape: bool (H, W)."""
    x0, y0, x1, y1 = view.box
    whole = np.zeros(shape, np.bool_)
    soft = cv2.resize(part.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    whole[y0:y1, x0:x1] = soft > 0.5
    return whole
