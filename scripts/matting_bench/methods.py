"""What is compared: ours, the hard mask, and PyMatting as rembg calls it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import binary_erosion

from autoedit.core.mask import Mask
from autoedit.masking import alpha_matte

Matte = tuple[np.ndarray, np.ndarray]
_FOREGROUND, _BACKGROUND, _ERODE = 240, 10, 10  # rembg's defaults


def ours(pixels: np.ndarray, inside: np.ndarray) -> Matte:
    """Alpha float32 (H, W) and colours of 0..255 (H, W, 3)."""
    cutout = alpha_matte(pixels, Mask.of(inside))
    if cutout.notes:
        raise SystemExit(cutout.notes[0])
    return cutout.alpha.array, cutout.colours


def hard(pixels: np.ndarray, inside: np.ndarray) -> Matte:
    """The mask itself over the photo's own colours."""
    return inside.astype(np.float32), pixels


def rembg(pixels: np.ndarray, inside: np.ndarray) -> Matte:
    """Closed form in a band of a fixed width, after `rembg.bg.alpha_matting_cutout`."""
    from pymatting import estimate_alpha_cf, estimate_foreground_ml

    mask = inside.astype(np.uint8) * 255
    structure = np.ones((_ERODE, _ERODE), np.uint8)
    subject = binary_erosion(mask > _FOREGROUND, structure=structure)
    ground = binary_erosion(mask < _BACKGROUND, structure=structure, border_value=1)
    trimap = np.full(mask.shape, 0.5)
    trimap[subject], trimap[ground] = 1.0, 0.0
    image = pixels / 255.0
    alpha = estimate_alpha_cf(image, trimap)
    return alpha.astype(np.float32), estimate_foreground_ml(image, alpha) * np.float32(255)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], Matte]] = {
    "AutoEdit": ours,
    "hard mask": hard,
    "rembg's matting": rembg,
}
