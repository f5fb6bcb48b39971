"""Samples between the layouts of files and that of `Photo`: orientation, depth, channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autoedit.core.mask import PixelArray

_INVERSE = {6: 8, 8: 6}
_BAND = 256


def turned(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of stored samples (H, W, ...) turned upright for an EXIF orientation, 1 to 8."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    down = {3: -1, 4: -1, 7: -1, 8: -1}.get(orientation, 1)
    across = {2: -1, 3: -1, 6: -1, 7: -1}.get(orientation, 1)
    return array[::down, ::across]


def upright(samples: NDArray[np.uint16], orientation: int) -> NDArray[np.uint16]:
    """Stored samples (H, W, C) turned upright, contiguous."""
    return np.ascontiguousarray(turned(samples, orientation))


def upright_pixels(image: Image.Image, orientation: int) -> tuple[PixelArray, PixelArray | None]:
    """RGB uint8 (H, W, 3) and alpha uint8 (H, W) or None of an image in L, LA, RGB or RGBA.

    Turned and copied band by band, so that nothing but the result is held beside the image.
    """
    size = (image.height, image.width) if orientation < 5 else (image.width, image.height)
    pixels = np.empty((*size, 3), np.uint8)
    alpha = np.empty(size, np.uint8) if image.mode in ("LA", "RGBA") else None
    as_stored = _INVERSE.get(orientation, orientation)
    into = turned(pixels, as_stored)
    alpha_into = None if alpha is None else turned(alpha, as_stored)
    colours = 1 if image.mode in ("L", "LA") else 3
    for top in range(0, image.height, _BAND):
        bottom = min(top + _BAND, image.height)
        band = np.asarray(image.crop((0, top, image.width, bottom)))
        if band.ndim == 2:
            band = band[:, :, None]
        into[top:bottom] = band[:, :, :colours]
        if alpha_into is not None:
            alpha_into[top:bottom] = band[:, :, -1]
    return pixels, alpha


def split(samples: PixelArray) -> tuple[PixelArray, PixelArray | None]:
    """uint8 (H, W, C), C of 1 to 4, as RGB (H, W, 3) and alpha (H, W) or None."""
    channels = samples.shape[2]
    if channels < 3:
        rgb = np.repeat(samples[:, :, :1], 3, axis=2)
    else:
        rgb = np.ascontiguousarray(samples[:, :, :3])
    return rgb, np.ascontiguousarray(samples[:, :, -1]) if channels in (2, 4) else None


def joined(pixels: PixelArray, alpha: PixelArray | None, grey: bool) -> PixelArray:
    """The reverse of `split`: uint8 (H, W, C)."""
    colours = pixels[:, :, :1] if grey else pixels
    return colours if alpha is None else np.concatenate([colours, alpha[:, :, None]], axis=2)


def narrow(samples: NDArray[np.uint16]) -> PixelArray:
    """16-bit samples (H, W, C) as 8-bit ones: the nearest of 0..255 for 0..65535."""
    import cv2

    height, width, channels = samples.shape
    eight = cv2.convertScaleAbs(samples.reshape(height, width * channels), alpha=1 / 257)
    return np.asarray(eight, np.uint8).reshape(samples.shape)
