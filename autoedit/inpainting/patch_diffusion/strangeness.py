"""How strange a tone would be in a hole, for all that is seen round it.

The seams of what is copied into a hole can be faint by chance, as where a dark cupboard fits
between two dark frames. What lies round a hole rather goes on into it: each of its tones may turn
up inside, the less likely the farther off.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.repeats import IntArray

_NEAR = 3  # pixels off the hole
_SMOOTH = 3.0  # pixels that a tone is averaged over: texture is no tone
_WITNESSES = 100  # places round the hole that are asked, about
_FAR = 50.0  # of 255: what being as far off as the hole is wide counts
_USUAL, _MOST = 12.0, 60.0  # of 255: so much is nothing strange; more than this counts no more


def strangeness(level: Level, y: IntArray, x: IntArray) -> FloatArray:
    """How far each tone is from all that it could continue.

    Args:
        level: whose hole is to be filled.
        y, x: int (N, K), places whose tones the N unknown pixels, in the order of np.nonzero,
            might take.

    Returns:
        float32 (N, K), of 255, at most 60; 0 for what is usual there.
    """
    rows, columns, tones = _witnesses(level)
    if not len(rows):
        return np.zeros(y.shape, np.float32)
    asked = tones[y, x]
    here_y, here_x = np.nonzero(~level.known)
    per_pixel = np.float32(_FAR / np.sqrt(len(here_y)))
    away = per_pixel * np.hypot(here_y[:, None] - rows, here_x[:, None] - columns)
    away = (away - away.min(axis=1, keepdims=True)).astype(np.float32)
    least = np.full(y.shape, np.inf, np.float32)
    for number, tone in enumerate(tones[rows, columns]):
        apart = asked - tone
        off = np.sqrt(np.einsum("nkc,nkc->nk", apart, apart)) + away[:, number, None]
        np.minimum(least, off, out=least)
    return np.clip(least - np.float32(_USUAL), 0, np.float32(_MOST))


def off_tone(level: Level, y: IntArray, x: IntArray) -> FloatArray:
    """How far each tone is from what all that is seen round the hole comes to.

    On grass no seam tells one place from another; that its dry spots are elsewhere does.

    Args:
        level, y, x: see `strangeness`.

    Returns:
        float32 (N, K), of 255, at most 60; 0 for what is within what those tones differ by.
    """
    rows, columns, tones = _witnesses(level)
    if not len(rows):
        return np.zeros(y.shape, np.float32)
    here_y, here_x = np.nonzero(~level.known)
    say = 1 / np.maximum(np.hypot(here_y[:, None] - rows, here_x[:, None] - columns), 1) ** 2
    say = (say / say.sum(axis=1, keepdims=True)).astype(np.float32)
    seen = tones[rows, columns]
    mean = say @ seen
    differ = np.sqrt(np.maximum((say @ seen**2 - mean**2).sum(axis=1), 0))
    apart = tones[y, x] - mean[:, None]
    off = np.sqrt(np.einsum("nkc,nkc->nk", apart, apart)) - differ[:, None]
    return np.clip(off, 0, np.float32(_MOST))


def _witnesses(level: Level) -> tuple[IntArray, IntArray, FloatArray]:
    """Some places round the hole, and the tones of all places, (H, W, 3)."""
    side = 2 * _NEAR + 1
    near = cv2.dilate((~level.known).astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    rows, columns = np.nonzero(near & level.usable)
    stride = max(1, len(rows) // _WITNESSES)
    weight = level.usable.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _SMOOTH), 1e-3)[:, :, None]
    colour = level.image[:, :, :3] * weight[:, :, None]
    return rows[::stride], columns[::stride], cv2.GaussianBlur(colour, (0, 0), _SMOOTH) / share
