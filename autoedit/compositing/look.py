"""Change the look of what a mask covers: recolour it, or make it unreadable."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.core.window import Window
from autoedit.errors import InstructionError

# What people mean by a colour word on a real thing: paint, not the screen's pure primaries.
_PAINT = {
    "red": (190, 32, 38),
    "green": (46, 125, 60),
    "blue": (38, 84, 172),
    "yellow": (236, 196, 48),
    "orange": (226, 120, 36),
    "purple": (108, 58, 148),
    "pink": (232, 132, 168),
    "brown": (118, 76, 48),
    "cyan": (54, 172, 188),
    "magenta": (188, 48, 138),
    "turquoise": (54, 178, 170),
    "lime": (150, 200, 60),
}


def paint_rgb(name: str, rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour that a thing is painted for a colour word; `rgb` when the word is another."""
    return _PAINT.get(" ".join(name.lower().split()), rgb)


def recolour(pixels: PixelArray, mask: Mask, rgb: tuple[int, int, int]) -> PixelArray:
    """Give a thing another colour and keep its shading, highlights and texture.

    In CIELAB the thing's mean lightness moves to the new colour's and its deviations stay; hue
    becomes the new colour's, and chroma follows each pixel's share of the thing's own, so that
    white highlights stay white.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing.
        rgb: the new colour.

    Returns:
        RGB uint8 (H, W, 3); the caller blends it by the matte.
    """
    window = _window(mask)
    inside = mask.binary[window.slices]
    lab = cv2.cvtColor(pixels[window.slices].astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    new = cv2.cvtColor(np.asarray([[rgb]], np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)[0, 0]
    lightness = lab[:, :, 0]
    middle = float(np.median(lightness[inside]))
    lab[:, :, 0] = _moved(lightness, middle, float(np.clip(new[0], 8, 96)))
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    usual = float(np.median(chroma[inside]))
    new_chroma = float(np.hypot(new[1], new[2]))
    # A grey thing has no chroma of its own to go by: it then takes the new one evenly, fading
    # only towards its highlights.
    by_chroma = np.clip(chroma / max(usual, 1e-3), 0, 1.3)
    by_light = np.clip((100 - lightness) / max(100 - middle, 1e-3), 0, 1.0)
    trust = float(np.clip((usual - 8) / 12, 0, 1))
    share = trust * by_chroma + (1 - trust) * by_light
    direction = new[1:] / max(new_chroma, 1e-3)
    lab[:, :, 1:] = (share * new_chroma)[:, :, None] * direction
    changed = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    result = pixels.copy()
    result[window.slices] = np.rint(np.clip(changed, 0, 1) * 255).astype(np.uint8)
    return result


def _moved(lightness: FloatArray, middle: float, goal: float) -> FloatArray:
    """Lightness with its middle at the goal; both ends of the scale stay where they are."""
    below = lightness * (goal / max(middle, 1e-3))
    above = 100 - (100 - lightness) * ((100 - goal) / max(100 - middle, 1e-3))
    return np.where(lightness < middle, below, above).astype(np.float32)


def obscure(pixels: PixelArray, mask: Mask, manner: str) -> PixelArray:
    """Make what a mask covers unreadable.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: what to cover.
        manner: "blur", "pixelate" or "solid" (black).

    Returns:
        RGB uint8 (H, W, 3); the caller blends it by the matte.

    Raises:
        InstructionError: for another manner.
    """
    window = _window(mask)
    part = pixels[window.slices]
    height, width = part.shape[:2]
    side = max(2.0, min(height, width) / 6.0)
    if manner == "blur":
        # Averaging before blurring: a plain Gaussian can be sharpened back.
        covered = cv2.GaussianBlur(_blocks(part, side / 2, cv2.INTER_LINEAR), (0, 0), side / 3)
    elif manner == "pixelate":
        covered = _blocks(part, side, cv2.INTER_NEAREST)
    elif manner == "solid":
        covered = np.zeros_like(part)
    else:
        raise InstructionError(f"{manner!r} is no way to obscure; use blur, pixelate or solid.")
    result = pixels.copy()
    result[window.slices] = covered
    return result


def _blocks(part: PixelArray, side: float, interpolation: int) -> PixelArray:
    size = (max(1, round(part.shape[1] / side)), max(1, round(part.shape[0] / side)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, part.shape[1::-1], interpolation=interpolation), np.uint8)


def _window(mask: Mask) -> Window:
    box = mask.box or (0, 0, mask.shape[1], mask.shape[0])
    margin = 32
    return Window(
        max(0, int(box[0]) - margin),
        max(0, int(box[1]) - margin),
        min(mask.shape[1], int(box[2]) + margin),
        min(mask.shape[0], int(box[3]) + margin),
    )
