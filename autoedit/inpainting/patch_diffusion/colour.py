"""The four channels that patches are compared by: CIELAB and texture."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_TEXTURE_SIDE = 5  # pixels that a texture value is averaged over
_TEXTURE_WEIGHT = np.float32(6.0)  # of a step in lightness against lightness itself


def with_texture(lab: FloatArray, known: BoolArray) -> FloatArray:
    """Lab and how rough each place is, float32 (H, W, 4).

    Averaged over coarse pixels, the roughness keeps thin lines and fine texture in sight where
    their colour has averaged out (Newson et al. 2014, "Video inpainting of complex scenes").
    """
    lightness = lab[:, :, 0]
    texture = np.zeros_like(lightness)
    texture[:, :-1] += np.abs(np.diff(lightness, axis=1)) * (known[:, 1:] & known[:, :-1])
    texture[:-1] += np.abs(np.diff(lightness, axis=0)) * (known[1:] & known[:-1])
    side = (_TEXTURE_SIDE, _TEXTURE_SIDE)
    share = np.maximum(cv2.blur(known.astype(np.float32), side), 1e-3)
    return np.dstack([lab, _TEXTURE_WEIGHT * cv2.blur(texture, side) / share])


def to_lab(pixels: PixelArray) -> FloatArray:
    """RGB uint8 (H, W, 3) to CIELAB float32, scaled so that lightness runs from 0 to 255."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return lab * np.float32(2.55)


def to_rgb(lab: FloatArray) -> PixelArray:
    """The inverse of `to_lab`, clipped to what a pixel can hold."""
    rgb = cv2.cvtColor(np.ascontiguousarray(lab / np.float32(2.55)), cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
