"""Set a subject on another background: a colour, nothing, or its own blurred."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import ImageColor

from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.errors import InstructionError

# Colour words that PIL's CSS names lack or mean differently in everyday English.
_EVERYDAY = {
    "off-white": (250, 249, 246),
    "off white": (250, 249, 246),
    "cream": (255, 253, 208),
    "pure white": (255, 255, 255),
    "pure black": (0, 0, 0),
    "green": (0, 128, 0),
    "chroma green": (0, 177, 64),
    "navy blue": (0, 0, 128),
    "sky blue": (135, 206, 235),
    "light blue": (173, 216, 230),
    "mustard": (225, 173, 1),
    "charcoal": (54, 69, 79),
    "rose": (255, 0, 127),
}


def colour_rgb(name: str) -> tuple[int, int, int]:
    """The RGB of a colour name ("white", "dark blue", "off-white") or "#rrggbb".

    Raises:
        InstructionError: when it is not a colour that is known.
    """
    plain = " ".join(name.lower().split())
    if plain in _EVERYDAY:
        return _EVERYDAY[plain]
    for form in (plain, plain.replace(" ", "").replace("-", "")):
        try:
            red, green, blue, *_ = ImageColor.getrgb(form)
        except ValueError:
            continue
        return red, green, blue
    word, _, rest = plain.partition(" ")
    factor = {"dark": 0.55, "deep": 0.7, "bright": 1.0, "light": 1.5, "pale": 1.7}.get(word)
    if factor is not None and rest:
        return _shade(colour_rgb(rest), factor)
    raise InstructionError(
        f"{name!r} is not a colour that is known here. Use a CSS colour name or #rrggbb."
    )


def _shade(rgb: tuple[int, int, int], factor: float) -> tuple[int, int, int]:
    """Towards black below 1, towards white above."""
    if factor <= 1:
        mixed = [round(value * factor) for value in rgb]
    else:
        mixed = [round(value + (255 - value) * (factor - 1)) for value in rgb]
    return mixed[0], mixed[1], mixed[2]


def on_colour(colours: PixelArray, alpha: Mask, rgb: tuple[int, int, int]) -> PixelArray:
    """The subject on a flat colour: exactly that colour wherever alpha is 0.

    Args:
        colours: RGB uint8 (H, W, 3), the subject's own colours.
        alpha: the subject's alpha.
        rgb: 0..255 each.
    """
    return _over(colours, np.asarray(rgb, np.float32), alpha.array)


def on_blur(pixels: PixelArray, colours: PixelArray, alpha: Mask, *, blur: float) -> PixelArray:
    """The subject sharp, its background blurred without the subject bleeding into it.

    Args:
        pixels: the photo, RGB uint8 (H, W, 3).
        colours: the subject's own colours, same shape.
        alpha: the subject's alpha.
        blur: standard deviation in pixels.
    """
    # The blur is normalised by the background's own weight, so no colour of the subject leaks out.
    weight = np.clip(1.0 - alpha.array * 1.02, 0.0, 1.0).astype(np.float32)
    scale = max(1.0, blur / 4.0)
    size = (max(1, round(pixels.shape[1] / scale)), max(1, round(pixels.shape[0] / scale)))
    small = cv2.resize(pixels * weight[:, :, None], size, interpolation=cv2.INTER_AREA)
    small_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    sigma = blur / scale
    # The wide pass fills what the narrow one cannot see behind a large subject.
    total = cv2.GaussianBlur(small, (0, 0), sigma)
    mass = cv2.GaussianBlur(small_weight, (0, 0), sigma)
    far = cv2.GaussianBlur(small, (0, 0), sigma * 6) * np.float32(1e-3)
    far_mass = cv2.GaussianBlur(small_weight, (0, 0), sigma * 6) * np.float32(1e-3)
    soft = (total + far) / np.maximum(mass + far_mass, 1e-6)[:, :, None]
    backdrop = cv2.resize(soft, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return _over(colours, backdrop, alpha.array)


def _over(colours: PixelArray, backdrop: np.ndarray, alpha: FloatArray) -> PixelArray:
    weight = alpha[:, :, None]
    return np.rint(np.clip(colours * weight + backdrop * (1.0 - weight), 0, 255)).astype(np.uint8)
