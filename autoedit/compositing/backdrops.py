"""What a subject is set before: a gradient, a studio's sweep, a picture."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from autoedit.compositing.colours import RGB
from autoedit.core.mask import FloatArray, PixelArray

Fit = Literal["cover", "contain", "tile", "stretch"]

_BEND = 0.16  # of the height: how softly a studio's floor turns into its wall
_POOL = 0.75  # of the height: how far the light reaches round the subject
_STRIP = 512  # rows that are worked on at once


def gradient(shape: tuple[int, int], top: RGB, bottom: RGB) -> PixelArray:
    """One colour at the top that turns evenly into another at the bottom; RGB uint8 (H, W, 3)."""
    height, width = shape
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    rows = np.asarray(top, np.float32) * (1 - share) + np.asarray(bottom, np.float32) * share
    return _dithered(np.broadcast_to(rows, (height, width, 3)))


def studio(shape: tuple[int, int], rgb: RGB, *, stands: tuple[float, float] | None) -> PixelArray:
    """A paper sweep: a lit floor that bends softly up into a wall, brightest round the subject.

    Args:
        shape: (height, width) in pixels.
        rgb: of the paper in full light.
        stands: (x, y) in pixels of where the subject stands; None when its foot is out of the
            frame, so that there is only wall to see.

    Returns:
        RGB uint8 (H, W, 3).
    """
    height, width = shape
    x, y = stands or (width / 2, height * 0.55)
    rows, columns = (np.arange(size, dtype=np.float32) for size in shape)
    horizon = y - 0.14 * height if stands else height * 2.0
    floor = _smooth_step((rows - (horizon - _BEND * height / 2)) / (_BEND * height))
    # The wall is a little darker than the floor, and falls off upwards, away from the lamps.
    wall = 0.985 - 0.1 * np.clip((min(horizon, height) - rows) / height, 0, 1)
    base = (wall * (1 - floor) + floor)[:, None]
    away = np.hypot((columns[None] - x) / max(width, height) / 0.9, (rows[:, None] - y) / height)
    pool = np.exp(-((away / _POOL) ** 2))
    light = np.clip(base * (0.9 + 0.1 * pool), 0, 1)
    return _dithered(light[:, :, None] * np.asarray(rgb, np.float32))


def picture(pixels: PixelArray, shape: tuple[int, int], *, fit: Fit, blur: float) -> PixelArray:
    """A picture brought to a photo's size, its own perspective left alone.

    Args:
        pixels: RGB uint8 (h, w, 3).
        shape: (height, width) in pixels of the result.
        fit: "cover" fills the frame and cuts off what is too much, evenly on both sides;
            "contain" shows all of it, and blurs it large into what is left; "tile" repeats it at
            its own size; "stretch" changes its proportions.
        blur: standard deviation in pixels of the result; 0 leaves it sharp.

    Returns:
        RGB uint8 (H, W, 3).
    """
    height, width = shape
    if fit == "tile":
        down, across = -(-height // pixels.shape[0]), -(-width // pixels.shape[1])
        laid = np.tile(pixels, (down, across, 1))[:height, :width]
    elif fit == "stretch":
        laid = _resized(pixels, shape)
    elif fit == "contain":
        laid = _contained(pixels, shape)
    else:
        laid = _covered(pixels, shape)
    if blur > 0:
        laid = _blurred(laid, blur)
    return np.ascontiguousarray(laid, np.uint8)


def enlargement(size: tuple[int, int], shape: tuple[int, int], fit: Fit) -> float:
    """How much a picture of a (height, width) is enlarged to fill a photo of another."""
    ratios = shape[0] / size[0], shape[1] / size[1]
    return {"tile": 1.0, "contain": min(ratios)}.get(fit, max(ratios))


def _covered(pixels: PixelArray, shape: tuple[int, int]) -> PixelArray:
    height, width = pixels.shape[:2]
    scale = max(shape[0] / height, shape[1] / width)
    rows = min(height, max(1, round(shape[0] / scale)))
    columns = min(width, max(1, round(shape[1] / scale)))
    y, x = (height - rows) // 2, (width - columns) // 2
    return _resized(pixels[y : y + rows, x : x + columns], shape)


def _contained(pixels: PixelArray, shape: tuple[int, int]) -> PixelArray:
    height, width = pixels.shape[:2]
    scale = min(shape[0] / height, shape[1] / width)
    size = min(shape[0], max(1, round(height * scale))), min(shape[1], max(1, round(width * scale)))
    laid = _blurred(_covered(pixels, shape), max(shape) / 25)
    y, x = (shape[0] - size[0]) // 2, (shape[1] - size[1]) // 2
    laid[y : y + size[0], x : x + size[1]] = _resized(pixels, size)
    return laid


def _resized(pixels: PixelArray, shape: tuple[int, int]) -> PixelArray:
    if pixels.shape[:2] == shape:
        return pixels
    smaller = shape[0] < pixels.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, shape[::-1], interpolation=way), np.uint8)


def _blurred(pixels: PixelArray, sigma: float) -> PixelArray:
    """A Gaussian blur, done small: beyond a few pixels nothing of the detail is left anyway."""
    scale = max(1.0, sigma / 4)
    size = max(1, round(pixels.shape[0] / scale)), max(1, round(pixels.shape[1] / scale))
    soft = cv2.GaussianBlur(_resized(pixels, size).astype(np.float32), (0, 0), sigma / scale)
    return _dithered(cv2.resize(soft, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _dithered(values: FloatArray) -> PixelArray:
    """Rounded to 8 bits with a grain below one step, so that a slow gradient shows no bands."""
    height, width, _ = values.shape
    grain = np.random.default_rng(0).random((min(height, _STRIP), width, 1), np.float32)
    result = np.empty(values.shape, np.uint8)
    for top in range(0, height, _STRIP):
        strip = values[top : top + _STRIP]
        steps = np.floor(np.clip(strip, 0, 255) + grain[: strip.shape[0]])
        result[top : top + _STRIP] = np.minimum(steps, 255)
    return result


def _smooth_step(share: FloatArray) -> FloatArray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)
