"""Take back the shift of tone that a model's autoencoder leaves."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, PixelArray

_ROUNDS = 12  # relaxations at each scale
_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / np.float32(4)


def match_tone(
    picture: FloatArray, photo: PixelArray, hole: BoolArray, limit: float = 20.0
) -> PixelArray:
    """Correct a model's picture so that its tone meets the photo's at the border of the hole.

    How much the picture differs from the photo is known outside the hole. Its smooth part is
    continued into the hole as a membrane (Pérez, Gangnet and Blake, "Poisson Image Editing",
    SIGGRAPH 2003) and added. Places where the picture differs by more than `limit` have been
    redrawn, not shifted, and do not count.

    Args:
        picture: float32 (H, W, 3) in [0, 255], RGB, what the model made of the whole window.
        photo: RGB uint8 (H, W, 3).
        hole: bool (H, W), not all True; what the photo shows there is not looked at.
        limit: the largest correction of a channel, in levels of 255, so that nothing that was
            drawn is bleached.

    Returns:
        RGB uint8 (H, W, 3).
    """
    known = ~hole
    result = picture.astype(np.float32, copy=True)
    radius = max(2.0, max(hole.shape) / 128)
    part = _surroundings(hole, round(6 * radius))
    known = known[part]
    difference = photo[part].astype(np.float32) - result[part]
    coarse = np.abs(_blurred(difference, known, radius / 2)).max(axis=2)
    trusted = known & (coarse <= limit)
    if trusted.any():
        shift = _blurred(difference, trusted, radius)
        result[part] += np.clip(continued(shift, trusted), -limit, limit)
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


def continued(values: FloatArray, known: BoolArray) -> FloatArray:
    """Continue values smoothly to where they are not known: a membrane, solved coarse to fine.

    Args:
        values: float32 (H, W, 3); what it holds where nothing is known is not looked at.
        known: bool (H, W), somewhere True.

    Returns:
        float32 (H, W, 3), equal to `values` where they are known.
    """
    if known.all():
        return values
    part = _surroundings(~known, 2)  # nothing farther away has a say
    result = values.copy()
    result[part] = _membrane(values[part], known[part])
    return result


def _membrane(values: FloatArray, known: BoolArray) -> FloatArray:
    if known.all():
        return values
    height, width = known.shape
    if height <= 2 or width <= 2:
        filled = np.broadcast_to(values[known].mean(axis=0), values.shape)
    else:
        size = ((width + 1) // 2, (height + 1) // 2)
        weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        masked = np.where(known[:, :, None], values, 0).astype(np.float32)
        total = cv2.resize(masked, size, interpolation=cv2.INTER_AREA)
        coarse = total / np.maximum(weight, 1e-6)[:, :, None]
        filled = cv2.resize(
            _membrane(coarse.astype(np.float32), weight > 0),
            (width, height),
            interpolation=cv2.INTER_LINEAR,
        )
    filled = np.where(known[:, :, None], values, filled).astype(np.float32)
    unknown = (~known).astype(np.uint8)
    for _ in range(_ROUNDS):
        mean = cv2.filter2D(filled, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        cv2.copyTo(mean, unknown, filled)  # several times as fast as indexing
    return filled


def _blurred(values: FloatArray, known: BoolArray, sigma: float) -> FloatArray:
    """The mean of the known values nearby; 0 far from any."""
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[:, :, None], (0, 0), sigma)
    share = cv2.GaussianBlur(weight, (0, 0), sigma)[:, :, None]
    return total / np.maximum(share, 1e-3)


def _surroundings(hole: BoolArray, margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )
