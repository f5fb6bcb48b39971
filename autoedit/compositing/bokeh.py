"""A photo's own background out of focus, as a wide lens would show it."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, Mask, PixelArray

_LEVELS = 5  # blurs that are made; between them it is mixed
_KERNEL = 6.0  # pixels: radius of the disc at which a level is worked on
_NEAREST = 0.3  # of the blur: what the ground under the subject's feet has
_SPAN = 0.5  # of the height: so far above the feet the ground is out of focus altogether
_GUARD = 0.002  # of the diagonal: so much round the subject is not let into the blur
_SMALL = 128  # longer side at which the background is spread under the subject
_FAINT = np.float32(2e-3)  # its weight: next to nothing where the disc sees background
_GAMMA = 2.2


def out_of_focus(
    pixels: PixelArray, alpha: Mask, *, radius: float, foot: float | None
) -> PixelArray:
    """The background of a photo as a lens blurs it that is focused on the subject.

    The blur is that of a disc, in linear light, so that lamps become bright discs; the subject
    takes no part in it, so that nothing of it leaks out. On level ground the circle of confusion
    grows evenly with the height in the picture (depth is the inverse of the distance from the
    horizon), away from where the subject stands.

    Args:
        pixels: RGB uint8 (H, W, 3).
        alpha: the subject's.
        radius: of the disc in pixels, where the blur is full.
        foot: the row on which the subject stands; None when it does not stand in the picture, and
            all is blurred alike.

    Returns:
        RGB uint8 (H, W, 3); under the subject what is round it.
    """
    height, width = alpha.shape
    weight = _weight(alpha)
    behind = _spread(pixels, weight)
    if foot is None:
        return _blurred(pixels, weight, behind, radius)
    rows = np.arange(height, dtype=np.float32)
    share = np.clip(np.abs(rows - foot) / (_SPAN * height), 0, 1)
    wanted = (_NEAREST + (1 - _NEAREST) * share) * radius
    radii = np.linspace(_NEAREST, 1.0, _LEVELS) * radius
    place = np.interp(wanted, radii, np.arange(_LEVELS)).astype(np.float32)
    result = np.zeros((height, width, 3), np.uint8)
    below: PixelArray | None = None
    for number in range(_LEVELS):
        level = _blurred(pixels, weight, behind, float(radii[number]))
        if below is not None:
            ours = (place >= number - 1) & (place <= number)
            upper = (place[ours] - (number - 1))[:, None, None]
            result[ours] = np.rint(below[ours] * (1 - upper) + level[ours] * upper)
        below = level
    return result


def _weight(alpha: Mask) -> FloatArray:
    """1 in the background, 0 on the subject and right round it."""
    side = 2 * max(1, round(_GUARD * float(np.hypot(*alpha.shape)))) + 1
    near = cv2.dilate(alpha.array, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return (near < 0.02).astype(np.float32)


def _spread(pixels: PixelArray, weight: FloatArray) -> FloatArray:
    """What is round the subject, as light, spread smoothly under it; float32 (h, w, 3), small."""
    height, width = weight.shape
    scale = min(1.0, _SMALL / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    light = cv2.LUT(pixels, _to_light()) * weight[:, :, None]
    colours = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    total, whole = colours, mass
    sigma, share = 1.0, np.float32(1.0)
    while sigma < _SMALL:
        share *= np.float32(0.05)
        total = total + share * cv2.GaussianBlur(colours, (0, 0), sigma)
        whole = whole + share * cv2.GaussianBlur(mass, (0, 0), sigma)
        sigma *= 2
    return total / np.maximum(whole, 1e-12)[:, :, None]


def _blurred(
    pixels: PixelArray, weight: FloatArray, behind: FloatArray, radius: float
) -> PixelArray:
    """One blur by a disc over the weighted part; what it cannot see there is as `behind`."""
    height, width = weight.shape
    scale = max(1.0, radius / _KERNEL)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    light = cv2.LUT(pixels, _to_light())
    small = cv2.resize(light * weight[:, :, None], size, interpolation=cv2.INTER_AREA)
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    kernel = _disc(radius / scale)
    total = cv2.filter2D(small, -1, kernel, borderType=cv2.BORDER_REFLECT)
    whole = cv2.filter2D(mass, -1, kernel, borderType=cv2.BORDER_REFLECT)
    total += _FAINT * cv2.resize(behind, size, interpolation=cv2.INTER_LINEAR)
    soft = np.clip(total / (whole + _FAINT)[:, :, None], 0, 1) ** np.float32(1 / _GAMMA)
    large = cv2.resize(soft * np.float32(255), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(np.clip(large, 0, 255)).astype(np.uint8)


def _to_light() -> FloatArray:
    return ((np.arange(256) / 255) ** _GAMMA).astype(np.float32)


def _disc(radius: float) -> FloatArray:
    """A disc with a soft rim, that sums to 1."""
    reach = int(np.ceil(radius))
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    disc = np.clip(radius + 0.5 - away, 0, 1)
    return (disc / disc.sum()).astype(np.float32)
